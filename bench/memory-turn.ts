import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { createMemoryStore } from '../src/memory/store.ts';
import { openVectorIndex } from '../src/memory/vectors.ts';
import { systemClock } from '../src/platform/clock.ts';
import { openDatabase } from '../src/platform/database/open.ts';
import { INSTANT_CLAUDE_PATH } from '../tests/environment.ts';
import { OWNER } from '../tests/standins/bot-api/bot-api.ts';
import { BENCH_MODEL, writeBenchModel } from './embedding.ts';
import { temporaryFolder } from './folder.ts';
import { MINILM_DIMENSIONS } from './minilm.ts';
import { createPoster } from './poster.ts';
import { row, type Row } from './report.ts';
import { startService } from './service.ts';
import { median, percentile } from './statistics.ts';

const MEMORY_COUNT = 1000;
const WARM_UP_COUNT = 10;
const ROUND_COUNT = 100;
const REST_MS = 30;
const SCOPE = `telegram:1:${OWNER.id}`;
const QUESTION = 'why does the checkout webhook time out again since the deploy?';

/**
 * How much later a turn starts where something is remembered: from the delivery of a message to the start
 * of the program that answers, with a thousand memories and a warm model, and without the memory, one after
 * the other, who goes first changing each round. What the vectors say means nothing here: the memories are
 * found by their words.
 */
export async function measureMemoryTurn(): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const without = stack.use(await startSide(folder.path, 'without', { MEMORY_ENABLED: '0' }));
  const withIt = stack.use(
    await startSide(
      folder.path,
      'with',
      // Nothing is learned meanwhile.
      {
        MEMORY_ENABLED: '1',
        MEMORY_EMBEDDING_MODEL: BENCH_MODEL,
        MEMORY_CONSOLIDATION_DELAY: '86400',
      },
      remember,
    ),
  );

  const off: number[] = [];
  const on: number[] = [];
  for (let round = -WARM_UP_COUNT; round < ROUND_COUNT; round += 1) {
    const isOffFirst = round % 2 === 0;
    const earlyMs = isOffFirst ? await without.turn() : null;
    const onMs = await withIt.turn();
    const offMs = earlyMs ?? (await without.turn());
    if (round < 0) continue;
    off.push(offMs);
    on.push(onMs);
  }
  if (!withIt.wasReminded()) throw new Error('nothing was recalled, or without the model');
  return [
    row('message to start of claude, memory off: p50', median(off), 'ms'),
    row('message to start of claude, 1,000 memories: p50', median(on), 'ms'),
    row('message to start of claude, memory off: p95', percentile(off, 0.95), 'ms'),
    row('message to start of claude, 1,000 memories: p95', percentile(on, 0.95), 'ms'),
    row('later for what is remembered: p50', median(on) - median(off), 'ms', 25),
  ];
}

interface Side extends AsyncDisposable {
  /** Sends a message, waits for all that comes of it, and tells when the program started, in milliseconds. */
  turn(): Promise<number>;
  /** Whether the last message reminded of something, and the model was loaded. */
  wasReminded(): boolean;
}

async function startSide(
  folder: string,
  name: string,
  settings: Readonly<Record<string, string>>,
  prepare?: (home: string) => void,
): Promise<Side> {
  await using stack = new AsyncDisposableStack();
  const started = join(folder, `${name}-started`);
  const prompt = join(folder, `${name}-prompt`);
  const claude = join(folder, `${name}-claude`);
  writeFileSync(
    claude,
    `#!/bin/sh
if [ "$1" = -p ]; then
  date +%s%N > ${started}
  cat > ${prompt}
fi
exec ${INSTANT_CLAUDE_PATH} "$@" < /dev/null
`,
    { mode: 0o755 },
  );
  const options = { claude, settings };
  const service = stack.use(
    await startService(prepare === undefined ? options : { ...options, prepare }),
  );
  const poster = stack.use(createPoster(service.origin, 1));
  let isModelLoaded = false;
  const noteModel = async (): Promise<void> => {
    await service.process.nextLine((line) => line.includes('"memory.model-loaded"'));
    isModelLoaded = true;
  };
  // The service ends, and there was none.
  noteModel().catch(() => undefined);
  const owned = stack.move();
  return {
    turn: async () => {
      const update = service.api.updates.text(QUESTION);
      const sent = service.nextSent();
      const fromMs = performance.timeOrigin + performance.now();
      await poster.post(update);
      await sent;
      await rest(REST_MS);
      return Number(readFileSync(started, 'utf8')) / 1e6 - fromMs;
    },
    wasReminded: () => isModelLoaded && readFileSync(prompt, 'utf8').includes('<claudio-memory '),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Fills the memory of the chat; some of it is about what is asked. */
function remember(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeBenchModel(join(home, 'models'));
  const database = openDatabase(join(home, 'claudio.db'));
  try {
    const vectors = openVectorIndex(database);
    const store = createMemoryStore({ database, clock: systemClock, vectors });
    vectors?.use(BENCH_MODEL, MINILM_DIMENSIONS);
    database.transaction(() => {
      for (let number = 0; number < MEMORY_COUNT; number += 1) {
        const text = sentence(number);
        const outcome = store.remember(SCOPE, { kind: 'semantic', text, source: 'imported' });
        if (outcome.kind !== 'remembered') throw new Error(`not remembered: ${text}`);
        vectors?.put(outcome.memory.id, SCOPE, direction(number));
      }
    });
  } finally {
    database.close();
  }
}

/** A vector of length 1 in which each memory has a direction of its own. */
function direction(number: number): Float32Array {
  const vector = Float32Array.from({ length: MINILM_DIMENSIONS }, (_, at) =>
    Math.sin((number + 1) * (at + 1)),
  );
  const length = Math.hypot(...vector);
  return vector.map((share) => share / length);
}

const ASKED_ABOUT_EVERY = 100;
const WHO = [
  'Ada',
  'Grace',
  'Linus',
  'Edsger',
  'Barbara',
  'Ken',
  'Radia',
  'Donald',
  'Alan',
  'Jean',
];
const WHAT = ['the build', 'the deploy', 'the billing service', 'the garden', 'the invoices'];
const WHEN = ['on Mondays', 'after lunch', 'before a release', 'in winter', 'when asked'];

function sentence(number: number): string {
  const who = WHO[number % WHO.length];
  const what = WHAT[Math.floor(number / WHO.length) % WHAT.length];
  if (number % ASKED_ABOUT_EVERY === 0) {
    return `${who} knows why the checkout webhook times out: see ${what}, note ${number}.`;
  }
  return `${who} looks after ${what} ${WHEN[number % WHEN.length]}, as was agreed in meeting ${number}.`;
}
