import { and, desc, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import {
  attachments,
  chatMoves,
  conversations,
  deliveries,
  messages,
  reactions,
  turns,
} from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import { sourceOf, type Conversation } from '../core/conversation.ts';
import type { InboundAct } from '../core/inbound.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import { takeOver } from './strays.ts';

/**
 * Chats that got a new id at their platform. Their conversations keep the key that they had, with all that
 * belongs to it: history, memories, roles, turns. Only where they are delivered changes.
 *
 * The ids of messages are a chat's own. Those of before are kept with the chat that they are from,
 * `<chat>/<message>`, so that none of them is taken for a message of the new chat.
 */
export interface ChatMoves {
  /** To be called in the transaction of what tells of it. A second time changes nothing. */
  note(from: Conversation, movedTo: string): void;
  /** What somebody said or did, in the conversation as it is known here, delivered where it came from. */
  here<T extends InboundAct>(act: T): T;
  /**
   * Takes over what came in under the new id before anything told that it is the same chat; later where a
   * turn is running for it. The conversation, as {@link here} tells it, must have its row.
   */
  settle(conversation: Conversation): void;
}

/** @param options.uproot Called with a destination whose open deliveries may refer to messages of before. */
export function createChatMoves(
  database: Database,
  clock: Clock,
  options: {
    readonly uproot: (destination: string) => void;
    readonly log: Pick<Logger, 'info'>;
  },
): ChatMoves {
  const { orm } = database;
  const known = orm
    .select({ knownAs: chatMoves.knownAs })
    .from(chatMoves)
    .where(eq(chatMoves.destination, sql.placeholder('destination')))
    .prepare();
  const newest = orm
    .select({ destination: chatMoves.destination })
    .from(chatMoves)
    .where(eq(chatMoves.knownAs, sql.placeholder('knownAs')))
    .orderBy(desc(sql`rowid`))
    .limit(1)
    .prepare();

  const knownAs = (destination: string): string =>
    known.get({ destination })?.knownAs ?? destination;

  return {
    note: (from, movedTo) => {
      const destination = `${sourceOf(from)}:${movedTo}`;
      const origin = knownAs(from.destination);
      if (destination === origin) return;
      const { changes } = orm
        .insert(chatMoves)
        .values({ destination, knownAs: origin, atMs: clock.now() })
        .onConflictDoNothing()
        .run();
      // Also a second time: one may have been made meanwhile from a message of the old chat.
      orm
        .update(conversations)
        .set({ chat: movedTo })
        .where(eq(conversations.destination, origin))
        .run();
      if (changes === 0) return;
      keepApart(database, origin, from.chat);
      options.uproot(origin);
      options.log.info({ conversation: origin, from: from.chat, to: movedTo }, 'chat.moved');
    },
    here: (act) => {
      const { conversation } = act;
      const destination = knownAs(conversation.destination);
      const last = newest.get({ knownAs: destination })?.destination ?? destination;
      const messageId =
        last === conversation.destination ? act.messageId : idOf(conversation.chat, act.messageId);
      if (destination === conversation.destination) return { ...act, messageId };
      const { thread } = conversation;
      const id = thread === null ? destination : `${destination}:${thread}`;
      return { ...act, messageId, conversation: { ...conversation, destination, id } };
    },
    settle: (conversation) => {
      const { chat, thread, destination } = conversation;
      const stray = `${sourceOf(conversation)}:${chat}`;
      if (stray === destination || knownAs(stray) !== destination) return;
      takeOver(database, thread === null ? stray : `${stray}:${thread}`, conversation);
    },
  };
}

/** A message of a chat that has another id now. */
function idOf(chat: string, messageId: string): string {
  return `${chat}/${messageId}`;
}

/** Says of the messages of before which chat they are from. What shows the progress of a turn stays there. */
function keepApart({ orm }: Database, destination: string, chat: string): void {
  const ids = orm
    .select({ id: conversations.id })
    .from(conversations)
    .where(eq(conversations.destination, destination));
  for (const table of [messages, deliveries, reactions]) {
    orm
      .update(table)
      .set({ platformMessageId: sql`${chat} || '/' || ${table.platformMessageId}` })
      .where(and(inArray(table.conversationId, ids), isOfNow(table)))
      .run();
  }
  const inThem = orm
    .select({ id: messages.id })
    .from(messages)
    .where(inArray(messages.conversationId, ids));
  orm
    .update(attachments)
    .set({ platformMessageId: sql`${chat} || '/' || ${attachments.platformMessageId}` })
    .where(and(inArray(attachments.messageId, inThem), isOfNow(attachments)))
    .run();
  orm
    .update(turns)
    .set({ progressMessageId: null })
    .where(and(inArray(turns.conversationId, ids), isNotNull(turns.progressMessageId)))
    .run();
}

function isOfNow({
  platformMessageId,
}: typeof messages | typeof deliveries | typeof reactions | typeof attachments) {
  return sql`instr(${platformMessageId}, '/') = 0`;
}
