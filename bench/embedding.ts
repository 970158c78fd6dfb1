import { fileURLToPath } from 'node:url';
import { wordPiece, writeModel } from '../tests/support/tiny-model.ts';
import { startServer } from './child.ts';
import { temporaryFolder } from './folder.ts';
import { miniLm, MINILM_VOCABULARY } from './minilm.ts';
import { row, type Row } from './report.ts';

const CHILD = fileURLToPath(new URL('embedding-child.ts', import.meta.url));
export const BENCH_MODEL = 'made-up/minilm-shaped';

/** What the child prints. */
export interface EmbeddingFigures {
  readonly loadMs: number;
  readonly shortMs: number;
  readonly longMs: number;
  readonly perTextOfBatchMs: number;
  readonly emptyMB: number;
  readonly loadedMB: number;
  readonly unloadedMB: number;
}

/**
 * How long the model takes, and how much memory: of the shape of all-MiniLM-L6-v2, with weights that mean
 * nothing, as what the real one takes depends on its shape alone.
 */
export async function measureEmbedding(): Promise<readonly Row[]> {
  using folder = temporaryFolder();
  writeBenchModel(folder.path);
  const one = await figuresOf(folder.path, 1);
  const two = await figuresOf(folder.path, 2);
  return [
    row('embedding a text of 12 tokens, p50', one.shortMs, 'ms'),
    row('embedding a text of 200 tokens, p50', one.longMs, 'ms'),
    row('embedding 32 texts of 12 tokens, each', one.perTextOfBatchMs, 'ms'),
    row('loading the model, with its check', one.loadMs, 'ms'),
    row('  12 tokens with two threads', two.shortMs, 'ms'),
    row('  200 tokens with two threads', two.longMs, 'ms'),
    row('resident memory without the model', one.emptyMB, 'MB'),
    row('resident memory with the model', one.loadedMB, 'MB'),
    row('resident memory when it is unloaded again', one.unloadedMB, 'MB'),
  ];
}

/** Puts a model of the shape of all-MiniLM-L6-v2 where a service looks for {@link BENCH_MODEL}. */
export function writeBenchModel(modelsDir: string): void {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
  const words = Array.from({ length: MINILM_VOCABULARY - special.length }, (_, at) => `w${at}`);
  writeModel(
    modelsDir,
    BENCH_MODEL,
    new Map([
      ['onnx/model.onnx', miniLm()],
      ['tokenizer.json', json(wordPiece([...special, ...words]))],
      ['sentence_bert_config.json', json({ max_seq_length: 256 })],
    ]),
  );
}

async function figuresOf(modelsDir: string, threadCount: number): Promise<EmbeddingFigures> {
  const printed: EmbeddingFigures[] = [];
  const child = await startServer([CHILD, modelsDir, String(threadCount)], {}, (line) => {
    printed.push(JSON.parse(line) as EmbeddingFigures);
    return true;
  });
  await child[Symbol.asyncDispose]();
  const [figures] = printed;
  if (figures === undefined) throw new Error('no figures');
  return figures;
}

function json(content: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(content));
}
