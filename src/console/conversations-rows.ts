import type { Conversation } from '../core/conversation.ts';
import type { Mode } from '../core/mode.ts';
import type { Database } from '../platform/database/open.ts';
import { rowNumber } from './paths.ts';

/** A conversation in the list of them. */
export interface ListedConversation extends Conversation {
  readonly project: string | null;
  readonly mode: Mode | null;
  readonly model: string | null;
  /** Counted up to {@link COUNTED_COUNT}; one more where there are more. */
  readonly messageCount: number;
  /** The message that was written last. */
  readonly last: {
    readonly id: number;
    readonly role: 'person' | 'claude' | 'command' | 'overheard';
    readonly author: string | null;
    /** Its beginning, and whether that is not all of it. */
    readonly text: string;
    readonly isCut: boolean;
    readonly createdAtMs: number;
  };
}

/** Some of a list, and the cursors of what is before and behind; `null`: nothing is. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly newerId: number | null;
  readonly olderId: number | null;
}

/** From where a list is to be shown. */
export type From = { readonly beforeId: number } | { readonly afterId: number } | 'newest';

/** So many conversations are on a page. */
export const CONVERSATION_COUNT = 50;
/** There may be more messages in a conversation than anybody wants counted. */
export const COUNTED_COUNT = 1000;
/** So much of the last message is read. */
const READ_LENGTH = 400;
/** So many messages are walked over at most, so many at a time. */
const WALKED_COUNT = 2000;
const STEP_COUNT = 250;

type Row = Omit<ListedConversation, 'last'> & {
  readonly lastId: number;
  readonly role: ListedConversation['last']['role'];
  readonly author: string | null;
  readonly text: string;
  readonly isCut: 0 | 1;
  readonly createdAtMs: number;
};

/**
 * Reads the conversations in which something was said, those with the latest message first; the cursor is
 * the id of that message. Walks over the messages from the cursor on, and looks at all conversations, each
 * at the ends of two indexes, only where few of them ended in what was walked over.
 */
export function createConversationList(
  database: Database,
): (from: From) => Page<ListedConversation> {
  const sqlite = database.orm.$client;
  const byIds = sqlite.prepare<[string], Row>(
    `SELECT conversations.id, destination, channel, chat, thread, project, mode, model,
       messages.id AS lastId, role, author, substr(text, 1, ${READ_LENGTH}) AS text,
       length(text) > ${READ_LENGTH} AS isCut, messages.created_at_ms AS createdAtMs,
       (SELECT count(*) FROM (SELECT 1 FROM messages AS counted
         WHERE counted.conversation_id = conversations.id LIMIT ${COUNTED_COUNT + 1})) AS messageCount
     FROM messages JOIN conversations ON conversations.id = conversation_id
     WHERE messages.id IN (SELECT value FROM json_each(?))`,
  );
  const older = lastIds(sqlite, '<', 'DESC');
  const newer = lastIds(sqlite, '>', 'ASC');
  const read = (ids: readonly number[]): readonly Row[] => {
    const rows = new Map(byIds.all(JSON.stringify(ids)).map((row) => [row.lastId, row]));
    return ids.flatMap((id) => rows.get(id) ?? []);
  };

  const newest = (): Page<ListedConversation> => {
    const found = older(Number.MAX_SAFE_INTEGER);
    return pageOf(read(found), { hasNewer: false, hasOlder: found.length > CONVERSATION_COUNT });
  };

  return (from) => {
    if (from === 'newest') return newest();
    if ('beforeId' in from) {
      const found = older(from.beforeId);
      return pageOf(read(found), { hasNewer: true, hasOlder: found.length > CONVERSATION_COUNT });
    }
    const found = newer(from.afterId);
    // All that are newer fit on the first page.
    if (found.length <= CONVERSATION_COUNT) return newest();
    return pageOf(read(found.slice(0, CONVERSATION_COUNT).toReversed()), {
      hasNewer: true,
      hasOlder: true,
    });
  };
}

/** The last message of a conversation, as SQL: that one, or what Claude has said since. */
function lastIdOf(inOrderId: string): string {
  return `max(${inOrderId},
    coalesce((SELECT id FROM messages WHERE conversation_id = conversations.id
      AND platform_message_id IS NULL ORDER BY id DESC LIMIT 1), 0))`;
}

/** Finds the last messages of conversations beyond a cursor, the nearest first: one more than a page. */
function lastIds(
  sqlite: Database['orm']['$client'],
  beyond: '<' | '>',
  order: 'ASC' | 'DESC',
): (cursor: number) => readonly number[] {
  const limit = CONVERSATION_COUNT + 1;
  // The last in the order of the talk, or what Claude has said since, which stands behind its question.
  const inOrder = `(SELECT id FROM messages WHERE conversation_id = conversations.id
    ORDER BY position DESC, id DESC LIMIT 1)`;
  const step = sqlite.prepare<[number], { readonly id: number; readonly conversationId: string }>(
    `SELECT id, conversation_id AS conversationId FROM messages WHERE id ${beyond} ?
     ORDER BY id ${order} LIMIT ${STEP_COUNT}`,
  );
  const lastOf = sqlite
    .prepare<[string], number>(`SELECT ${lastIdOf(inOrder)} FROM conversations WHERE id = ?`)
    .pluck();
  const ofAll = sqlite
    .prepare<{ readonly cursor: number }, number>(
      // Materialised, so that each is looked up once, and no further where its last is too new already.
      `WITH conversations AS MATERIALIZED (SELECT id, ${inOrder} AS in_order_id FROM main.conversations),
       ends AS MATERIALIZED (SELECT ${lastIdOf('in_order_id')} AS last_id FROM conversations
         WHERE in_order_id IS NOT NULL ${beyond === '<' ? 'AND in_order_id < :cursor' : ''})
       SELECT last_id FROM ends WHERE last_id ${beyond} :cursor ORDER BY last_id ${order} LIMIT ${limit}`,
    )
    .pluck();

  return (cursor) => {
    const lasts = new Map<string, number | undefined>();
    const found: number[] = [];
    let at = cursor;
    for (let walkedCount = 0; walkedCount < WALKED_COUNT; walkedCount += STEP_COUNT) {
      const walked = step.all(at);
      for (const { id, conversationId } of walked) {
        if (!lasts.has(conversationId)) lasts.set(conversationId, lastOf.get(conversationId));
        if (lasts.get(conversationId) === id) found.push(id);
        if (found.length === limit) return found;
      }
      if (walked.length < STEP_COUNT) return found;
      at = walked.at(-1)?.id ?? at;
    }
    return ofAll.all({ cursor });
  };
}

function pageOf(
  found: readonly Row[],
  { hasNewer, hasOlder }: { readonly hasNewer: boolean; readonly hasOlder: boolean },
): Page<ListedConversation> {
  const rows = found
    .slice(0, CONVERSATION_COUNT)
    .map(({ lastId, role, author, text, isCut, createdAtMs, ...conversation }) => ({
      ...conversation,
      last: { id: lastId, role, author, text, isCut: isCut === 1, createdAtMs },
    }));
  return {
    rows,
    newerId: hasNewer ? (rows[0]?.last.id ?? null) : null,
    olderId: hasOlder ? (rows.at(-1)?.last.id ?? null) : null,
  };
}

/** From where a list is to be shown, as its address says: `before` and `after`. */
export function fromOf(query: Readonly<Record<string, string | undefined>>): From {
  const beforeId = rowNumber(query['before']);
  if (beforeId !== null) return { beforeId };
  const afterId = rowNumber(query['after']);
  return afterId === null ? 'newest' : { afterId };
}
