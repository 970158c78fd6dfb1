import type { Channel, OutgoingFile, Part, Reply, SendOutcome } from '../../src/core/channel.ts';
import type { Conversation } from '../../src/core/conversation.ts';

/** A message as a person sees it in the conversation. */
export interface VisibleMessage {
  readonly messageId: string;
  /** What it says, or what stands below its file. */
  readonly text: string;
  readonly file: {
    readonly kind: OutgoingFile['kind'];
    readonly name: string;
    readonly content: Buffer;
  } | null;
  /** The same for all that came as one album. */
  readonly albumId: string | null;
  readonly replyTo: string | null;
  /** The labels of the buttons below it. */
  readonly buttons: readonly string[];
}

/** A channel against a stand-in of its platform. */
export interface ChannelSetup {
  readonly channel: Channel;
  /** One in which the channel may write. */
  readonly conversation: Conversation;
  /** A person writes there; gives the platform's id of the message. */
  writes(text: string): string;
  /** Puts a file on the disk; gives its path. */
  keep(content: Buffer): string;
  /** Moves the channel's clock on. */
  passes(durationMs: number): void;
  /** What Claudio's messages look like now, in order. */
  visible(): readonly VisibleMessage[];
  /** Lets the platform answer the next call in this way. */
  failNext(how: 'rate-limited' | 'rejected' | 'unreachable'): void;
  /** Resolves when the platform has seen that something was taken on, being worked on. */
  signsSeen(): Promise<unknown>;
  close(): Promise<void>;
}

/** A reply that is nothing but its text, and what else is given. */
export function reply(markdown: string, rest: Partial<Reply> = {}): Reply {
  return { markdown, replyTo: null, buttons: [], ...rest };
}

/** What a part is after it has waited in the database. */
export function stored(part: Part): Part {
  return JSON.parse(JSON.stringify(part)) as Part;
}

/** Sends parts as the outbox does, one after the other. */
export async function sendAll(place: ChannelSetup, parts: readonly Part[]): Promise<SendOutcome[]> {
  const outcomes: SendOutcome[] = [];
  for (const part of parts) {
    outcomes.push(await place.channel.send(place.conversation, stored(part)));
  }
  return outcomes;
}
