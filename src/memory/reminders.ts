import { and, asc, desc, eq, isNotNull, lt, sql, type SQL } from 'drizzle-orm';
import { recalls, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { RecalledMemory } from '../core/memory.ts';
import type { Database } from '../platform/database/open.ts';
import { recalledAs } from './score.ts';
import type { MemoryStore } from './store.ts';

/** What turns were reminded of. */
export interface Reminders {
  /** Keeps it in place of what an earlier attempt at the turn was reminded of. Each counts as accessed. */
  keep(turnId: number, recalled: readonly RecalledMemory[]): void;
  /**
   * What the last turn of a conversation that has begun was reminded of, best first, as far as it is not
   * forgotten; `null`: there was none yet.
   */
  last(conversationId: string): {
    readonly turnId: number;
    readonly startedAtMs: number;
    readonly recalled: readonly RecalledMemory[];
  } | null;
  /** Drops what turns were reminded of more than 30 days ago. @returns how many rows. */
  prune(): number;
}

const KEPT_MS = 30 * 24 * 3_600_000;

export function createReminders(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly store: MemoryStore;
}): Reminders {
  const { database, clock, store } = parts;
  const { orm } = database;
  const ofTurn = orm
    .select()
    .from(recalls)
    .where(eq(recalls.turnId, sql.placeholder('turnId')))
    .orderBy(asc(recalls.place))
    .prepare();
  const drop = orm
    .delete(recalls)
    .where(eq(recalls.turnId, sql.placeholder('turnId')))
    .prepare();
  const insert = orm
    .insert(recalls)
    .values({
      turnId: sql.placeholder('turnId'),
      memoryId: sql.placeholder('memoryId'),
      place: sql.placeholder('place'),
      score: sql.placeholder('score'),
      similarity: sql.placeholder('similarity'),
      activation: sql.placeholder('activation'),
      foundBy: sql.placeholder('foundBy'),
      atMs: sql.placeholder('atMs'),
    })
    .prepare();
  /** Each condition is, word for word, that of a partial index. */
  const lastBegun = (condition: SQL) =>
    orm
      .select({ turnId: turns.id, startedAtMs: turns.startedAtMs })
      .from(turns)
      .where(
        and(
          eq(turns.conversationId, sql.placeholder('conversationId')),
          isNotNull(turns.startedAtMs),
          condition,
        ),
      )
      .orderBy(desc(turns.id))
      .limit(1)
      .prepare();
  const lastActive = lastBegun(sql`${turns.status} in ('queued', 'running')`);
  const lastEnded = lastBegun(sql`${turns.endedAtMs} is not null`);

  return {
    keep: (turnId, recalled) => {
      // Most turns are reminded of nothing, and need not wait for their turn to write.
      if (recalled.length === 0 && ofTurn.get({ turnId }) === undefined) return;
      database.transaction(() => {
        drop.run({ turnId });
        if (recalled.length === 0) return;
        store.accessed(recalled.map(({ memory }) => memory.id));
        const atMs = clock.now();
        for (const [at, { memory, score, similarity, activation, foundBy }] of recalled.entries()) {
          const why = { score, similarity, activation, foundBy };
          insert.run({ turnId, memoryId: memory.id, place: at + 1, ...why, atMs });
        }
      });
    },
    last: (conversationId) => {
      const active = lastActive.get({ conversationId });
      const ended = lastEnded.get({ conversationId });
      const turn = active === undefined || (ended?.turnId ?? 0) > active.turnId ? ended : active;
      if (turn === undefined || turn.startedAtMs === null) return null;
      const recalled = ofTurn.all({ turnId: turn.turnId }).flatMap(({ memoryId, ...why }) => {
        const memory = store.find(memoryId);
        return memory === null ? [] : [recalledAs(memory, why, clock.now())];
      });
      return { turnId: turn.turnId, startedAtMs: turn.startedAtMs, recalled };
    },
    prune: () =>
      orm
        .delete(recalls)
        .where(lt(recalls.atMs, clock.now() - KEPT_MS))
        .run().changes,
  };
}
