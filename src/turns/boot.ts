import { eq, lt } from 'drizzle-orm';
import { boots } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';

const KEPT_MS = 90 * 24 * 3_600_000;

/** The record of this start of the service. */
export interface Boot {
  /** Begins the marker of every process that this instance starts. */
  readonly id: string;
  /** Notes that it is alive. @throws what the database throws when it takes no write. */
  seen(): void;
  /** Notes that it ended in good order and left no process behind. */
  ended(): void;
}

/**
 * Notes that this instance started, and forgets those of long ago.
 *
 * @param hasMemory Whether it learns from what is said.
 */
export function recordBoot(database: Database, clock: Clock, id: string, hasMemory: boolean): Boot {
  const { orm } = database;
  const now = clock.now();
  orm.insert(boots).values({ id, startedAtMs: now, seenAtMs: now, hasMemory }).run();
  orm
    .delete(boots)
    .where(lt(boots.startedAtMs, now - KEPT_MS))
    .run();
  const update = (set: { seenAtMs: number } | { endedAtMs: number }) => {
    orm.update(boots).set(set).where(eq(boots.id, id)).run();
  };
  return {
    id,
    seen: () => update({ seenAtMs: clock.now() }),
    ended: () => update({ endedAtMs: clock.now() }),
  };
}
