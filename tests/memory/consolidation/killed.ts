import pino from 'pino';
import { createConsolidator } from '../../../src/memory/consolidation/consolidator.ts';
import { createMemoryStore } from '../../../src/memory/store.ts';
import { openVectorIndex } from '../../../src/memory/vectors.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';

/** Looks through what is due in a database, and kills itself on the way: `killed.ts DATABASE ANSWER NOW WHERE`. */
const [path = '', answer = '', now = '', where = ''] = process.argv.slice(2);

const die = (): 0 => {
  process.kill(process.pid, 'SIGKILL');
  return 0;
};
const database = openDatabase(path, 'share');
const sqlite = database.orm.$client;
const clock = { now: () => Number(now), elapsed: () => 0 };
const vectors = openVectorIndex(database);
sqlite.function('die', die);
if (where === 'commit') {
  sqlite.exec('create temp trigger halfway after insert on main.memories begin select die(); end');
}
const consolidator = createConsolidator({
  database,
  clock,
  log: pino({ level: 'silent' }),
  agent: {
    async *run() {
      const usage = {
        inputTokenCount: 0,
        outputTokenCount: 0,
        cacheReadTokenCount: 0,
        cacheWriteTokenCount: 0,
        costUsd: 0.01,
      };
      if (where === 'call') die();
      yield {
        type: 'completed',
        outcome: {
          kind: 'answered',
          text: answer,
          model: 'haiku',
          usage,
          deniedTools: [],
          fallback: null,
        },
      };
    },
    settled: () => Promise.resolve(),
    stopLeftovers: () => Promise.resolve(0),
    explain: ({ code }) => code,
    readiness: () => Promise.reject(new Error('nobody asks')),
  },
  store: createMemoryStore({ database, clock, vectors }),
  vectors,
  embedder: {
    model: 'made-up/test-model',
    state: () => ({ kind: 'resting' }),
    embed: () => {
      if (where === 'answer') die();
      return Promise.resolve({ kind: 'unavailable', reason: 'there is none' });
    },
    close: () => Promise.resolve(),
  },
  bootId: 'killed',
  model: 'haiku',
  dailyBudgetUsd: 1,
  delayMs: 0,
  workDir: '/',
  learned: die,
});
await consolidator.idle();
