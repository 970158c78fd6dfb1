/**
 * Writes the few parts of the ONNX format that the models of tests and of the benchmark need, by its
 * schema: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
type Field = readonly [number, number | string | Uint8Array];

const VARINT = 0;
const LENGTH = 2;
const FIXED_32 = 5;
/** `TensorProto.DataType`. */
const FLOAT = 1;
const INT64 = 7;
/** `AttributeProto.AttributeType`. */
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;
/** With LayerNormalization, without which a transformer takes some nodes more. */
const OPSET = 17;
const IR_VERSION = 8;

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.of(...bytes, Number(rest));
}

function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint((number << 3) | VARINT), varint(value)];
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      return [varint((number << 3) | LENGTH), varint(bytes.byteLength), bytes];
    }),
  );
}

/** A tensor that stands in the model: 32-bit floats, or 64-bit integers. */
export function tensor(
  name: string,
  dims: readonly number[],
  values: Float32Array | BigInt64Array,
): Uint8Array {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(
    ...dims.map((dim): Field => [1, dim]),
    [2, values instanceof Float32Array ? FLOAT : INT64],
    [8, name],
    [9, raw],
  );
}

/** An attribute of a node; a number with a fraction is a float. */
function attribute(name: string, value: number | readonly number[]): Uint8Array {
  if (typeof value !== 'number') {
    return message([1, name], ...value.map((one): Field => [8, one]), [20, ATTRIBUTE_INTS]);
  }
  if (Number.isInteger(value)) return message([1, name], [3, value], [20, ATTRIBUTE_INT]);
  const float = Buffer.alloc(4);
  float.writeFloatLE(value);
  return Buffer.concat([
    message([1, name]),
    varint((2 << 3) | FIXED_32),
    float,
    message([20, ATTRIBUTE_FLOAT]),
  ]);
}

/** An operation: https://onnx.ai/onnx/operators/ */
export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
): Uint8Array {
  return message(
    ...inputs.map((input): Field => [1, input]),
    [2, output],
    [3, output],
    [4, operator],
    ...Object.entries(attributes).map(([name, value]): Field => [5, attribute(name, value)]),
  );
}

/** What a model takes or gives; a dimension that is a word may be of any size. */
function port(name: string, type: number, dims: readonly (number | string)[]): Uint8Array {
  const shape = dims.map((dim): Field => [1, message([typeof dim === 'number' ? 1 : 2, dim])]);
  return message([1, name], [2, message([1, message([1, type], [2, message(...shape)])])]);
}

/** A model as a file of its own. Its inputs are 64-bit integers of [batch, tokens]. */
export function onnxModel(parts: {
  readonly inputs: readonly string[];
  readonly nodes: readonly Uint8Array[];
  readonly tensors: readonly Uint8Array[];
  readonly output: { readonly name: string; readonly dims: readonly (number | string)[] };
}): Uint8Array {
  const graph = message(
    ...parts.nodes.map((one): Field => [1, one]),
    [2, 'made-by-hand'],
    ...parts.tensors.map((one): Field => [5, one]),
    ...parts.inputs.map((name): Field => [11, port(name, INT64, ['batch', 'tokens'])]),
    [12, port(parts.output.name, FLOAT, parts.output.dims)],
  );
  return message([1, IR_VERSION], [7, graph], [8, message([1, ''], [2, OPSET])]);
}
