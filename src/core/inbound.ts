import type { Conversation } from './conversation.ts';

/** Who sent something. `id` is the platform's, as text. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** A message of a person, normalised by its channel. */
export interface InboundMessage {
  readonly kind: 'message';
  readonly updateId: number;
  readonly conversation: Conversation;
  readonly sender: Person;
  /** The platform's id of the message: answers reply to it. */
  readonly messageId: string;
  readonly text: string;
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

/** A message of a kind that Claudio cannot read yet; the person is told so. */
export interface InboundUnreadable {
  readonly kind: 'unreadable';
  readonly updateId: number;
  readonly conversation: Conversation;
  readonly sender: Person;
  readonly messageId: string;
  /** The kind in words, with its article: `a photo`. */
  readonly what: string;
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
export type Inbound = InboundMessage | InboundPress | InboundUnreadable | InboundIgnored;
