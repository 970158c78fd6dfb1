import { setFlagsFromString } from 'node:v8';
import { Tokenizer } from '@huggingface/tokenizers';
import * as ort from 'onnxruntime-web';
import { z } from 'zod';
import { messageOf } from '../../core/error.ts';
import { beginning } from '../../core/format.ts';
import { parseJson } from '../../core/json.ts';
import { FETCH_IT, lookAtModel, MODEL_PATHS, ModelFault, readModelFile } from './model-files.ts';
import { pool, poolingOf } from './pooling.ts';
import { withoutWeights } from './weights.ts';

/** A model that is loaded. */
export interface Encoder {
  readonly dimensionCount: number;
  /** @throws ModelFault, and what the runtime throws. */
  encode(text: string): Promise<Float32Array>;
}

/** What a model may look at, whatever it says of itself: the work grows with its square. */
const MAX_WINDOW = 512;
/** Far more than any language has; what is beyond so many characters a token is not even cut into tokens. */
const CHARACTERS_PER_TOKEN = 32;
/** Of the outputs, the one with a vector for each token. */
const TOKEN_OUTPUTS = ['last_hidden_state', 'token_embeddings'];
const INPUTS: ReadonlySet<string> = new Set(['input_ids', 'attention_mask', 'token_type_ids']);

/** The largest vocabularies take 20 MB. A thread that runs out of heap takes the process down with it. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;

/** Only what is fatal: the runtime writes past the streams of its thread, and what it says is thrown too. */
const QUIET = 4;

/**
 * How much work a function of the runtime does before V8 compiles it once more, for speed. That takes
 * hundreds of megabytes, which then stay with the process: with V8's own budget it is done for far more
 * than the few functions that the time goes into. All that the process holds makes each start of a program
 * slower, too, since its page tables are copied.
 */
const COMPILE_LATE = '--wasm-tiering-budget=2000000000';

/** What the model's file is called where its weights are looked for. */
const WEIGHTS = 'weights';

const windowSchema = z.object({ max_seq_length: z.int().positive().nullish() });
const configSchema = z.object({ max_position_embeddings: z.int().positive().nullish() });
const modulesSchema = z.array(z.object({ type: z.string() }));
const objectSchema = z.record(z.string(), z.unknown());
const KNOWN_MODULES = /\.(?:Transformer|Pooling|Normalize)$/u;

/**
 * Loads a model of the layout of sentence-transformers, once its files are found to be what the manifest
 * says. To be called in a thread of its own: it takes all of it for about a second.
 *
 * @param threadCount How many threads compute.
 * @throws ModelFault
 */
