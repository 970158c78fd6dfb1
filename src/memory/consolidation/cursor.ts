import { desc, eq, type SQL, sql } from 'drizzle-orm';
import { boots, consolidations, conversations } from '../../../drizzle/schema.ts';
import type { Database } from '../../platform/database/open.ts';

/** How far a conversation was looked through when its batch was read. */
export interface Cursor {
  readonly conversationId: string;
  /** `null`: it was never looked through. */
  readonly lastMessageId: number | null;
  readonly failureCount: number;
}

/**
 * Writes how far conversations were looked through, where nothing has moved since the batch was read. May
 * stand in a transaction of the caller.
 */
export interface Cursors {
  /** Moves it, and forgets the failures of the batch behind it. Says whether it was unmoved. */
  move(cursor: Cursor, toMessageId: number, notBeforeMs?: number): boolean;
  /** Counts a failure of the batch, which begins behind `afterMessageId`. Says whether it was unmoved. */
  failed(cursor: Cursor, afterMessageId: number, notBeforeMs: number): boolean;
}

export function createCursors(database: Database): Cursors {
  const { orm } = database;
  const standing = orm
    .select({
      hasMemory: conversations.hasMemory,
      lastMessageId: consolidations.lastMessageId,
      failureCount: consolidations.failureCount,
    })
    .from(conversations)
    .leftJoin(consolidations, eq(consolidations.conversationId, conversations.id))
    .where(eq(conversations.id, sql.placeholder('conversationId')))
    .prepare();

  /**
   * Whether a conversation stands where it stood when its batch was read, and is still to be learned from:
   * nothing was forgotten meanwhile, and nobody else looked through it.
   */
  const isUnmoved = ({ conversationId, lastMessageId, failureCount }: Cursor): boolean => {
    const row = standing.get({ conversationId });
    return (
      row !== undefined &&
      row.hasMemory &&
      row.lastMessageId === lastMessageId &&
      (row.failureCount ?? 0) === failureCount
    );
  };

  const write = (
    cursor: Cursor,
    set: Omit<typeof consolidations.$inferInsert, 'conversationId'>,
  ): boolean =>
    database.transaction(() => {
      if (!isUnmoved(cursor)) return false;
      orm
        .insert(consolidations)
        .values({ conversationId: cursor.conversationId, ...set })
        .onConflictDoUpdate({ target: consolidations.conversationId, set })
        .run();
      return true;
    });

  return {
    move: (cursor, lastMessageId, notBeforeMs = 0) =>
      write(cursor, { lastMessageId, failureCount: 0, notBeforeMs }),
    failed: (cursor, lastMessageId, notBeforeMs) =>
      write(cursor, { lastMessageId, failureCount: cursor.failureCount + 1, notBeforeMs }),
  };
}

/**
 * What was said so far in these conversations, and what is still to be answered of it, is not learned from.
 * May stand in a transaction of the caller.
 *
 * @param which A condition on conversations; all of them unless it is given.
 */
export function learnNoFurtherBack({ orm }: Database, which: SQL = sql`true`): void {
  orm.run(
    sql`insert into consolidations (conversation_id, last_message_id)
      select ${conversations.id}, (select coalesce(max(id), 0) from messages)
      from conversations where ${which}
      on conflict (conversation_id) do update
      set last_message_id = excluded.last_message_id, failure_count = 0, not_before_ms = 0`,
  );
}

/**
 * To be called when the memory begins: what was said while the last instance of the service had none is not
 * learned from.
 */
export function skipTimeWithout(database: Database): void {
  const last = database.orm
    .select({ hasMemory: boots.hasMemory })
    .from(boots)
    // In the order in which they came, also where the clock was set back between them.
    .orderBy(desc(sql`rowid`))
    .limit(1)
    .get();
  if (last?.hasMemory === false) learnNoFurtherBack(database);
}
