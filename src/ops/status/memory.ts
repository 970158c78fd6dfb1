import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { ClaudioError } from '../../core/error.ts';
import type { Finding } from '../../core/finding.ts';
import { lookAtModel, MANIFEST, modelFolder } from '../../memory/embeddings/model-files.ts';
import { createMemoryStore, type MemoryStore } from '../../memory/store.ts';
import { memoriesCount } from '../../memory/telling.ts';
import { openVectorIndex, type VectorIndex } from '../../memory/vectors.ts';
import type { Inspection } from '../../platform/configuration/load.ts';
import { isDatabaseFault, openDatabase, type Database } from '../../platform/database/open.ts';
import type { View } from './site.ts';

const NAME = 'memory';
const SETUP = '`claudio memory setup` fetches the model that finds them by their meaning too.';

/**
 * How much is remembered, and how it is found. None where the database cannot be read, which has a line of
 * its own.
 */
export function memoryFindings({
  configuration,
  clock,
}: Pick<View, 'configuration' | 'clock'>): readonly Finding[] {
  const opened = lookAtMemory(configuration, clock, (memory) => findingOf(configuration, memory));
  if (opened.kind === 'opened') return [opened.result];
  if (opened.kind === 'unreadable') return [];
  return [
    configuration.settings.MEMORY_ENABLED
      ? { name: NAME, state: 'ok', text: 'nothing yet' }
      : off(''),
  ];
}

/** What is remembered, as far as it takes to look at it. */
export interface KeptMemories {
  readonly database: Database;
  readonly store: MemoryStore;
  /** `null` where sqlite-vec has no program for this machine. */
  readonly vectors: VectorIndex | null;
}

/** What came of a look at the memory of a home. */
export type MemoryLook<T> =
  | { readonly kind: 'opened'; readonly result: T }
  /** The service makes the database at its first start. */
  | { readonly kind: 'missing' }
  /** It is damaged, or another version's. */
  | { readonly kind: 'unreadable' };

/** Looks at the memory of a home, beside the service or without it. @throws what `look` throws. */
export function lookAtMemory<T>(
  { home }: Pick<Inspection, 'home'>,
  clock: Clock,
  look: (memory: KeptMemories) => T,
): MemoryLook<T> {
  let database: Database;
  try {
    database = openDatabase(join(home, 'claudio.db'), 'share');
  } catch (thrown) {
    if (!(thrown instanceof ClaudioError) && !isDatabaseFault(thrown)) throw thrown;
    const isMissing = thrown instanceof ClaudioError && thrown.code === 'database.missing';
    return { kind: isMissing ? 'missing' : 'unreadable' };
  }
  try {
    const vectors = openVectorIndex(database);
    const store = createMemoryStore({ database, clock, vectors });
    return { kind: 'opened', result: look({ database, store, vectors }) };
  } finally {
    database.close();
  }
}

function findingOf({ settings, home }: Inspection, { store, vectors }: KeptMemories): Finding {
  const { liveByKind, embeddedCount } = store.counts(undefined, settings.MEMORY_EMBEDDING_MODEL);
  const liveCount = Object.values(liveByKind).reduce((sum, count) => sum + count, 0);
  const kept = memoriesCount(liveCount);
  if (!settings.MEMORY_ENABLED) return off(liveCount === 0 ? '' : `, ${kept} kept`);
  if (vectors === null) {
    const text = `${kept}, found by words alone: sqlite-vec has no program for this machine`;
    return { name: NAME, state: 'ok', text };
  }
  const folder = modelFolder(join(home, 'models'), settings.MEMORY_EMBEDDING_MODEL);
  const look = lookAtModel(folder, settings.MEMORY_EMBEDDING_MODEL);
  if (look.kind === 'unusable') {
    const text = `${kept}, found by words alone`;
    return existsSync(join(folder, MANIFEST))
      ? {
          name: NAME,
          state: 'warning',
          text: `${text}: ${look.reason.replace(/\.$/u, '')}`,
          remedy: SETUP,
        }
      : { name: NAME, state: 'off', text, remedy: SETUP };
  }
  const waitingCount = liveCount - embeddedCount;
  const waiting = waitingCount === 0 ? '' : `, ${waitingCount} of them by words alone as yet`;
  return { name: NAME, state: 'ok', text: `${kept}, found by meaning and words${waiting}` };
}

function off(more: string): Finding {
  return {
    name: NAME,
    state: 'off',
    text: `turned off${more}`,
    remedy: '`claudio config set MEMORY_ENABLED 1` turns it on.',
  };
}
