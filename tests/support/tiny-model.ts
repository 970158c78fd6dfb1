import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { node, onnxModel, tensor } from './onnx.ts';

export const TINY_MODEL = 'made-up/tiny-1';
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];

/** A model of a few words, in the layout of sentence-transformers. */
export interface TinyModel {
  /** `owner/name`; {@link TINY_MODEL} unless given. */
  readonly model?: string;
  /** 8 unless given. */
  readonly dimensionCount?: number;
  /**
   * The vector of each word, in small letters; what lacks is 0. Every other word is `[UNK]`, and every text
   * stands between `[CLS]` and `[SEP]`: these are 0 but for `[CLS]`, which is 0.1 in the last dimension,
   * unless they are given.
   */
  readonly words: Readonly<Record<string, readonly number[]>>;
  readonly pooling?: 'mean' | 'cls' | 'max';
  /** 256 unless given. */
  readonly windowTokens?: number;
  /** What the model asks for; all three that BERT has unless given. */
  readonly inputs?: readonly string[];
  /** `pooled`: one vector a text, which is not what is wanted of a model. */
  readonly output?: 'tokens' | 'pooled';
}

/** The files of such a model, by their path. A text's vector is the mean of those of its words, of length 1. */
export function tinyModelFiles(options: TinyModel): ReadonlyMap<string, Uint8Array> {
  const { dimensionCount = 8, pooling = 'mean', windowTokens = 256 } = options;
  const given: Readonly<Record<string, readonly number[]>> = {
    '[CLS]': [...Array.from({ length: dimensionCount - 1 }, () => 0), 0.1],
    ...options.words,
  };
  const vocabulary = [...new Set([...SPECIAL, ...Object.keys(given)])];
  return new Map([
    ['onnx/model.onnx', tinyOnnx(options, vocabulary, given, dimensionCount)],
    ['tokenizer.json', json(wordPiece(vocabulary))],
    ['tokenizer_config.json', json({ tokenizer_class: 'BertTokenizer', model_max_length: 512 })],
    ['config.json', json({ model_type: 'bert', hidden_size: dimensionCount })],
    ['sentence_bert_config.json', json({ max_seq_length: windowTokens, do_lower_case: false })],
    [
      '1_Pooling/config.json',
      json({
        word_embedding_dimension: dimensionCount,
        pooling_mode_cls_token: pooling === 'cls',
        pooling_mode_mean_tokens: pooling === 'mean',
        pooling_mode_max_tokens: pooling === 'max',
        pooling_mode_mean_sqrt_len_tokens: false,
      }),
    ],
    [
      'modules.json',
      json(
        ['Transformer', 'Pooling', 'Normalize'].map((name, at) => ({
          idx: at,
          name: String(at),
          path: at === 0 ? '' : `${at}_${name}`,
          type: `sentence_transformers.models.${name}`,
        })),
      ),
    ],
  ]);
}

/**
 * Puts such a model where the service looks for it, as `claudio memory setup` would: with its manifest.
 *
 * @param modelsDir `$CLAUDIO_HOME/models`.
 * @returns Its folder.
 */
export function writeTinyModel(modelsDir: string, options: TinyModel): string {
  return writeModel(modelsDir, options.model ?? TINY_MODEL, tinyModelFiles(options));
}

/** The same with files of any content. */
export function writeModel(
  modelsDir: string,
  model: string,
  files: ReadonlyMap<string, Uint8Array>,
): string {
  const folder = join(modelsDir, model);
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, path), content, { mode: 0o600 });
  }
  const entries = [...files].map(([path, content]) => [
    path,
    {
      sha256: createHash('sha256').update(content).digest('hex'),
      sizeBytes: content.byteLength,
    },
  ]);
  const manifest = { model, revision: 'a'.repeat(40), files: Object.fromEntries(entries) };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest), { mode: 0o600 });
  return folder;
}

/** Looks the words up, and does no more: the vector of a token is that of its word, wherever it stands. */
function tinyOnnx(
  { inputs = ['input_ids', 'attention_mask', 'token_type_ids'], output = 'tokens' }: TinyModel,
  vocabulary: readonly string[],
  given: Readonly<Record<string, readonly number[]>>,
  dimensionCount: number,
): Uint8Array {
  const table = new Float32Array(vocabulary.length * dimensionCount);
  for (const [at, word] of vocabulary.entries()) table.set(given[word] ?? [], at * dimensionCount);
  const isPooled = output === 'pooled';
  const looked = isPooled ? 'looked_up' : 'last_hidden_state';
  const nodes = [node('Gather', ['words', 'input_ids'], looked)];
  if (isPooled) nodes.push(node('ReduceMean', [looked], 'pooled', { axes: [1], keepdims: 0 }));
  return onnxModel({
    inputs,
    nodes,
    tensors: [tensor('words', [vocabulary.length, dimensionCount], table)],
    output: isPooled
      ? { name: 'pooled', dims: ['batch', dimensionCount] }
      : { name: 'last_hidden_state', dims: ['batch', 'tokens', dimensionCount] },
  });
}

/** A tokenizer.json as BERT has it: https://huggingface.co/docs/tokenizers/components */
export function wordPiece(vocabulary: readonly string[]): object {
  const id = (token: string): number => vocabulary.indexOf(token);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content) => ({
      id: id(content),
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]')],
      pair: [],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((token) => [
          token,
          { id: token, ids: [id(token)], tokens: [token] },
        ]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, at) => [word, at])),
    },
  };
}

function special(token: string): object {
  return { SpecialToken: { id: token, type_id: 0 } };
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value, null, 1));
}
