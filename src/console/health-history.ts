import { and, desc, inArray, lt, max, notInArray } from 'drizzle-orm';
import { healthChanges } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { HealthReport } from '../http/health.ts';
import type { Database } from '../platform/database/open.ts';

const KEPT_MS = 90 * 24 * 3_600_000;

/** A check came out otherwise than before, or for the first time. */
export type HealthChange = typeof healthChanges.$inferSelect;

/** The checks as they came out the last time. */
export interface NotedHealth {
  readonly checks: HealthReport['checks'];
  readonly atMs: number;
}

/** How the checks came out over time: a row each time that one changed. */
export interface HealthHistory {
  /**
   * Takes a report, and writes down what is otherwise than before.
   *
   * @throws what the database throws; {@link HealthHistory.latest} has it all the same, and what could not
   * be written down is so the next time.
   */
  note(report: Pick<HealthReport, 'checks'>): void;
  /** `null` before the first report since the start. */
  latest(): NotedHealth | null;
  /** How many checks are not well; `null` before the first report. */
  failingCount(): number | null;
  /** The last change of each check, by its name. */
  lastChanges(): ReadonlyMap<string, HealthChange>;
  /** The newest first. @param options.beforeId Only older ones. */
  changes(options: { readonly beforeId?: number; readonly limit: number }): readonly HealthChange[];
  /** Forgets changes of long ago, but not the last of each check. Returns how many. */
  prune(): number;
}

export function createHealthHistory(database: Database, clock: Clock): HealthHistory {
  const { orm } = database;
  const lastIds = () =>
    orm
      .select({ id: max(healthChanges.id) })
      .from(healthChanges)
      .groupBy(healthChanges.check);
  let known: Map<string, boolean> | undefined;
  let latest: NotedHealth | null = null;

  const lastChanges = () =>
    new Map(
      orm
        .select()
        .from(healthChanges)
        .where(inArray(healthChanges.id, lastIds()))
        .all()
        .map((change) => [change.check, change]),
    );
  const read = () => new Map([...lastChanges()].map(([check, { ok }]) => [check, ok]));

  return {
    note: ({ checks }) => {
      const atMs = clock.now();
      latest = { checks, atMs };
      const before = (known ??= read());
      const changed = Object.entries(checks).filter(([check, { ok }]) => before.get(check) !== ok);
      if (changed.length === 0) return;
      const rows = changed.map(([check, { ok, remedy }]) => ({
        atMs,
        check,
        ok,
        remedy: remedy ?? null,
      }));
      orm.insert(healthChanges).values(rows).run();
      for (const [check, { ok }] of changed) before.set(check, ok);
    },
    latest: () => latest,
    failingCount: () =>
      latest === null ? null : Object.values(latest.checks).filter(({ ok }) => !ok).length,
    lastChanges,
    changes: ({ beforeId, limit }) =>
      orm
        .select()
        .from(healthChanges)
        .where(beforeId === undefined ? undefined : lt(healthChanges.id, beforeId))
        .orderBy(desc(healthChanges.id))
        .limit(limit)
        .all(),
    prune: () =>
      orm
        .delete(healthChanges)
        .where(
          and(
            lt(healthChanges.atMs, clock.now() - KEPT_MS),
            notInArray(healthChanges.id, lastIds()),
          ),
        )
        .run().changes,
  };
}
