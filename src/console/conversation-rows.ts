import { and, asc, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { attachments, messages } from '../../drizzle/schema.ts';
import type { Database } from '../platform/database/open.ts';
import type { From, Page } from './conversations-rows.ts';

/** So many messages are on a page. */
export const MESSAGE_COUNT = 50;
/** So much of each text is read, in characters. */
export const READ_LENGTH = 20_000;

/** A text as far as it is read. */
export interface ReadText {
  readonly text: string | null;
  /** Of all of it, in characters. */
  readonly length: number | null;
}

type Stored = Pick<
  typeof messages.$inferSelect,
  'id' | 'role' | 'author' | 'quote' | 'forwardedFrom' | 'createdAtMs'
>;

/** A message of a conversation. */
export interface TalkMessage extends Stored {
  readonly said: ReadText;
  /** What stands for it where a command's template made another text of it. */
  readonly instruction: ReadText;
  readonly former: ReadText;
  readonly changed: ReadText;
  readonly attachments: readonly TalkAttachment[];
}

/** What came with a message. */
export type TalkAttachment = Pick<
  typeof attachments.$inferSelect,
  'messageId' | 'kind' | 'name' | 'sizeBytes' | 'durationMs' | 'isQuoted'
> & { readonly transcript: ReadText };

/** Reads what was said in a conversation, a page at a time, oldest first. */
export interface Talk {
  page(conversationId: string, from: From): Page<TalkMessage>;
  /** The page with a message in its middle; `null` where there is none of that id in the conversation. */
  around(conversationId: string, messageId: number): Page<TalkMessage> | null;
}

/** Where a message stands in the order of the talk: see `messages.position`. */
interface Place {
  readonly position: number;
  /** An answer stands behind what was said while it was worked on. */
  readonly isAnswer: number;
  readonly id: number;
}

export function createTalk({ orm }: Database): Talk {
  const position = sql<number>`${messages.position}`;
  const isAnswer = sql<number>`(${messages.answersMessageId} is not null)`;

  const find = (conversationId: string, id: number): Place | null =>
    orm
      .select({ position, isAnswer, id: messages.id })
      .from(messages)
      .where(and(eq(messages.id, id), eq(messages.conversationId, conversationId)))
      .get() ?? null;

  /** The first `limit` on one side of a place, those next to it first. */
  const beside = (
    conversationId: string,
    side: '<' | '<=' | '>',
    place: Place,
    limit: number,
  ): readonly Omit<TalkMessage, 'attachments'>[] => {
    const by = side === '>' ? asc : desc;
    // The first condition is for the index, which ends with the position.
    const reached = sql`${messages.position} ${sql.raw(side === '>' ? '>=' : '<=')} ${place.position}`;
    const beyond = sql`(${messages.position}, ${isAnswer}, ${messages.id})
      ${sql.raw(side)} (${place.position}, ${place.isAnswer}, ${place.id})`;
    return orm
      .select({
        id: messages.id,
        role: messages.role,
        author: messages.author,
        quote: messages.quote,
        forwardedFrom: messages.forwardedFrom,
        createdAtMs: messages.createdAtMs,
        said: readOf(messages.text),
        instruction: readOf(messages.instruction),
        former: readOf(messages.formerText),
        changed: readOf(messages.changedText),
      })
      .from(messages)
      .where(and(eq(messages.conversationId, conversationId), reached, beyond))
      .orderBy(by(messages.position), by(isAnswer), by(messages.id))
      .limit(limit)
      .all();
  };

  const withAttachments = (
    rows: readonly Omit<TalkMessage, 'attachments'>[],
  ): readonly TalkMessage[] => {
    const found = Map.groupBy(
      orm
        .select({
          messageId: attachments.messageId,
          kind: attachments.kind,
          name: attachments.name,
          sizeBytes: attachments.sizeBytes,
          durationMs: attachments.durationMs,
          isQuoted: attachments.isQuoted,
          transcript: readOf(attachments.transcript),
        })
        .from(attachments)
        .where(
          isAmong(
            attachments.messageId,
            rows.map(({ id }) => id),
          ),
        )
        .orderBy(attachments.messageId, attachments.id)
        .all(),
      ({ messageId }) => messageId,
    );
    return rows.map((row) => ({ ...row, attachments: found.get(row.id) ?? [] }));
  };

  const pageOf = (
    older: readonly Omit<TalkMessage, 'attachments'>[],
    newer: readonly Omit<TalkMessage, 'attachments'>[],
    more: { readonly hasOlder: boolean; readonly hasNewer: boolean },
  ): Page<TalkMessage> => {
    const rows = withAttachments([...older.toReversed(), ...newer]);
    return {
      rows,
      olderId: more.hasOlder ? (rows[0]?.id ?? null) : null,
      newerId: more.hasNewer ? (rows.at(-1)?.id ?? null) : null,
    };
  };

  const newest = (conversationId: string): Page<TalkMessage> => {
    const older = beside(conversationId, '<', END, MESSAGE_COUNT + 1);
    const hasOlder = older.length > MESSAGE_COUNT;
    return pageOf(older.slice(0, MESSAGE_COUNT), [], { hasOlder, hasNewer: false });
  };

  return {
    page: (conversationId, from) => {
      if (from === 'newest') return newest(conversationId);
      const isBefore = 'beforeId' in from;
      const cursor = isBefore ? from.beforeId : from.afterId;
      // What was overheard may be gone by now.
      const place = find(conversationId, cursor) ?? { position: cursor, isAnswer: 0, id: cursor };
      const found = beside(conversationId, isBefore ? '<' : '>', place, MESSAGE_COUNT + 1);
      const hasMore = found.length > MESSAGE_COUNT;
      const rows = found.slice(0, MESSAGE_COUNT);
      if (isBefore) return pageOf(rows, [], { hasOlder: hasMore, hasNewer: true });
      // All that are newer fit on the first page.
      return hasMore
        ? pageOf([], rows, { hasOlder: true, hasNewer: true })
        : newest(conversationId);
    },
    around: (conversationId, messageId) => {
      const place = find(conversationId, messageId);
      if (place === null) return null;
      const half = MESSAGE_COUNT / 2;
      const older = beside(conversationId, '<=', place, half + 1);
      const newer = beside(conversationId, '>', place, half + 1);
      return pageOf(older.slice(0, half), newer.slice(0, half), {
        hasOlder: older.length > half,
        hasNewer: newer.length > half,
      });
    },
  };
}

const END: Place = {
  position: Number.MAX_SAFE_INTEGER,
  isAnswer: 1,
  id: Number.MAX_SAFE_INTEGER,
};

/** A text column as a {@link ReadText}. */
export function readOf(column: SQLiteColumn) {
  return {
    text: sql<string | null>`substr(${column}, 1, ${sql.raw(String(READ_LENGTH))})`,
    length: sql<number | null>`length(${column})`,
  };
}

/** Whether a column has one of these ids, of which there may be any number. */
export function isAmong(column: SQLiteColumn, ids: readonly number[]): SQL {
  return sql`${column} in (select value from json_each(${JSON.stringify(ids)}))`;
}
