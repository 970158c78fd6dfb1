import type { Conversation } from './conversation.ts';

/** A button. `data` is `<verb>:<argument>`, at most 64 bytes of UTF-8. */
export interface Button {
  readonly label: string;
  readonly data: string;
}

/** Something to say, before a channel has given it its form. */
export interface Reply {
  readonly markdown: string;
  /** The platform's id of the message that this answers, or `null`. */
  readonly replyTo: string | null;
  /** Rows of buttons below the last part. */
  readonly buttons: readonly (readonly Button[])[];
}

/** A message of ours that is to stand as `reply` says from now on. */
export interface Edit {
  readonly messageId: string;
  readonly markdown: string;
  readonly buttons: readonly (readonly Button[])[];
}

/**
 * One part of a reply, in its channel's own form: JSON that only that channel reads, so that it can
 * wait in the database for as long as it takes.
 */
export type Part = Readonly<Record<string, unknown>>;

/** What became of an attempt to send a part. Only the outbox decides what to try again. */
export type SendOutcome =
  | { readonly kind: 'sent'; readonly messageId: string | null }
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number }
  /** The platform will never take it: blocked, gone, malformed. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** A network fault or a 5xx: the same call may well work later. */
  | { readonly kind: 'unreachable'; readonly reason: string };

/** The port to a chat platform, as far as replies go. */
export interface Channel {
  readonly name: string;
  /** Gives a reply its form. Pure; always at least one part. */
  render(reply: Reply): readonly Part[];
  /** Gives an edit its form. Pure. */
  renderEdit(edit: Edit): Part;
  /** Makes one attempt. Resolves within half a minute and never throws for what a platform does. */
  send(conversation: Conversation, part: Part): Promise<SendOutcome>;
  /** Signs of life. They may be dropped, they never delay a reply, and they never throw. */
  readonly signs: Signs;
}

/** Cosmetic calls, on a budget apart from that of replies. */
export interface Signs {
  /** Shows that a message was taken on. Returns at once. */
  seen(conversation: Conversation, messageId: string): void;
  /** Shows that an answer is being worked on until the returned function is called. */
  working(conversation: Conversation): () => void;
  /** Ends the waiting sign of a pressed button, with a short word. Returns at once. */
  pressed(pressId: string, text: string): void;
}
