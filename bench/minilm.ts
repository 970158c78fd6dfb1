import { node, onnxModel, tensor } from '../tests/support/onnx.ts';

const LAYER_COUNT = 6;
const HEAD_COUNT = 12;
const FEED_FORWARD = 1536;
const POSITION_COUNT = 512;
/** Of a weight, as in BERT's initialisation. */
const SPREAD = 0.02;

export const MINILM_DIMENSIONS = 384;
export const MINILM_VOCABULARY = 30_522;

/**
 * A model of the shape of all-MiniLM-L6-v2, with weights that mean nothing: it takes as long and as much
 * memory as the real one, and its vectors say nothing.
 */
export function miniLm(): Uint8Array {
  const size = MINILM_DIMENSIONS;
  const nodes: Uint8Array[] = [];
  const tensors: Uint8Array[] = [];
  let seed = 1;
  const weights = (name: string, ...dims: readonly number[]): string => {
    const values = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
    for (let at = 0; at < values.length; at += 1) {
      // The minimal standard generator of Park and Miller.
      seed = (seed * 48_271) % 2_147_483_647;
      values[at] = (seed / 2_147_483_647 - 0.5) * 2 * SPREAD;
    }
    tensors.push(tensor(name, dims, values));
    return name;
  };
  const constant = (
    name: string,
    values: readonly number[],
    ...dims: readonly number[]
  ): string => {
    tensors.push(tensor(name, dims, Float32Array.from(values)));
    return name;
  };
  const whole = (name: string, ...values: readonly number[]): string => {
    tensors.push(tensor(name, [values.length], BigInt64Array.from(values.map(BigInt))));
    return name;
  };
  const op = (
    operator: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, number | readonly number[]>> = {},
  ): string => {
    nodes.push(node(operator, inputs, output, attributes));
    return output;
  };
  const linear = (from: string, name: string, inSize: number, outSize: number): string =>
    op(
      'Add',
      [
        op('MatMul', [from, weights(`${name}.w`, inSize, outSize)], `${name}.mm`),
        weights(`${name}.b`, outSize),
      ],
      name,
    );
  const ones = constant(
    'ones',
    Array.from({ length: size }, () => 1),
    size,
  );
  const zeros = constant(
    'zeros',
    Array.from({ length: size }, () => 0),
    size,
  );
  const norm = (from: string, name: string): string =>
    op('LayerNormalization', [from, ones, zeros], name, { axis: -1, epsilon: 1e-12 });

  const heads = whole('heads', 0, 0, HEAD_COUNT, size / HEAD_COUNT);
  const joined = whole('joined', 0, 0, size);
  const one = constant('one', [1]);
  const half = constant('half', [0.5]);
  const scale = constant('scale', [1 / Math.sqrt(size / HEAD_COUNT)]);
  const root = constant('root', [Math.SQRT1_2]);
  const lowest = constant('lowest', [-10_000]);

  op('Shape', ['input_ids'], 'shape');
  op('Gather', ['shape', whole('second', 1)], 'length');
  op(
    'Slice',
    [weights('positions', POSITION_COUNT, size), whole('from', 0), 'length', whole('axis', 0)],
    'at',
  );
  op('Gather', [weights('words', MINILM_VOCABULARY, size), 'input_ids'], 'word');
  op('Gather', [weights('types', 2, size), 'token_type_ids'], 'type');
  op('Add', ['word', 'type'], 'typed');
  op('Add', ['typed', 'at'], 'embedded');
  op('Unsqueeze', ['attention_mask', whole('around', 1, 2)], 'mask.wide');
  op('Cast', ['mask.wide'], 'mask.float', { to: 1 });
  op('Sub', [one, 'mask.float'], 'mask.out');
  op('Mul', ['mask.out', lowest], 'mask');

  let hidden = norm('embedded', 'hidden');
  for (let layer = 0; layer < LAYER_COUNT; layer += 1) {
    const at = `layer${layer}`;
    const split = (name: string, order: readonly number[]): string => {
      const made = linear(hidden, `${at}.${name}`, size, size);
      const shaped = op('Reshape', [made, heads], `${at}.${name}.heads`);
      return op('Transpose', [shaped], `${at}.${name}.turned`, { perm: order });
    };
    const query = split('q', [0, 2, 1, 3]);
    const key = split('k', [0, 2, 3, 1]);
    const content = split('v', [0, 2, 1, 3]);
    const scores = op('Mul', [op('MatMul', [query, key], `${at}.qk`), scale], `${at}.scaled`);
    const masked = op('Add', [scores, 'mask'], `${at}.masked`);
    const attention = op('Softmax', [masked], `${at}.attention`, { axis: -1 });
    const mixed = op('MatMul', [attention, content], `${at}.mixed`);
    const turned = op('Transpose', [mixed], `${at}.back`, { perm: [0, 2, 1, 3] });
    const flat = op('Reshape', [turned, joined], `${at}.flat`);
    const attended = linear(flat, `${at}.out`, size, size);
    const first = norm(op('Add', [attended, hidden], `${at}.sum`), `${at}.norm`);

    const wide = linear(first, `${at}.wide`, size, FEED_FORWARD);
    const erf = op('Erf', [op('Mul', [wide, root], `${at}.root`)], `${at}.erf`);
    const gate = op('Mul', [op('Add', [erf, one], `${at}.gate1`), half], `${at}.gate`);
    const gelu = op('Mul', [wide, gate], `${at}.gelu`);
    const narrow = linear(gelu, `${at}.narrow`, FEED_FORWARD, size);
    const last = layer === LAYER_COUNT - 1 ? 'last_hidden_state' : `${at}.hidden`;
    hidden = norm(op('Add', [narrow, first], `${at}.sum2`), last);
  }
  return onnxModel({
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
    nodes,
    tensors,
    output: { name: 'last_hidden_state', dims: ['batch', 'tokens', size] },
  });
}
