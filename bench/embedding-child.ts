/** Embeds in a process of its own, and prints what that took; see embedding.ts. */
import pino from 'pino';
import { createLocalEmbedder } from '../src/memory/embeddings/local.ts';
import { BENCH_MODEL, type EmbeddingFigures } from './embedding.ts';
import { median, timed } from './statistics.ts';

const ROUND_COUNT = 21;
const IDLE_MS = 200;

const [modelsDir = '', threads = '1'] = process.argv.slice(2);
const embedder = createLocalEmbedder({
  model: BENCH_MODEL,
  modelsDir,
  log: pino({ level: 'silent' }),
  idleMs: IDLE_MS,
  threadCount: Number(threads),
});

/** Two tokens stand around it. */
function text(tokenCount: number, seed: number): string {
  return Array.from({ length: tokenCount - 2 }, (_, at) => `w${(at * 37 + seed) % 30_000}`).join(
    ' ',
  );
}

async function embed(...texts: readonly string[]): Promise<void> {
  const embedding = await embedder.embed(texts);
  if (embedding.kind !== 'embedded') throw new Error(embedding.reason);
}

async function medianOf(tokenCount: number): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    samples.push(await timed(() => embed(text(tokenCount, round))));
  }
  return median(samples);
}

function residentMB(): number {
  return process.memoryUsage().rss / 1e6;
}

const emptyMB = residentMB();
const loadMs = await timed(() => embed(text(12, 0)));
const shortMs = await medianOf(12);
const longMs = await medianOf(200);
const batch = Array.from({ length: 32 }, (_, at) => text(12, at));
const perTextOfBatchMs = (await timed(() => embed(...batch))) / batch.length;
const loadedMB = residentMB();
while (embedder.state().kind === 'ready') {
  await new Promise((resolve) => void setTimeout(resolve, IDLE_MS));
}
await embedder.close();
const figures: EmbeddingFigures = {
  loadMs,
  shortMs,
  longMs,
  perTextOfBatchMs,
  emptyMB,
  loadedMB,
  unloadedMB: residentMB(),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
