import { setTimeout } from 'node:timers/promises';
import type { Channel } from '../core/channel.ts';
import type { Conversation } from '../core/conversation.ts';
import { beginning, escapeMarkdown } from '../core/format.ts';
import type { Quote } from '../core/inbound.ts';
import type { Speech } from '../core/speech.ts';
import type { ClaimedTurn } from '../inbox/claim.ts';
import type { MessageStore, StoredMessage } from '../inbox/messages.ts';
import type { Outbox } from '../outbox/append.ts';
import { isDatabaseFault, type Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import {
  DOWNLOADS_WITHIN_MS,
  prepare,
  type AttachmentRow,
  type Prepared,
  type PrepareParts,
} from './attachments.ts';
import type { PromptMessage } from './prompt.ts';
import type { TurnRecords } from './records.ts';

/** How often a transcript is offered to a database that refuses it. */
const COMMIT_RETRY_MS = 2000;
const SHOWN_TRANSCRIPT_LENGTH = 1000;

/** What a turn is to answer. */
export interface Asked {
  readonly messages: readonly PromptMessage[];
  /** Whether the last of them was spoken, and is to be answered so. */
  readonly isSpoken: boolean;
  /** What could not be used, a sentence of Markdown each, for the person. */
  readonly unusable: readonly string[];
  /** Whether there is nothing left that could be answered. */
  readonly isHopeless: boolean;
  /** Whether that may be different another time. */
  readonly mayWorkLater: boolean;
}

/** What it takes to find out what a turn is to answer. */
export interface AskedParts {
  readonly database: Database;
  readonly messages: MessageStore;
  readonly records: TurnRecords;
  readonly outbox: Outbox;
  readonly speech: Speech | null;
  /** Called when something was put into the outbox. */
  readonly said: () => void;
}

/**
 * Reads the messages that a turn is to answer, its own and those that were joined to it, and gets ready
 * what is attached to them. What was said in a recording is recorded, and shown to the person, at once.
 *
 * @throws what the file system and the database throw, and the signal's reason.
 */
export async function readAsked(
  turn: ClaimedTurn,
  place: {
    readonly conversation: Conversation;
    readonly channel: Channel;
    readonly folder: string;
  },
  parts: AskedParts,
  how: {
    readonly log: Logger;
    readonly tell: (words: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<Asked> {
  const { channel, folder } = place;
  const preparing: PrepareParts = {
    fetch: (fileId, signal) => channel.fetch(fileId, signal),
    speech: parts.speech,
    folder,
    deadline: AbortSignal.timeout(DOWNLOADS_WITHIN_MS),
    ...how,
  };
  const read: ReadMessage[] = [];
  let fileCount = 0;
  for (const message of parts.records.asked(turn.turnId)) {
    const rows = parts.messages.attachments(message.id);
    const prepared: PreparedRow[] = [];
    for (const row of rows) {
      fileCount += 1;
      const outcome = await prepare(row, fileCount, preparing);
      prepared.push({ row, outcome });
      if (outcome.kind === 'speech' && outcome.isNew) {
        const spoken = { row, transcript: outcome.transcript };
        await keepTranscript(spoken, turn, place.conversation, parts, how.signal);
      }
    }
    const current = parts.records.message(message.id);
    read.push(readMessage({ ...current, quote: wordsOf(current.quote, place, parts) }, prepared));
  }
  return {
    messages: read.map(({ prompt }) => prompt),
    isSpoken: read.at(-1)?.isSpokenAlone ?? false,
    unusable: [...new Set(read.flatMap(({ told }) => told))],
    isHopeless: read.every(({ isHopeless }) => isHopeless),
    mayWorkLater: read.some(({ mayWorkLater }) => mayWorkLater),
  };
}

/** A quote of what was spoken gets the words that were said. */
function wordsOf(
  quote: Quote | null,
  { conversation }: { readonly conversation: Conversation },
  { records }: AskedParts,
): Quote | null {
  if (quote?.wordlessMessageId === undefined) return quote;
  const text = records.saidIn(conversation, quote.wordlessMessageId);
  return text === null ? quote : { author: quote.author, text };
}

interface PreparedRow {
  readonly row: AttachmentRow;
  readonly outcome: Prepared;
}

interface ReadMessage {
  readonly prompt: PromptMessage;
  /** Spoken by the person, without a word in writing. A recording that was forwarded is material. */
  readonly isSpokenAlone: boolean;
  /** What the person is told could not be used. What is only quoted was not asked for. */
  readonly told: readonly string[];
  readonly isHopeless: boolean;
  readonly mayWorkLater: boolean;
}

function readMessage(message: StoredMessage, prepared: readonly PreparedRow[]): ReadMessage {
  const said = prepared.flatMap(({ outcome }) =>
    outcome.kind === 'speech' ? [outcome.transcript] : [],
  );
  const sentence = ({ outcome }: PreparedRow): string[] =>
    outcome.kind === 'unusable' ? [outcome.sentence] : [];
  const own = prepared.filter(({ row }) => !row.isQuoted);
  const told = own.flatMap(sentence);
  return {
    prompt: {
      author: message.author,
      text: message.text,
      instruction: message.instruction,
      quote: message.quote,
      forwardedFrom: message.forwardedFrom,
      formerText: message.formerText,
      isSpoken: said.length > 0,
      files: prepared.flatMap(({ outcome }) => (outcome.kind === 'file' ? [outcome.file] : [])),
      unusable: [...new Set(prepared.flatMap(sentence))],
    },
    isSpokenAlone:
      said.length > 0 && message.forwardedFrom === null && message.text === said.join('\n'),
    told,
    isHopeless: own.length > 0 && told.length === own.length,
    mayWorkLater: own.some(({ outcome }) => outcome.kind === 'unusable' && outcome.mayWorkLater),
  };
}

/** What was paid for is kept, also where the database refuses it for a while. */
async function keepTranscript(
  spoken: {
    readonly row: AttachmentRow;
    readonly transcript: string;
  },
  turn: ClaimedTurn,
  conversation: Conversation,
  parts: AskedParts,
  signal: AbortSignal,
): Promise<void> {
  const { row, transcript } = spoken;
  const keep = (): void => {
    parts.messages.addTranscript(row, transcript);
    parts.outbox.say(
      conversation,
      { markdown: quoted(transcript), replyTo: row.platformMessageId, buttons: [] },
      turn.turnId,
    );
  };
  for (;;) {
    try {
      parts.database.transaction(keep);
      parts.said();
      return;
    } catch (error) {
      if (!isDatabaseFault(error)) throw error;
      await setTimeout(COMMIT_RETRY_MS, undefined, { signal });
    }
  }
}

/** Enough to see a mishearing. */
function quoted(transcript: string): string {
  const shown =
    transcript.length <= SHOWN_TRANSCRIPT_LENGTH
      ? transcript
      : `${beginning(transcript, SHOWN_TRANSCRIPT_LENGTH)}…`;
  return shown
    .split('\n')
    .map((line, number) => `> ${number === 0 ? '🎙 ' : ''}${escapeMarkdown(line)}`)
    .join('\n');
}
