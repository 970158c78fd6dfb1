import { eq, sql } from 'drizzle-orm';
import { consolidations, conversations } from '../../../drizzle/schema.ts';
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
