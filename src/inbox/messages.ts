import { and, asc, desc, eq, isNotNull, or, sql } from 'drizzle-orm';
import { attachments, messages, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { InboundMessage } from '../core/inbound.ts';
import { type Mask, maskKeys } from '../core/mask.ts';
import type { TurnOptions } from '../core/turn.ts';
import type { Database } from '../platform/database/open.ts';
import { maskAsked, withoutSecrets } from './masking.ts';
import { withWords, wordsOf } from './words.ts';

/** A message of a person, as it is kept. */
export type StoredMessage = typeof messages.$inferSelect;

/** One beside whose text a new one is kept. */
export type ChangedMessage = StoredMessage & { readonly changedText: string };

/** Something that came with a message, as it is kept. */
export type StoredAttachment = typeof attachments.$inferSelect;

/** A message to be kept. `messageId` is null where the platform has none of it: it was typed in a shell. */
export type NewMessage =
  | InboundMessage
  | (Omit<
      InboundMessage,
      'kind' | 'updateId' | 'messageId' | 'attachments' | 'command' | 'isPrivate' | 'isAddressed'
    > & {
      readonly messageId: null;
    });

/** What people said, with what they attached to it. */
export interface MessageStore {
  /** Keeps a message. Returns its id. */
  add(message: NewMessage, options?: TurnOptions): number;
  /**
   * Keeps a message that tells of a change to an earlier one, with all that was attached to that.
   *
   * @returns Its id.
   */
  addChange(original: StoredMessage, text: string, personId: string | null): number;
  /** Keeps a further part of an album with the message that its first part made. */
  addPart(messageId: number, part: InboundMessage): void;
  /**
   * Keeps a message that was not for Claude: a command, whose secrets nobody needs in the history, or one
   * that was turned away.
   *
   * @param withFiles Whether it may become one for Claude after all, with what is attached to it.
   * @returns Its id.
   */
  addAside(message: InboundMessage, withFiles?: boolean): number;
  /** @throws Error where there is none. */
  get(messageId: number): StoredMessage;
  /** Masks the secrets in what a turn was asked that will not run again. */
  forgetSecrets(turnId: number): void;
  /** Makes one that was kept aside a message for Claude. */
  toPerson(messageId: number, options: TurnOptions): void;
  /** Keeps what was said in a group to others, without secrets: nobody needs them. */
  addOverheard(message: InboundMessage): void;
  /** The first message of an album. */
  ofAlbum(conversationId: string, albumId: string): StoredMessage | null;
  /** The newest message of a person with this id on the platform, or with a part that has it. */
  find(conversationId: string, platformMessageId: string): StoredMessage | null;
  /** Whether a later message tells of a change to it. */
  wasChangedSince(messageId: number): boolean;
  /** What is attached to a message, in order. */
  attachments(messageId: number): readonly StoredAttachment[];
  /** What a message says, all in all, when it or a part of it says this on the platform. */
  reworded(message: StoredMessage, platformMessageId: string, words: string): string;
  /** Takes down what a message, or a part of it, says now on the platform. Its own text stays as it is. */
  reword(message: StoredMessage, platformMessageId: string, words: string): void;
  /** Keeps what is said in a recording, also behind the text of its message. */
  addTranscript(recording: Pick<StoredAttachment, 'id' | 'messageId'>, transcript: string): void;
  /** Puts a new text in the place of the old one. */
  change(messageId: number, text: string): void;
  /** Keeps a new text beside the old one; `null` forgets it. */
  keepChange(messageId: number, text: string | null): void;
  /** Those that a turn answers and beside whose text a new one is kept, oldest first. */
  changedDuring(turnId: number): readonly ChangedMessage[];
}

export function createMessageStore(
  database: Database,
  clock: Clock,
  mask: Mask = maskKeys,
): MessageStore {
  const { orm } = database;
  const insert = orm
    .insert(messages)
    .values({
      conversationId: sql.placeholder('conversationId'),
      role: sql.placeholder('role'),
      author: sql.placeholder('author'),
      personId: sql.placeholder('personId'),
      instruction: sql.placeholder('instruction'),
      text: sql.placeholder('text'),
      // Mapped by hand: a placeholder would make the word null of what is not there.
      quote: sql`${sql.placeholder('quote')}`,
      forwardedFrom: sql.placeholder('forwardedFrom'),
      albumId: sql.placeholder('albumId'),
      platformMessageId: sql.placeholder('platformMessageId'),
      createdAtMs: sql.placeholder('now'),
    })
    .returning({ id: messages.id })
    .prepare();
  const attached = orm
    .select()
    .from(attachments)
    .where(eq(attachments.messageId, sql.placeholder('messageId')))
    .orderBy(attachments.id)
    .prepare();

  const keep = (
    message: NewMessage,
    role: 'person' | 'command' | 'overheard',
    { instruction = null }: TurnOptions,
  ): number =>
    insert.get({
      conversationId: message.conversation.id,
      role,
      author: message.sender.name,
      personId: message.sender.id,
      instruction,
      text: message.text,
      quote: message.quote === null ? null : JSON.stringify(message.quote),
      forwardedFrom: message.forwardedFrom,
      albumId: message.albumId,
      platformMessageId: message.messageId,
      now: clock.now(),
    }).id;

  const attach = (messageId: number, message: InboundMessage): void => {
    if (message.attachments.length === 0) return;
    orm
      .insert(attachments)
      .values(
        message.attachments.map((attachment, index) => ({
          ...attachment,
          messageId,
          platformMessageId: message.messageId,
          caption: index === 0 ? message.text : null,
        })),
      )
      .run();
  };

  return {
    add: (message, options = {}) => {
      const id = keep(message, 'person', options);
      if (message.messageId !== null) attach(id, message);
      return id;
    },
    addChange: (original, text, personId) => {
      const { id: _, position: __, createdAtMs: ___, albumId: ____, ...kept } = original;
      const { id } = orm
        .insert(messages)
        .values({
          ...kept,
          personId,
          text,
          formerText: original.text,
          changedText: null,
          createdAtMs: clock.now(),
        })
        .returning({ id: messages.id })
        .get();
      const files = attached.all({ messageId: original.id });
      if (files.length > 0) {
        orm
          .insert(attachments)
          .values(files.map(({ id: _id, ...file }) => ({ ...file, messageId: id })))
          .run();
      }
      return id;
    },
    addPart: (messageId, part) => {
      attach(messageId, part);
      orm
        .update(messages)
        .set({ text: withWords(messages.text, part.text) })
        .where(eq(messages.id, messageId))
        .run();
    },
    addAside: (given, withFiles = false) => {
      const message = given.command === null ? given : withoutSecrets(given, mask);
      const id = keep(message, 'command', {});
      if (withFiles) attach(id, message);
      return id;
    },
    get: (messageId) => {
      const found = orm.select().from(messages).where(eq(messages.id, messageId)).get();
      if (found === undefined) throw new Error(`no message ${messageId}`);
      return found;
    },
    toPerson: (messageId, { instruction = null }) => {
      orm
        .update(messages)
        .set({ role: 'person', instruction })
        .where(eq(messages.id, messageId))
        .run();
    },
    addOverheard: (message) => {
      keep(withoutSecrets(message, mask), 'overheard', {});
    },
    forgetSecrets: (turnId) => void maskAsked(database, mask, turnId),
    ofAlbum: (conversationId, albumId) =>
      orm
        .select()
        .from(messages)
        .where(and(eq(messages.conversationId, conversationId), eq(messages.albumId, albumId)))
        .orderBy(desc(messages.id))
        .limit(1)
        .get() ?? null,
    find: (conversationId, platformMessageId) => {
      const ofPerson = and(
        eq(messages.conversationId, conversationId),
        eq(messages.role, 'person'),
      );
      const own = orm
        .select()
        .from(messages)
        .where(and(ofPerson, eq(messages.platformMessageId, platformMessageId)))
        .orderBy(desc(messages.id))
        .limit(1)
        .get();
      if (own !== undefined) return own;
      const ofPart = orm
        .select({ message: messages })
        .from(attachments)
        .innerJoin(messages, eq(messages.id, attachments.messageId))
        .where(and(eq(attachments.platformMessageId, platformMessageId), ofPerson))
        .orderBy(desc(messages.id))
        .limit(1)
        .get();
      return ofPart?.message ?? null;
    },
    wasChangedSince: (messageId) => {
      const found = orm
        .select({ id: sql<number>`later.id` })
        .from(messages)
        .innerJoin(
          sql`messages as later`,
          sql`later.conversation_id = ${messages.conversationId}
            and later.platform_message_id = ${messages.platformMessageId}
            and later.id > ${messages.id} and later.former_text is not null`,
        )
        .where(eq(messages.id, messageId))
        .limit(1)
        .get();
      return found !== undefined;
    },
    attachments: (messageId) => attached.all({ messageId }),
    reworded: ({ id: messageId, text, changedText }, platformMessageId, words) => {
      const rows = attached.all({ messageId });
      if (rows.length === 0) return words;
      const part = rows.find((row) => row.platformMessageId === platformMessageId);
      if (part === undefined) return changedText ?? text;
      return wordsOf(rows.map((row) => (row === part ? { ...row, caption: words } : row)));
    },
    reword: ({ id: messageId }, platformMessageId, words) => {
      const part = attached
        .all({ messageId })
        .find((row) => row.platformMessageId === platformMessageId);
      if (part === undefined) return;
      orm.update(attachments).set({ caption: words }).where(eq(attachments.id, part.id)).run();
    },
    addTranscript: ({ id, messageId }, transcript) => {
      orm.update(attachments).set({ transcript }).where(eq(attachments.id, id)).run();
      orm
        .update(messages)
        .set({
          text: withWords(messages.text, transcript),
          changedText: withWords(messages.changedText, transcript),
        })
        .where(eq(messages.id, messageId))
        .run();
    },
    change: (messageId, text) => {
      orm.update(messages).set({ text, changedText: null }).where(eq(messages.id, messageId)).run();
    },
    keepChange: (messageId, changedText) => {
      orm.update(messages).set({ changedText }).where(eq(messages.id, messageId)).run();
    },
    changedDuring: (turnId) =>
      orm
        .select({ message: messages })
        .from(turns)
        .innerJoin(messages, eq(messages.id, turns.messageId))
        .where(
          and(
            or(eq(turns.id, turnId), eq(turns.joinedTurnId, turnId)),
            isNotNull(messages.changedText),
          ),
        )
        .orderBy(asc(turns.id))
        .all()
        .flatMap(({ message: { changedText, ...message } }) =>
          changedText === null ? [] : [{ ...message, changedText }],
        ),
  };
}
