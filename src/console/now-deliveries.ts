import { count, desc, eq, isNotNull, sql, type SQL } from 'drizzle-orm';
import { conversations, deliveries } from '../../drizzle/schema.ts';
import { OPEN } from '../outbox/deliverer.ts';
import { FAILED, hindrance, type Hindrance } from '../outbox/failed.ts';
import type { Database } from '../platform/database/open.ts';
import { LISTED_COUNT, type Listed, READ_LENGTH } from './now-turns.ts';

/** A part in a list. */
export interface ListedDelivery {
  readonly id: number;
  readonly conversation: typeof conversations.$inferSelect;
  readonly turnId: number | null;
  /** The beginning of what it says, and the names of the files that it brings; empty where there is none. */
  readonly text: string;
  readonly files: string;
  readonly status: string;
  readonly attemptCount: number;
  readonly dueAtMs: number;
  readonly endedAtMs: number | null;
  /** Why the last attempt did not succeed. */
  readonly reason: string | null;
  /** Of one that failed: what keeps it from being sent once more; `null`: nothing. */
  readonly hindrance: Hindrance | null;
}

/** Reads what did not reach its chat. Each call looks at few rows, however many there are. */
export interface NowDeliveries {
  /** Those that failed and that nobody has seen to, the latest first. */
  failed(): Listed<ListedDelivery>;
  /** Those that were tried and wait for another attempt, in their order. */
  held(): Listed<ListedDelivery>;
}

// A part has the form of its channel, which alone knows all of it. What is looked for are the names that
// words have in each of them.
const text = sql<string>`coalesce(
  nullif(trim(json_extract(deliveries.part, '$.text')), ''),
  nullif(trim(json_extract(deliveries.part, '$.markdown')), ''),
  json_extract(deliveries.part, '$.parts[0].text'), '')`;
const files = sql<string>`coalesce(
  (select group_concat(json_extract(file.value, '$.name'), ', ')
    from json_each(deliveries.part, '$.files') as file),
  json_extract(deliveries.part, '$.fileName'), '')`;

const columns = {
  id: deliveries.id,
  conversation: conversations,
  turnId: deliveries.turnId,
  text: sql<string>`substr(${text}, 1, ${sql.raw(String(READ_LENGTH))})`,
  files: sql<string>`substr(${files}, 1, ${sql.raw(String(READ_LENGTH))})`,
  status: deliveries.status,
  attemptCount: deliveries.attemptCount,
  dueAtMs: deliveries.dueAtMs,
  endedAtMs: deliveries.endedAtMs,
  reason: deliveries.reason,
  hindrance,
};

export function createNowDeliveries({ orm }: Pick<Database, 'orm'>): NowDeliveries {
  const listed = (which: SQL, order: SQL) => {
    const rows = orm
      .select(columns)
      .from(deliveries)
      .innerJoin(conversations, eq(conversations.id, deliveries.conversationId))
      .where(which)
      .orderBy(order)
      .limit(LISTED_COUNT)
      .prepare();
    const all = orm.select({ count: count() }).from(deliveries).where(which).prepare();
    return (): Listed<ListedDelivery> => {
      const found = rows.all();
      return { rows: found, moreCount: (all.get()?.count ?? 0) - found.length };
    };
  };
  return {
    failed: listed(FAILED, desc(deliveries.id)),
    // The sign keeps SQLite from reading all deliveries in this order.
    // https://sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    held: listed(sql`${OPEN} and ${isNotNull(deliveries.reason)}`, sql`+${deliveries.id}`),
  };
}
