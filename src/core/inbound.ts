import type { Conversation } from './conversation.ts';

/** Who sent something. `id` is the platform's, as text. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/**
 * What an attachment is to Claudio. `image`: to be looked at; `speech`: a recording of somebody who
 * speaks, to be written down; `file`: anything else.
 */
export const ATTACHMENT_KINDS = ['image', 'file', 'speech'] as const;

/** Something that came with a message. All but the first two are the sender's word, and may be wrong. */
export interface Attachment {
  readonly kind: (typeof ATTACHMENT_KINDS)[number];
  /** By which its channel finds it: see {@link Channel.fetch}. */
  readonly fileId: string;
  readonly name: string | null;
  readonly mimeType: string | null;
  readonly sizeBytes: number | null;
  /** Of a recording. */
  readonly durationMs: number | null;
  /** Whether it came with the message that this one replies to. */
  readonly isQuoted: boolean;
}

/** What a message replies to: the part that was quoted, else all of it. */
export interface Quote {
  /** `null` where the platform does not tell. */
  readonly author: string | null;
  readonly text: string;
  /**
   * Set where the platform has no words of it, and `text` only says what it is: the platform's id of the
   * message, by which what was said in it may be found here.
   */
  readonly wordlessMessageId?: string;
  /** Whether the bot said it. */
  readonly isOwn?: boolean;
}

/** The words that a quote brings to Claude which are not its own. */
export function quotedWords(quote: Quote | null): string {
  return quote === null || quote.isOwn === true ? '' : quote.text;
}

/** Whom what is said in a chat is for. */
interface Spoken {
  /** Whether the chat is one with the sender alone. */
  readonly isPrivate: boolean;
  /** Whether it is for the bot: said in private, to its name, in reply to it, or as a command. */
  readonly isAddressed: boolean;
}

/** A message of a person, normalised by its channel. */
export interface InboundMessage extends Spoken {
  readonly kind: 'message';
  readonly updateId: number;
  readonly conversation: Conversation;
  readonly sender: Person;
  /** The platform's id of the message: answers reply to it. */
  readonly messageId: string;
  /**
   * The text, or the caption of what is attached; blank where there is none. What is neither text nor a
   * file, such as a location, stands here in words.
   */
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** Shared by the messages that a person sent as one album; `null` for a message on its own. */
  readonly albumId: string | null;
  readonly quote: Quote | null;
  /** Who said it first, where it was forwarded. */
  readonly forwardedFrom: string | null;
  /** Set when the text is a command meant for this bot; the name is lower case and has no slash. */
  readonly command: { readonly name: string; readonly args: string } | null;
}

/** A press on a button under one of Claudio's own messages. */
export interface InboundPress {
  readonly kind: 'press';
  readonly updateId: number;
  readonly conversation: Conversation;
  readonly sender: Person;
  /** The platform's id of the message that carries the button, and its text as it stands. */
  readonly messageId: string;
  readonly messageText: string;
  /** What the button carries: see {@link Button}. */
  readonly data: string;
  /** What the platform wants back to end the button's waiting sign. */
  readonly pressId: string;
}

/** A person changed the text, or the caption, of an earlier message. */
export interface InboundEdit {
  readonly kind: 'edit';
  readonly updateId: number;
  readonly conversation: Conversation;
  readonly sender: Person;
  /** The platform's id of the message that was changed. */
  readonly messageId: string;
  /** As it stands now. */
  readonly text: string;
}

/** A person's reactions to a message, all that stand now: empty when the last one was taken back. */
export interface InboundReaction {
  readonly kind: 'reaction';
  readonly updateId: number;
  /** Of the chat as a whole: the platform does not tell the thread. */
  readonly conversation: Conversation;
  readonly sender: Person;
  readonly messageId: string;
  readonly emoji: readonly string[];
}

/** A message of a kind that Claudio cannot read; the person is told so. */
export interface InboundUnreadable extends Spoken {
  readonly kind: 'unreadable';
  readonly updateId: number;
  readonly conversation: Conversation;
  readonly sender: Person;
  readonly messageId: string;
  /** The kind in words, with its article: `a photo`. */
  readonly what: string;
}

/** A chat has got another id at its platform: a group became a supergroup. */
export interface InboundMove {
  readonly kind: 'move';
  readonly updateId: number;
  /** Of the chat as a whole, with the id that it had. */
  readonly conversation: Conversation;
  /** The chat's id from now on. */
  readonly movedTo: string;
}

/** An update with nothing in it for Claudio. */
export interface InboundIgnored {
  readonly kind: 'ignored';
  readonly updateId: number;
  /** For a line in the log: `edited_message`, `a command for another bot`. */
  readonly reason: string;
  /** Whether the owner ought to see that line. */
  readonly isNotable: boolean;
}

/** What a platform delivered, after its adapter has normalised it. */
export type Inbound =
  | InboundMessage
  | InboundEdit
  | InboundReaction
  | InboundPress
  | InboundUnreadable
  | InboundMove
  | InboundIgnored;

/** What somebody said or did. */
export type InboundAct = Exclude<Inbound, { kind: 'move' | 'ignored' }>;
