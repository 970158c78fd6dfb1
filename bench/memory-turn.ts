import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { createMemoryStore } from '../src/memory/store.ts';
import { openVectorIndex } from '../src/memory/vectors.ts';
import { systemClock } from '../src/platform/clock.ts';
import { openDatabase } from '../src/platform/database/open.ts';
import { CLAUDE_PATH } from '../tests/environment.ts';
import { OWNER } from '../src/playground/bot-api/bot-api.ts';
import { startModel, type ModelStandin } from '../tests/standins/model/model.ts';
import { textReply } from '../tests/standins/model/reply.ts';
import { BENCH_MODEL, writeBenchModel } from './embedding.ts';
import { MINILM_DIMENSIONS } from './minilm.ts';
import { createPoster } from './poster.ts';
import { row, type Row } from './report.ts';
import { startService } from './service.ts';
import { median, percentile } from './statistics.ts';
import { noChildrenOf } from './whole-turn.ts';

const MEMORY_COUNT = 1000;
const WARM_UP_COUNT = 3;
const ROUND_COUNT = 40;
const REST_MS = 50;
const SCOPE = `telegram:1:${OWNER.id}`;
const QUESTION = 'why does the checkout webhook time out again since the deploy?';

/**
 * How much later a turn starts where something is remembered: from the delivery of a message to the moment
 * when the real Claude Code asks the model, with a thousand memories and a warm model, and without the
 * memory, one after the other, who goes first changing each round.
 */
export async function measureMemoryTurn(): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const model = stack.adopt(await startModel(), (standin) => standin.close());
  model.always(() => textReply('The certificate has expired.'));
  const without = stack.use(await startSide(model, { MEMORY_ENABLED: '0' }));
  const withIt = stack.use(await startRemembering(model));

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
  withIt.check(WARM_UP_COUNT + ROUND_COUNT);
  return [
    row('message to question to the model, memory off: p50', median(off), 'ms'),
    row('message to question to the model, 1,000 memories: p50', median(on), 'ms'),
    row('message to question to the model, memory off: p95', percentile(off, 0.95), 'ms'),
    row('message to question to the model, 1,000 memories: p95', percentile(on, 0.95), 'ms'),
    row('later for what is remembered: p50', median(on) - median(off), 'ms', 25),
  ];
}

interface Side extends AsyncDisposable {
  /** Sends a message, waits for all that comes of it, and tells when the model was asked, in milliseconds. */
  turn(): Promise<number>;
}

async function startSide(
  model: ModelStandin,
  settings: Readonly<Record<string, string>>,
  prepare: (home: string) => void = () => undefined,
): Promise<Side> {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(
    await startService({ claude: CLAUDE_PATH, modelUrl: model.url, settings, prepare }),
  );
  const poster = stack.use(createPoster(service.origin, 1));
  const owned = stack.move();
  return {
    turn: async () => {
      const update = service.api.updates.text(QUESTION);
      const asked = model.nextRequest();
      const sent = service.nextSent();
      const fromMs = performance.now();
      const [askedMs] = await Promise.all([
        asked.then(() => performance.now()),
        poster.post(update),
      ]);
      await sent;
      await noChildrenOf(service.process.pid);
      await rest(REST_MS);
      return askedMs - fromMs;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The side that remembers, once its model is loaded. */
async function startRemembering(
  model: ModelStandin,
): Promise<Side & { check(turnCount: number): void }> {
  let home = '';
  const settings = {
    MEMORY_ENABLED: '1',
    MEMORY_EMBEDDING_MODEL: BENCH_MODEL,
    // Nothing is learned meanwhile.
    MEMORY_CONSOLIDATION_DELAY: '86400',
  };
  await using stack = new AsyncDisposableStack();
  const side = stack.use(
    await startSide(model, settings, (path) => {
      home = path;
      remember(path);
    }),
  );
  const database = stack.adopt(openDatabase(join(home, 'claudio.db')), (open) => open.close());
  const count = (query: string): unknown => database.orm.$client.prepare(query).pluck().get();
  while (count('SELECT count(*) FROM memory_vectors') !== MEMORY_COUNT + 1) await rest(REST_MS);
  const owned = stack.move();
  return {
    turn: () => side.turn(),
    check: (turnCount) => {
      // The weights mean nothing, but for the same words the model gives the same vector.
      const found = count(
        `SELECT count(*) FROM recalls JOIN memories ON memories.id = recalls.memory_id
         WHERE memories.text = '${QUESTION}' AND found_by = 'both' AND similarity > 0.99`,
      );
      if (found === turnCount) return;
      throw new Error(`${String(found)} of ${turnCount} turns were reminded through the model`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Fills the memory of the chat: some of it is about what is asked, and one has its words, and no vector yet. */
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
      store.remember(SCOPE, { kind: 'semantic', text: QUESTION, source: 'imported' });
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
