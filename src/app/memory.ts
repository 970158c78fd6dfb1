import { join } from 'node:path';
import { lt } from 'drizzle-orm';
import { memoryCalls } from '../../drizzle/schema.ts';
import { createClaudeAgent } from '../agent/claude/agent.ts';
import type { Clock } from '../core/clock.ts';
import { createConsolidator } from '../memory/consolidation/consolidator.ts';
import { skipTimeWithout } from '../memory/consolidation/cursor.ts';
import { openMemory } from '../memory/open.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Recall } from '../memory/recall.ts';
import { mergeWords } from '../memory/upkeep.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import { ensurePrivateFolder } from '../platform/files.ts';
import type { Logger } from '../platform/log.ts';

/** How long it is known what the memory's calls of the model cost. */
const CALLS_KEPT_MS = 90 * 24 * 3_600_000;

/** The memory of the service, with what goes on in it behind the turns. */
export interface ServiceMemory {
  readonly store: MemoryStore;
  readonly recall: Recall;
  /** Looks whether there is something to learn from, and what has no vector yet. Returns at once. */
  wake(): void;
  /** Drops what nobody asks for any more, and tidies up. @returns how many rows. */
  prune(): number;
  /** Breaks off what is being learned, and begins nothing more. May be called again. */
  rest(): Promise<void>;
  /** The same, and unloads the model. To be called before the database is closed. */
  close(): Promise<void>;
}

/** What is needed from around. */
interface Outside {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Begins the marker of every process that is started. */
  readonly bootId: string;
}

/**
 * Opens the memory as the settings have it. Nothing runs before it is woken.
 *
 * @returns `null` where it is turned off, or cannot be opened: the service goes on without.
 */
export function composeMemory(outside: Outside): ServiceMemory | null {
  if (!outside.configuration.settings.MEMORY_ENABLED) return null;
  try {
    return compose(outside);
  } catch (error) {
    outside.log.error({ err: error }, 'memory.unavailable');
    return null;
  }
}

function compose({ configuration, database, clock, log, bootId }: Outside): ServiceMemory {
  const { settings, home } = configuration;
  const model = settings.MEMORY_EMBEDDING_MODEL;
  const memory = openMemory({ database, clock, log, home, model });
  skipTimeWithout(database);
  const { store, recall, backfill } = memory;
  const tempDir = ensurePrivateFolder(join(home, 'tmp'));
  const agent = createClaudeAgent({
    programPath: settings.CLAUDE_BIN ?? null,
    env: configuration.environment,
    // The one of the turns, so that what an instance that died left in files goes with theirs.
    tempDir,
    tools: [],
    isApart: true,
    idleLimitMs: settings.TURN_IDLE_LIMIT,
    log,
  });
  const consolidator = createConsolidator({
    database,
    clock,
    log,
    agent,
    store,
    vectors: memory.vectors,
    embedder: memory.embedder,
    bootId,
    model: settings.MEMORY_CONSOLIDATION_MODEL,
    dailyBudgetUsd: settings.MEMORY_DAILY_BUDGET,
    delayMs: settings.MEMORY_CONSOLIDATION_DELAY,
    workDir: ensurePrivateFolder(join(tempDir, 'memory')),
    learned: () => {
      mergeWords(database);
      backfill?.wake();
    },
  });
  let resting: Promise<void> | undefined;
  const rest = () =>
    (resting ??= consolidator
      .close()
      .then(() => agent.settled())
      .catch((error: unknown) => log.error({ err: error }, 'memory.not-rested')));
  return {
    store,
    recall,
    wake: () => {
      backfill?.wake();
      consolidator.wake();
    },
    prune: () => {
      mergeWords(database);
      const longAgoMs = clock.now() - CALLS_KEPT_MS;
      const { changes } = database.orm
        .delete(memoryCalls)
        .where(lt(memoryCalls.startedAtMs, longAgoMs))
        .run();
      return recall.prune() + changes;
    },
    rest,
    close: async () => {
      await rest();
      await memory.close();
    },
  };
}
