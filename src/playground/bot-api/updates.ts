import type {
  Chat,
  MessageEntity,
  MessageOrigin,
  ReactionTypeEmoji,
  Update,
  User,
} from '@grammyjs/types';
import { systemClock } from '../../platform/clock.ts';
import { type AttachedFile, attachedTo } from './attached.ts';
import {
  createSentFiles,
  type NamedFile,
  type SentFile,
  type SentRecording,
} from './sent-files.ts';
import { addMessage, chatOf, findMessage, type State, type StoredMessage } from './state.ts';
import { wireMessage } from './wire.ts';

/** Who writes unless a test says otherwise, in a private chat that has the same id. */
export const OWNER: User = { id: 1_001, is_bot: false, first_name: 'Owner', username: 'owner' };

/** Where a message comes from and who writes it: the owner in the private chat, unless given. */
export interface Origin {
  readonly from?: User;
  /** The chat, or the id of one that is known or may be made up. */
  readonly chat?: Chat | number;
  /** A topic of the chat: it counts as one from now on. */
  readonly thread?: number;
  /** The message that is replied to. */
  readonly replyTo?: number;
  /** The part of it that is quoted. */
  readonly quote?: string;
  /** Where it was forwarded from. */
  readonly forwardOrigin?: MessageOrigin;
}

/** What goes with a file: its caption, and the album that it belongs to. */
export interface Around extends Origin {
  readonly caption?: string;
  readonly albumId?: string;
}

/** One message of an album. Telegram itself mixes only photos with videos. */
export type AlbumItem =
  | ({ readonly kind: 'photo'; readonly caption?: string } & SentFile)
  | ({ readonly kind: 'document'; readonly caption?: string } & NamedFile)
  | ({ readonly kind: 'audio' | 'video'; readonly caption?: string } & SentRecording);

/** The emoji that one can react with. */
export type ReactionEmoji = ReactionTypeEmoji['emoji'];

/** Builds updates and keeps the messages in them, so that the bot can reply and react to them. */
export interface Updates {
  text(text: string, origin?: Origin): Update;
  /** A photo in three sizes, the smallest first. */
  photo(options?: Around & SentFile): Update;
  document(options?: Around & NamedFile): Update;
  voice(options?: Around & SentRecording): Update;
  audio(options?: Around & SentRecording): Update;
  videoNote(options?: Around & SentRecording): Update;
  video(options?: Around & SentRecording): Update;
  /** Messages with one `media_group_id`, an update for each. */
  album(items: readonly AlbumItem[], origin?: Origin): Update[];
  /** The person changes the text of a message of theirs, or its caption. */
  edited(message: StoredMessage, text: string): Update;
  /**
   * What a person's reactions to a message are from now on. Nobody's, but a chat's: `actor`. What they
   * were before is remembered.
   */
  reaction(
    message: StoredMessage,
    emoji: readonly ReactionEmoji[],
    who?: { readonly from?: User; readonly actor?: Chat },
  ): Update;
  /** A press on a button of a message as it stands, found by its label or its data. */
  press(message: StoredMessage, button: string, options?: PressOptions): Update;
  /** A message of any kind: fields of the Bot API beside those that every message has. */
  other(content: Readonly<Record<string, unknown>>, origin?: Origin): Update;
  /**
   * A group becomes a supergroup: its last message, and the first of the supergroup. From now on the group
   * takes no calls.
   */
  migrated(group: number, supergroup: number): readonly [last: Update, first: Update];
  /** The file in a message, a person's or the bot's. */
  attached(message: StoredMessage): AttachedFile | null;
  /** How a person reacts to a message now: emoji. */
  reactionsTo(message: StoredMessage, from?: User): readonly string[];
}

export interface PressOptions {
  readonly from?: User;
  /** Telegram no longer knows what the message said. */
  readonly inaccessible?: boolean;
  /** Too late for answerCallbackQuery. */
  readonly expired?: boolean;
  /** A press on what a button was before the message was edited: `button` is taken as the data. */
  readonly stale?: boolean;
}

function commandsIn(text: string): MessageEntity[] {
  return [...text.matchAll(/(?<=^|\s)\/\w{1,64}(?:@\w{3,32})?(?![\w/])/g)].map((match) => ({
    type: 'bot_command',
    offset: match.index,
    length: match[0].length,
  }));
}

function mentionsIn(text: string): MessageEntity[] {
  return [...text.matchAll(/(?<![\w@/])@\w{5,32}/g)].map((match) => ({
    type: 'mention',
    offset: match.index,
    length: match[0].length,
  }));
}

function entitiesIn(text: string): MessageEntity[] {
  return [...commandsIn(text), ...mentionsIn(text)].toSorted((a, b) => a.offset - b.offset);
}

function seconds(): number {
  return Math.floor(systemClock.now() / 1_000);
}

