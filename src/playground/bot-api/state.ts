import type {
  BotCommand,
  Chat,
  InlineKeyboardMarkup,
  MessageEntity,
  User,
  UserFromGetMe,
} from '@grammyjs/types';
import { systemClock } from '../../platform/clock.ts';
import type { Delivery, Hook } from './delivery.ts';
import type { Events } from './events.ts';

/** A file as it came in a multipart call, or as a person sent it. */
export interface StoredFile {
  readonly fileName: string;
  readonly mimeType: string;
  readonly content: Buffer;
}

/** A message as it stands now. Text that was edited is what it was edited to. */
export interface StoredMessage {
  readonly chatId: number;
  readonly messageId: number;
  readonly from: User;
  /** Whether the bot sent it. */
  readonly byBot: boolean;
  /** When it was sent. */
  atMs: number;
  /** Its place among all messages of all chats. */
  readonly sequence: number;
  readonly threadId: number | null;
  readonly replyTo: number | null;
  readonly document: StoredFile | null;
  readonly photo: StoredFile | null;
  readonly voice: StoredFile | null;
  /** What the messages of one album have in common. */
  readonly albumId: string | null;
  /** Whether it came without a sound. */
  readonly silent: boolean;
  /** Whether the call disabled link previews. */
  linksPlain: boolean;
  /** The text, the caption of a file, or the Markdown of a rich message. */
  text: string;
  /** Whether it is a rich message. */
  rich: boolean;
  entities: MessageEntity[];
  replyMarkup: InlineKeyboardMarkup | null;
  editCount: number;
  deleted: boolean;
  /** What the bot reacted with: emoji. */
  reaction: string[];
}

/** A call of the bot, in the order in which they came in. */
export interface Call {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** `chat_id` as text, where the call has one. */
  readonly chat: string | null;
  readonly atMs: number;
  /** The HTTP status that was answered; null while it is under way or when none was sent. */
  status: number | null;
  /** What was answered beside the result: the reason of a refusal. */
  description: string | null;
}

/** Whether what it shows comes without a sound, as a sign of life does. What goes with a file is all text. */
export function isSilent({ params }: Call): boolean {
  return String(params['disable_notification']) === 'true';
}

/** An answer in the making, which the next message of the bot takes away. */
export interface StoredDraft {
  readonly draftId: number;
  readonly threadId: number | null;
  readonly text: string;
  readonly entities: readonly MessageEntity[];
}

export interface ChatState {
  chat: Chat;
  /** By the topic that they are shown in. */
  readonly drafts: Map<number | null, StoredDraft>;
  readonly messages: StoredMessage[];
  readonly topics: Set<number>;
  /** The supergroup that it became: it takes no calls any more. */
  movedTo: number | null;
  nextMessageId: number;
}

/** A press on a button, and how the bot answered it. */
export interface Press {
  readonly id: string;
  expired: boolean;
  readonly answers: { readonly text: string | null; readonly showAlert: boolean }[];
}

export interface State {
  readonly bot: UserFromGetMe;
  readonly token: string;
  readonly events: Events;
  readonly calls: Call[];
  /** Calls that no version of the Bot API would understand: an unknown parameter, a wrong type. */
  readonly violations: string[];
  readonly chats: Map<number, ChatState>;
  readonly presses: Map<string, Press>;
  readonly chatActions: {
    readonly chat: number;
    readonly thread: number | null;
    readonly action: string;
    readonly atMs: number;
  }[];
  /** By scope and language, as JSON. */
  readonly commands: Map<string, readonly BotCommand[]>;
  /** By file_id. `sizeBytes` is what Telegram says of one that is not as large as it says. */
  readonly files: Map<string, StoredFile & { readonly path: string; readonly sizeBytes?: number }>;
  readonly hook: Hook;
  readonly delivery: Delivery;
  nextUpdateId: number;
  messageCount: number;
}

/** The chat with an id, made up where it is new: a private one, or a supergroup below zero. */
export function chatOf(state: State, chatId: number): ChatState {
  const known = state.chats.get(chatId);
  if (known !== undefined) return known;
  const chat: Chat =
    chatId > 0
      ? { id: chatId, type: 'private', first_name: 'Owner' }
      : { id: chatId, type: 'supergroup', title: 'Group' };
  const made: ChatState = {
    chat,
    drafts: new Map(),
    messages: [],
    topics: new Set(),
    movedTo: null,
    nextMessageId: 1,
  };
  state.chats.set(chatId, made);
  return made;
}

/** Adds a message. Ids count up within each chat, so that two chats share them. */
export function addMessage(
  state: State,
  chatId: number,
  content: Pick<StoredMessage, 'from' | 'byBot' | 'threadId' | 'replyTo' | 'document' | 'text'> &
    Partial<
      Pick<
        StoredMessage,
        | 'entities'
        | 'replyMarkup'
        | 'linksPlain'
        | 'photo'
        | 'voice'
        | 'albumId'
        | 'silent'
        | 'rich'
      >
    >,
): StoredMessage {
  const chat = chatOf(state, chatId);
  if (content.byBot) chat.drafts.delete(content.threadId);
  const message: StoredMessage = {
    linksPlain: false,
    entities: [],
    replyMarkup: null,
    photo: null,
    voice: null,
    albumId: null,
    silent: false,
    rich: false,
    ...content,
    chatId,
    messageId: chat.nextMessageId++,
    sequence: state.messageCount++,
    atMs: systemClock.now(),
    editCount: 0,
    deleted: false,
    reaction: [],
  };
  chat.messages.push(message);
  state.events.notify();
  return message;
}

/** A message that still stands, or undefined. */
export function findMessage(
  state: State,
  chatId: number,
  messageId: number,
): StoredMessage | undefined {
  return chatOf(state, chatId).messages.find(
    (message) => message.messageId === messageId && !message.deleted,
  );
}
