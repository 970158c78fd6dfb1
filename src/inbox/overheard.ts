import { and, eq, inArray, lt, or, sql } from 'drizzle-orm';
import { messages } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Attachment, InboundEdit, InboundMessage } from '../core/inbound.ts';
import { type Mask, maskKeys } from '../core/mask.ts';
import type { Database } from '../platform/database/open.ts';
import type { ConversationStore } from './conversations.ts';
import type { MessageStore } from './messages.ts';

/** Anybody in a group can say things: this much of it is kept, and so long. */
const KEPT_COUNT = 500;
const KEPT_MS = 30 * 24 * 3_600_000;

const NAMES: Readonly<Record<Attachment['kind'], string>> = {
  image: 'a picture',
  file: 'a file',
  speech: 'a recording',
};
/** What stands behind the words of one that came with something, on a line of its own. */
const NOTE = /\n?\(With [^\n]*\)$/u;

/**
 * What people say to each other in a group, kept only where the owner wants that. Their words alone: what
 * came with them is named and not got.
 */
export interface Overheard {
  /** To be called in the transaction that remembers the update. */
  hear(message: InboundMessage): void;
  /** Has a message that was kept say what its author changed it to. Returns whether there was one. */
  change(edit: InboundEdit): boolean;
  /** Stops listening, and forgets what was heard. Returns how many messages. */
  forget(conversationId: string): number;
  /** Forgets what is old or too much. Returns how many messages. */
  prune(): number;
}

export function createOverheard(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly conversations: ConversationStore;
  readonly messages: MessageStore;
  readonly mask?: Mask;
}): Overheard {
  const { mask = maskKeys } = parts;
  const { orm } = parts.database;
  const isOverheard = eq(messages.role, 'overheard');
  return {
    hear: (message) => {
      if (!parts.conversations.listens(message.conversation.id)) return;
      parts.messages.addOverheard({ ...message, text: `${message.text}${noteOn(message)}`.trim() });
    },
    change: ({ conversation, sender, messageId, text }) => {
      const found = orm
        .select({ id: messages.id, text: messages.text })
        .from(messages)
        .where(
          and(
            eq(messages.conversationId, conversation.id),
            eq(messages.platformMessageId, messageId),
            eq(messages.personId, sender.id),
            isOverheard,
          ),
        )
        .get();
      if (found === undefined) return false;
      const [note = ''] = NOTE.exec(found.text) ?? [];
      const changed = mask(`${text}\n${note.trim()}`.trim()).text;
      orm.update(messages).set({ text: changed }).where(eq(messages.id, found.id)).run();
      return true;
    },
    forget: (conversationId) => {
      parts.conversations.chooseListening(conversationId, false);
      return orm
        .delete(messages)
        .where(and(eq(messages.conversationId, conversationId), isOverheard))
        .run().changes;
    },
    prune: () => {
      const beyond = sql`(select id from (
        select id, row_number() over (partition by conversation_id order by id desc) as place
        from messages where role = 'overheard') where place > ${KEPT_COUNT})`;
      const isOld = lt(messages.createdAtMs, parts.clock.now() - KEPT_MS);
      return orm
        .delete(messages)
        .where(and(isOverheard, or(isOld, inArray(messages.id, beyond))))
        .run().changes;
    },
  };
}

function noteOn({ attachments }: InboundMessage): string {
  const named = attachments
    .filter(({ isQuoted }) => !isQuoted)
    .map(({ kind, name }) => (name === null ? NAMES[kind] : `${NAMES[kind]}, ${name}`));
  return named.length === 0 ? '' : `\n(With ${named.join('; ')})`.replaceAll(/(?!^)\s+/gu, ' ');
}