export async function loadEncoder(
  folder: string,
  model: string,
  threadCount: number,
): Promise<Encoder> {
  const look = lookAtModel(folder, model);
  if (look.kind === 'unusable') throw new ModelFault(look.reason, FETCH_IT);
  const { manifest } = look;
  const json = async <Schema extends z.ZodType>(
    file: string,
    schema: Schema,
    fallback?: z.infer<Schema>,
  ): Promise<z.infer<Schema>> => {
    if (fallback !== undefined && manifest.files[file] === undefined) return fallback;
    if ((manifest.files[file]?.sizeBytes ?? 0) > MAX_JSON_BYTES) {
      throw new ModelFault(`${file} of ${model} has more than ${MAX_JSON_BYTES} bytes.`);
    }
    const parsed = schema.safeParse(parseJson(await readModelFile(folder, manifest, file)));
    if (parsed.success) return parsed.data;
    throw new ModelFault(`${file} of ${model} makes no sense.`);
  };

  const others = (await json('modules.json', modulesSchema, [])).filter(
    ({ type }) => !KNOWN_MODULES.test(type),
  );
  if (others.length > 0) {
    throw new ModelFault(`${model} has a part that is not known here: ${others[0]?.type}.`);
  }
  const pooling = poolingOf(
    await json('1_Pooling/config.json', objectSchema, { pooling_mode: 'mean' }),
  );
  const { max_seq_length: said } = await json('sentence_bert_config.json', windowSchema, {});
  const { max_position_embeddings: possible } = await json('config.json', configSchema, {});
  const windowTokens = Math.min(said ?? possible ?? MAX_WINDOW, MAX_WINDOW);
  const tokenize = tokenizerOf(
    await json('tokenizer.json', objectSchema),
    await json('tokenizer_config.json', objectSchema, {}),
    windowTokens,
  );

  const path = MODEL_PATHS.find((one) => manifest.files[one] !== undefined) ?? MODEL_PATHS[0];
  const session = await open(await readModelFile(folder, manifest, path), model, threadCount);
  const unknown = session.inputNames.filter((name) => !INPUTS.has(name));
  if (unknown.length > 0) {
    throw new ModelFault(`${model} asks for ${unknown.join(', ')}, which is not known here.`);
  }
  const output =
    TOKEN_OUTPUTS.find((name) => session.outputNames.includes(name)) ??
    session.outputNames[0] ??
    '';

  const tokenVectors = async (ids: readonly number[]): Promise<ort.Tensor> => {
    const all: Readonly<Record<string, readonly number[]>> = {
      input_ids: ids,
      attention_mask: ids.map(() => 1),
      token_type_ids: ids.map(() => 0),
    };
    const feeds = Object.fromEntries(
      session.inputNames.map((name) => [
        name,
        new ort.Tensor('int64', BigInt64Array.from((all[name] ?? []).map(BigInt)), [1, ids.length]),
      ]),
    );
    const { [output]: made } = await session.run(feeds, [output], { logSeverityLevel: QUIET });
    const dims = made?.dims ?? [];
    if (made === undefined || dims.length !== 3 || dims[0] !== 1 || dims[1] !== ids.length) {
      throw new ModelFault(
        `${model} gives [${dims.join(', ')}] for a text of ${ids.length} tokens, and not a vector for each of them.`,
      );
    }
    return made;
  };

  const encode = async (text: string): Promise<Float32Array> => {
    const made = await tokenVectors(tokenize(text));
    const { data } = made;
    if (!(data instanceof Float32Array)) {
      throw new ModelFault(`${model} gives numbers of the type ${made.type}, and not float32.`);
    }
    return pool(data, made.dims[2] ?? 0, pooling);
  };
  // Only a model that has given a vector is a model that can be used.
  const dimensionCount = (await encode('Is anybody there?')).length;
  return { dimensionCount, encode };
}

/** @param content Is empty afterwards. */
async function open(
  content: Uint8Array,
  model: string,
  threadCount: number,
): Promise<ort.InferenceSession> {
  setFlagsFromString(COMPILE_LATE);
  ort.env.logLevel = 'fatal';
  ort.env.wasm.numThreads = threadCount;
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: ['wasm'],
    logSeverityLevel: QUIET,
  };
  const sparing = async () =>
    await ort.InferenceSession.create(withoutWeights(content, WEIGHTS), {
      ...options,
      externalData: [{ path: WEIGHTS, data: content }],
    });
  try {
    // A model that cannot be loaded so may still be one that can be loaded.
    return await sparing().catch(() => ort.InferenceSession.create(content, options));
  } catch (error) {
    throw new ModelFault(`${model} cannot be loaded: ${messageOf(error)}.`);
  } finally {
    // The runtime has its own copy; this one would stay until memory is short.
    if (content.buffer instanceof ArrayBuffer) content.buffer.transfer(0);
  }
}

/** The token ids of a text, with those that stand around it, cut to the window. */
function tokenizerOf(
  tokenizer: object,
  config: object,
  windowTokens: number,
): (text: string) => readonly number[] {
  let loaded: Tokenizer;
  try {
    loaded = new Tokenizer(tokenizer, config);
  } catch (error) {
    throw new ModelFault(`tokenizer.json cannot be used: ${messageOf(error)}.`);
  }
  return (text) => {
    const start = beginning(
      text.replaceAll(/\s+/gu, ' ').trim(),
      windowTokens * CHARACTERS_PER_TOKEN,
    );
    const { ids } = loaded.encode(start);
    // A tokenizer that puts nothing around a text makes nothing of an empty one.
    if (ids.length === 0) return [0];
    // The last one closes the text.
    return ids.length <= windowTokens ? ids : [...ids.slice(0, windowTokens - 1), ...ids.slice(-1)];
  };
}
