/**
 * `ModelProto.graph`, `GraphProto.initializer`, the fields of `TensorProto` and those of
 * `StringStringEntryProto`: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
const GRAPH = 7;
const INITIALIZER = 5;
const RAW_DATA = 9;
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;
const KEY = 1;
const VALUE = 2;
const EXTERNAL = 1;

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;
const FIXED_32 = 5;

/** What is smaller stays: the runtime looks at shapes before it reads any weights. */
const LEAST_BYTES = 1024;

/** A part of a file. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** A field of a message, with its content where that has a length. */
interface Field extends Span {
  readonly number: number;
  readonly content: Span | null;
}

/**
 * An ONNX model without its weights: each says where in the given file it stands. The runtime takes them
 * from there one by one, where it would hold three copies of all of them: one of the file, one that is
 * read from it, and those that it computes with.
 *
 * @param location What the given file is called there.
 * @throws Error where it is no ONNX file.
 */
export function withoutWeights(model: Uint8Array, location: string): Uint8Array {
  const tensor = (at: Span): Uint8Array =>
    changed(model, at, RAW_DATA, (weights) => {
      if (weights.to - weights.from < LEAST_BYTES) return null;
      return Buffer.concat([
        entry('location', location),
        entry('offset', String(weights.from)),
        entry('length', String(weights.to - weights.from)),
        varint(DATA_LOCATION * 8 + VARINT),
        varint(EXTERNAL),
      ]);
    });
  const graph = (at: Span): Uint8Array =>
    changed(model, at, INITIALIZER, (one) => delimited(INITIALIZER, tensor(one)));
  const whole = { from: 0, to: model.byteLength };
  return changed(model, whole, GRAPH, (at) => delimited(GRAPH, graph(at)));
}

/** A message with another field in place of each of one number. @param change `null`: it stays. */
function changed(
  bytes: Uint8Array,
  message: Span,
  number: number,
  change: (content: Span) => Uint8Array | null,
): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of fieldsOf(bytes, message)) {
    const isMeant = field.number === number && field.content !== null;
    const other = isMeant ? change(field.content) : null;
    parts.push(other ?? bytes.subarray(field.from, field.to));
  }
  return Buffer.concat(parts);
}

/** Source: https://protobuf.dev/programming-guides/encoding/ */
function* fieldsOf(bytes: Uint8Array, { from, to }: Span): Generator<Field> {
  let at = from;
  const next = (): number => {
    let number = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at];
      if (byte === undefined || at >= to) throw new Error('it is no ONNX file');
      at += 1;
      number += (byte % 128) * scale;
      if (byte < 128) return number;
    }
  };
  while (at < to) {
    const start = at;
    const tag = next();
    const wireType = tag % 8;
    let content: Span | null = null;
    if (wireType === VARINT) next();
    else if (wireType === LENGTH) {
      const sizeBytes = next();
      content = { from: at, to: at + sizeBytes };
      at = content.to;
    } else if (wireType === FIXED_32) at += 4;
    else if (wireType === FIXED_64) at += 8;
    else throw new Error('it is no ONNX file');
    if (at > to) throw new Error('it is no ONNX file');
    yield { number: Math.floor(tag / 8), from: start, to: at, content };
  }
}

function delimited(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + LENGTH), varint(content.byteLength), content]);
}

function entry(key: string, value: string): Uint8Array {
  const pair = [delimited(KEY, Buffer.from(key)), delimited(VALUE, Buffer.from(value))];
  return delimited(EXTERNAL_DATA, Buffer.concat(pair));
}

function varint(number: number): Uint8Array {
  const bytes: number[] = [];
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}
