import type { Conversation } from './conversation.ts';

/** A button. `data` is `<verb>:<argument>`, at most 64 bytes of UTF-8. */
export interface Button {
  readonly label: string;
  readonly data: string;
}

/** A file on this machine that is to go out. It is removed when its delivery has ended. */
export interface OutgoingFile {
  /** Absolute. */
  readonly path: string;
  /** What it is called at the other end. */
  readonly name: string;
  /** `voice`: a recording to be played in the chat, MP3, M4A or Ogg Opus. */
  readonly kind: 'photo' | 'file' | 'voice';
  /** Files that come to more than a platform takes at once travel apart; 0 where it is not known. */
  readonly sizeBytes?: number;
  /** Markdown, of a voice: the words that are spoken, which are sent where the recording cannot be. */
  readonly instead?: string;
}

/** Something to say, before a channel has given it its form. */
export interface Reply {
  /** May be blank where there are files: it goes with them as their caption. */
  readonly markdown: string;
  /** In the order in which they are to be seen. */
  readonly files?: readonly OutgoingFile[];
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
 * wait in the database for as long as it takes. Its `files` are known to all: whoever ends the delivery
 * removes them.
 */
export type Part = Readonly<Record<string, unknown>> & {
  readonly files?: readonly { readonly path: string }[];
};

/** What became of an attempt to send a part. Only the outbox decides what to try again. */
export type SendOutcome =
  | {
      readonly kind: 'sent';
      readonly messageId: string | null;
      /** What of the part is still to be sent, in its place. */
      readonly rest?: Part;
    }
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number }
  /** The chat has another id from now on; nothing was sent. */
  | { readonly kind: 'moved'; readonly movedTo: string }
  /** The platform will never take it: blocked, gone, malformed. `instead` is to be sent in its place. */
  | { readonly kind: 'rejected'; readonly reason: string; readonly instead?: Part }
  /**
   * A network fault or a 5xx: the same call may well work later. With `instead` the platform was there
   * all the same: where that goes on, the fault lies in the part, and this is to be sent in its place.
   */
  | { readonly kind: 'unreachable'; readonly reason: string; readonly instead?: Part };

/** What became of an attempt to get a file that a person sent. */
export type FetchOutcome =
  | { readonly kind: 'fetched'; readonly content: Uint8Array }
  | { readonly kind: 'too-large'; readonly maxBytes: number }
  /** The platform no longer has it, or will not give it. */
  | { readonly kind: 'gone'; readonly reason: string }
  /** The same call may well work later. */
  | { readonly kind: 'unreachable'; readonly reason: string };

/** The port to a chat platform. */
export interface Channel {
  readonly name: string;
  /** Gives a reply its form. Pure; always at least one part. */
  render(reply: Reply): readonly Part[];
  /** Gives an edit its form. Pure. */
  renderEdit(edit: Edit): Part;
  /**
   * Takes one of our own messages away, or its buttons where the platform leaves it no more than that.
   * That it is gone already is as good. Pure.
   */
  renderRemoval(messageId: string): Part;
  /**
   * A part as it is to go to a chat that got another id: there the ids of earlier messages mean others, or
   * none. `null` where it is about such a message. Pure.
   */
  uproot(part: Part): Part | null;
  /**
   * Gets a file that a person sent, all of it in memory: at most 20 MB. Makes one attempt and never
   * throws for what a platform does.
   */
  fetch(fileId: string, signal: AbortSignal): Promise<FetchOutcome>;
  /**
   * Makes one attempt. Resolves within half a minute, or five minutes where the part carries files, and
   * never throws for what a platform does.
   */
  send(conversation: Conversation, part: Part): Promise<SendOutcome>;
  /** Signs of life. They may be dropped, they never delay a reply, and they never throw. */
  readonly signs: Signs;
}

/**
 * Cosmetic calls, on a budget apart from that of replies: where one of them meets the limit of a chat,
 * all of them keep still there, and replies go on.
 */
export interface Signs {
  /** Shows that a message was taken on. Returns at once. */
  seen(conversation: Conversation, messageId: string): void;
  /** Shows that an answer is being worked on until the returned function is called. */
  working(conversation: Conversation): () => void;
  /** Ends the waiting sign of a pressed button, with a short word. Returns at once. */
  pressed(pressId: string, text: string): void;
  /**
   * Shows a passing message, without a sound, or changes the one with `messageId`. One attempt, ended by
   * `signal` at the latest; resolves with when to come back where it was not to be.
   */
  show(conversation: Conversation, notice: Notice, signal: AbortSignal): Promise<ShowOutcome>;
  /**
   * Shows an answer in the making that vanishes by itself, where the platform can do that. `draftId` is
   * a whole number above 0, the same for one answer. Returns at once.
   */
  draft(conversation: Conversation, draftId: number, markdown: string): void;
}

/** A passing message, cut where it does not fit one message of the platform. */
export interface Notice {
  /** The platform's id of the message to change; `null`: a new one. */
  readonly messageId: string | null;
  readonly markdown: string;
  readonly buttons: readonly (readonly Button[])[];
}

/** What became of a {@link Notice}. */
export type ShowOutcome =
  | { readonly kind: 'shown'; readonly messageId: string }
  /** Too much was shown already, by our own measure or the platform's. */
  | { readonly kind: 'wait'; readonly retryAfterMs: number }
  /** Not to be had: the message is gone, the network is away, the time was over. */
  | { readonly kind: 'failed' };
