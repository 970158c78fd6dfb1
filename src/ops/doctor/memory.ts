import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../core/error.ts';
import { formatDollars, startOfDay } from '../../core/format.ts';
import {
  lookAtModel,
  MANIFEST,
  modelFolder,
  ModelFault,
  readModelFile,
} from '../../memory/embeddings/model-files.ts';
import type { MemoryCounts } from '../../memory/store.ts';
import { checkWords, countAstray, memoryCallsSince, rebuildWords } from '../../memory/upkeep.ts';
import { lookAtMemory, type KeptMemories } from '../status/memory.ts';
import type { View } from '../status/site.ts';
import { holdStill } from '../update/locks.ts';
import type { Diagnosis } from './diagnosis.ts';

const BYTES_PER_MB = 1e6;
const SETUP = '`claudio memory setup` fetches it.';

/** The model, both indexes against what is remembered, and what was spent today. */
export async function memoryDiagnoses(view: View): Promise<readonly Diagnosis[]> {
  const { configuration, clock } = view;
  if (!configuration.settings.MEMORY_ENABLED) {
    return [
      {
        name: 'memory',
        state: 'off',
        text: 'turned off',
        remedy: '`claudio config set MEMORY_ENABLED 1` turns it on.',
      },
    ];
  }
  const looked = lookAtMemory(configuration, clock, (memory) => [
    wordsDiagnosis(view, memory),
    vectorsDiagnosis(view, memory),
    budgetDiagnosis(view, memory),
  ]);
  const model = await modelDiagnosis(view);
  if (looked.kind === 'opened') return [model, ...looked.result];
  const text =
    looked.kind === 'missing'
      ? 'nothing yet'
      : 'not looked at: the database is damaged, or of another version';
  return [model, { name: 'memory', state: 'off', text }];
}

/** Every file of the model, by its hash. */
async function modelDiagnosis({ configuration }: View): Promise<Diagnosis> {
  const name = 'model';
  const model = configuration.settings.MEMORY_EMBEDDING_MODEL;
  const folder = modelFolder(join(configuration.home, 'models'), model);
  const look = lookAtModel(folder, model);
  if (look.kind === 'unusable') {
    const isThere = existsSync(join(folder, MANIFEST));
    return {
      name,
      state: isThere ? 'failed' : 'off',
      text: isThere ? bare(look.reason) : `${model} is not here: memories are found by words alone`,
      remedy: SETUP,
    };
  }
  const files = Object.entries(look.manifest.files);
  try {
    for (const [file] of files) await readModelFile(folder, look.manifest, file);
  } catch (thrown) {
    if (!(thrown instanceof ModelFault)) throw thrown;
    return { name, state: 'failed', text: bare(messageOf(thrown)), remedy: SETUP };
  }
  const sizeBytes = files.reduce((sum, [, file]) => sum + file.sizeBytes, 0);
  const text = `${model}, ${(sizeBytes / BYTES_PER_MB).toFixed(1)} MB, whole`;
  return { name, state: 'ok', text };
}

function bare(sentence: string): string {
  return sentence.replace(/\.$/u, '');
}

function wordsDiagnosis(view: View, { database }: KeptMemories): Diagnosis {
  const name = 'words';
  switch (checkWords(database)) {
    case 'sound':
      return { name, state: 'ok', text: 'all are found by their words' };
    case 'busy':
      return {
        name,
        state: 'warning',
        text: 'not looked at: another program writes into the database',
        remedy: 'Try again later.',
      };
    case 'damaged':
      return {
        name,
        state: 'failed',
        text: 'the full text search does not fit what is remembered',
        remedy: '`claudio memory rebuild` makes it anew.',
        mend: mending(view, 'Made the full text search anew.', (memory) =>
          rebuildWords(memory.database),
        ),
      };
  }
}

function vectorsDiagnosis(view: View, { vectors, store, database }: KeptMemories): Diagnosis {
  const name = 'vectors';
  if (vectors === null) {
    return { name, state: 'off', text: 'sqlite-vec has no program for this machine' };
  }
  const index = vectors.current();
  const counts = store.counts(undefined, index?.model);
  const liveCount = countLive(counts);
  if (index === null) {
    return { name, state: 'ok', text: `none yet, ${liveCount} waiting` };
  }
  const astrayCount = countAstray(database, index.model);
  if (astrayCount !== 0) {
    return {
      name,
      state: 'failed',
      text:
        astrayCount === null
          ? 'the index of vectors cannot be read'
          : `the index of vectors is wrong about ${astrayCount} of them`,
      remedy: '`claudio memory rebuild` makes it anew.',
      mend: mending(view, 'Made the index of vectors anew.', (memory) => memory.vectors?.rebuild()),
    };
  }
  const waitingCount = liveCount - counts.embeddedCount;
  const text = `${counts.embeddedCount} (${index.dimensionCount} dimensions each), ${waitingCount} waiting`;
  return { name, state: 'ok', text };
}

/** How many are live, of all kinds. */
function countLive({ liveByKind }: MemoryCounts): number {
  return Object.values(liveByKind).reduce((sum, count) => sum + count, 0);
}

function budgetDiagnosis({ configuration, clock }: View, { database }: KeptMemories): Diagnosis {
  const name = 'budget';
  const budgetUsd = configuration.settings.MEMORY_DAILY_BUDGET;
  if (budgetUsd === 0) {
    return { name, state: 'off', text: 'MEMORY_DAILY_BUDGET is 0: nothing is learned by itself' };
  }
  const { costUsd } = memoryCallsSince(database, startOfDay(clock.now(), 0));
  const text = `${formatDollars(costUsd)} of ${formatDollars(budgetUsd)} used today`;
  if (costUsd < budgetUsd) return { name, state: 'ok', text };
  return {
    name,
    state: 'warning',
    text: `${text}: learning goes on tomorrow`,
    remedy: '`claudio config set MEMORY_DAILY_BUDGET …` allows more.',
  };
}

/** Mends in one transaction, and not while an update is under way. */
function mending(
  { configuration, clock }: View,
  done: string,
  work: (memory: KeptMemories) => void,
): () => Promise<string> {
  return async () => {
    const lock = await holdStill(configuration.home);
    try {
      lookAtMemory(configuration, clock, (memory) =>
        memory.database.transaction(() => work(memory)),
      );
      return done;
    } finally {
      lock.release();
    }
  };
}
