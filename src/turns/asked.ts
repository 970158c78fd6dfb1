import { eq } from 'drizzle-orm';
import { attachments } from '../../drizzle/schema.ts';
import type { Channel } from '../core/channel.ts';
import type { Conversation } from '../core/conversation.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { Speech } from '../core/speech.ts';
import type { ClaimedTurn } from '../inbox/claim.ts';
import type { MessageStore, StoredMessage } from '../inbox/messages.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import {
  prepare,
  type AttachmentRow,
  type PreparedFile,
  type PrepareParts,
} from './attachments.ts';
import type { PromptMessage } from './prompt.ts';
import type { TurnRecords } from './records.ts';

/** What a turn is to answer. */
export interface Asked {
  readonly messages: readonly PromptMessage[];
  /** Whether the last of them was spoken, and is to be answered so. */
  readonly isSpoken: boolean;
  /** What could not be used, a sentence of Markdown each, for the person. */
  readonly unusable: readonly string[];
  /** Whether there is nothing left that could be answered. */
  readonly isHopeless: boolean;
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
    ...how,
  };
  const read: ReadMessage[] = [];
  let index = 0;
  for (const message of parts.records.asked(turn.turnId)) {
    const rows = parts.messages.attachments(message.id);
    const said: string[] = [];
    const files: PreparedFile[] = [];
    const unusable: string[] = [];
    let ownUnusableCount = 0;
    for (const row of rows) {
      index += 1;
      const prepared = await prepare(row, index, preparing);
      if (prepared.kind === 'file') files.push(prepared.file);
      else if (prepared.kind === 'unusable') {
        if (!unusable.includes(prepared.sentence)) unusable.push(prepared.sentence);
        if (!row.isQuoted) ownUnusableCount += 1;
      } else {
        said.push(prepared.transcript);
        if (prepared.isNew) keepTranscript(row, message, prepared.transcript, turn, place, parts);
      }
    }
    const ownCount = rows.filter(({ isQuoted }) => !isQuoted).length;
    read.push({
      isHopeless: ownCount > 0 && ownCount === ownUnusableCount,
      prompt: {
        author: message.author,
        text: rows.length === 0 ? message.text : parts.records.message(message.id).text,
        quote: message.quote,
        forwardedFrom: message.forwardedFrom,
        formerText: message.formerText,
        isSpoken: said.length > 0,
        files,
        unusable,
      },
    });
  }
  return {
    messages: read.map(({ prompt }) => prompt),
    isSpoken: read.at(-1)?.prompt.isSpoken ?? false,
    unusable: [...new Set(read.flatMap(({ prompt }) => prompt.unusable))],
    isHopeless: read.every(({ isHopeless }) => isHopeless),
  };
}

interface ReadMessage {
  readonly prompt: PromptMessage;
  readonly isHopeless: boolean;
}

function keepTranscript(
  row: AttachmentRow,
  message: StoredMessage,
  transcript: string,
  turn: ClaimedTurn,
  { conversation }: { readonly conversation: Conversation },
  parts: AskedParts,
): void {
  parts.database.transaction(() => {
    parts.database.orm
      .update(attachments)
      .set({ transcript })
      .where(eq(attachments.id, row.id))
      .run();
    const text = [parts.records.message(message.id).text, transcript].filter((part) => part !== '');
    parts.messages.change(message.id, text.join('\n'));
    parts.outbox.say(
      conversation,
      {
        markdown: transcript
          .split('\n')
          .map((line, number) => `> ${number === 0 ? '🎙 ' : ''}${escapeMarkdown(line)}`)
          .join('\n'),
        replyTo: row.platformMessageId,
        buttons: [],
      },
      turn.turnId,
    );
  });
  parts.said();
}