export function createUpdates(state: State): Updates {
  const files = createSentFiles(state);
  /** What messages hold beside their text, as the Bot API writes it. */
  const contents = new WeakMap<StoredMessage, Readonly<Record<string, unknown>>>();
  const reactions = new Map<string, ReactionTypeEmoji[]>();
  let albumCount = 0;
  const nextId = (): number => state.nextUpdateId++;

  const place = ({ from = OWNER, chat, thread }: Origin): { chatId: number; from: User } => {
    const chatId = typeof chat === 'object' ? chat.id : (chat ?? from.id);
    const known = chatOf(state, chatId);
    if (typeof chat === 'object') known.chat = chat;
    if (thread !== undefined) known.topics.add(thread);
    return { chatId, from };
  };

  /** The message that is replied to, with all that it holds. */
  const originalOf = (message: StoredMessage): Record<string, unknown> => {
    const original =
      message.replyTo === null ? undefined : findMessage(state, message.chatId, message.replyTo);
    if (original === undefined || !contents.has(original)) return {};
    return { reply_to_message: asMessage({ ...original, replyTo: null }, original) };
  };

  const asMessage = (message: StoredMessage, source = message): NonNullable<Update['message']> => {
    const { text: _text, entities: _entities, ...rest } = wireMessage(state, message);
    const { chat } = rest;
    if (chat.type === 'channel') throw new Error('no message comes from a channel');
    const content = contents.get(source);
    const hasText = content === undefined || message.text !== '';
    const textKey = content === undefined ? 'text' : 'caption';
    const entitiesKey = content === undefined ? 'entities' : 'caption_entities';
    return {
      ...rest,
      chat,
      from: message.from,
      ...content,
      ...(hasText ? { [textKey]: message.text } : {}),
      ...(message.entities.length > 0 ? { [entitiesKey]: message.entities } : {}),
      ...originalOf(message),
    };
  };

  /** A new message: a text, or what `content` says with the text as its caption. */
  const send = (
    text: string,
    { albumId, ...origin }: Around,
    content: Readonly<Record<string, unknown>> | null,
  ): Update => {
    const { chatId, from } = place(origin);
    const message = addMessage(state, chatId, {
      from,
      byBot: false,
      text,
      entities: entitiesIn(text),
      document: null,
      threadId: origin.thread ?? null,
      replyTo: origin.replyTo ?? null,
      albumId: albumId ?? null,
    });
    if (content !== null) contents.set(message, content);
    const { quote, forwardOrigin } = origin;
    return {
      update_id: nextId(),
      message: {
        ...asMessage(message),
        ...(albumId === undefined ? {} : { media_group_id: albumId }),
        ...(quote === undefined ? {} : { quote: { text: quote, position: 0, is_manual: true } }),
        ...(forwardOrigin === undefined ? {} : { forward_origin: forwardOrigin }),
      },
    };
  };

  const sendFile =
    <T>(contentOf: (file: T) => Readonly<Record<string, unknown>>) =>
    (options: Around & T): Update =>
      send(options.caption ?? '', options, contentOf(options));

  const kinds = {
    photo: sendFile(files.photo),
    document: sendFile(files.document),
    audio: sendFile(files.audio),
    video: sendFile(files.video),
  };

  return {
    text: (text, origin = {}) => send(text, origin, null),
    photo: (options = {}) => kinds.photo(options),
    document: (options = {}) => kinds.document(options),
    voice: (options = {}) => sendFile(files.voice)(options),
    audio: (options = {}) => kinds.audio(options),
    videoNote: (options = {}) => sendFile(files.videoNote)(options),
    video: (options = {}) => kinds.video(options),
    album(items, origin = {}) {
      const albumId = `${13_000_000_000_000_000n + BigInt(albumCount++)}`;
      return items.map((item) => kinds[item.kind]({ ...item, ...origin, albumId }));
    },
    edited(message, text) {
      message.text = text;
      message.entities = entitiesIn(text);
      message.editCount += 1;
      return {
        update_id: nextId(),
        edited_message: { ...asMessage(message), edit_date: seconds() },
      };
    },
    reaction(message, emoji, { from = OWNER, actor } = {}) {
      const who = reactorOf(message, actor ?? from);
      const before = reactions.get(who) ?? [];
      const now = emoji.map((one): ReactionTypeEmoji => ({ type: 'emoji', emoji: one }));
      reactions.set(who, now);
      return {
        update_id: nextId(),
        message_reaction: {
          chat: chatOf(state, message.chatId).chat,
          message_id: message.messageId,
          ...(actor === undefined ? { user: from } : { actor_chat: actor }),
          date: seconds(),
          old_reaction: before,
          new_reaction: now,
        },
      };
    },
    press(message, label, { from = OWNER, inaccessible, expired, stale } = {}) {
      const button = message.replyMarkup?.inline_keyboard
        .flat()
        .find(
          (candidate) =>
            'callback_data' in candidate &&
            (candidate.text === label || candidate.callback_data === label),
        );
      const found = button !== undefined && 'callback_data' in button ? button : null;
      if (found === null && stale !== true) {
        throw new Error(`no button "${label}" below message ${message.messageId}`);
      }
      const id = `${4_000_000_000_000_000_000n + BigInt(state.presses.size)}`;
      state.presses.set(id, { id, expired: expired ?? false, answers: [] });
      const { chat } = chatOf(state, message.chatId);
      return {
        update_id: nextId(),
        callback_query: {
          id,
          from,
          chat_instance: `${message.chatId}`,
          data: found?.callback_data ?? label,
          message:
            inaccessible === true
              ? { chat, message_id: message.messageId, date: 0 }
              : wireMessage(state, message),
        },
      };
    },
    other: (content, origin = {}) => send('', origin, content),
    migrated(group, supergroup) {
      const old = chatOf(state, group);
      const title = 'title' in old.chat && old.chat.title !== undefined ? old.chat.title : 'Group';
      old.movedTo = supergroup;
      return [
        send('', { chat: { id: group, type: 'group', title } }, { migrate_to_chat_id: supergroup }),
        send(
          '',
          { chat: { id: supergroup, type: 'supergroup', title } },
          { migrate_from_chat_id: group },
        ),
      ];
    },
    attached: (message) => attachedTo(state, message, contents.get(message)),
    reactionsTo: (message, from = OWNER) =>
      (reactions.get(reactorOf(message, from)) ?? []).map(({ emoji }) => emoji),
  };
}

function reactorOf({ chatId, messageId }: StoredMessage, who: { readonly id: number }): string {
  return `${chatId} ${messageId} ${who.id}`;
}
