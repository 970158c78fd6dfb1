import type { SendOutcome } from '../../core/channel.ts';
import { beginning } from '../../core/format.ts';
import type { CallOutcome } from './client.ts';
import { FORBIDDEN, sendOutcomeOf } from './outcome.ts';
import type { DocumentPart, FilesPart, SayingPart, SeriesPart } from './part.ts';

/** Together with a caption this is less than a message holds. */
const MAX_NAMES_LENGTH = 2_000;
const MAX_FAULT_LENGTH = 500;

/** What the person reads in the place of a file: `fault` is a clause. */
function sentenceOf(part: FilesPart | DocumentPart, fault: string): SayingPart {
  const names = part.kind === 'files' ? part.files.map(({ name }) => name) : [part.fileName];
  const listed = beginning(names.join(', '), MAX_NAMES_LENGTH);
  const sentence = `⚠️ I could not send ${listed}: ${beginning(fault, MAX_FAULT_LENGTH)}.`;
  const caption = part.kind === 'files' ? part.text : '';
  return {
    kind: 'text',
    text: caption === '' ? sentence : `${caption}\n\n${sentence}`,
    entities: part.kind === 'files' ? part.entities : [],
    replyTo: part.replyTo,
    buttons: part.buttons,
  };
}

/**
 * What is sent in the place of files that cannot be sent: the words of a recording, else a sentence that
 * names the files and what is wrong. What stood below them is not lost with them.
 */
export function inPlaceOf(part: FilesPart | DocumentPart, fault: string): SeriesPart {
  if (part.kind === 'document' || part.instead === undefined) {
    return { kind: 'series', parts: [sentenceOf(part, fault)] };
  }
  const { text, entities, instead } = part;
  const caption: SayingPart[] =
    text === '' ? [] : [{ kind: 'text', text, entities, replyTo: null, buttons: [] }];
  return { kind: 'series', parts: [...caption, ...instead] };
}

/** What a call that sends files comes to, for the outbox. */
export function filesOutcomeOf(
  outcome: CallOutcome<string | null>,
  part: FilesPart | DocumentPart,
): SendOutcome {
  const ended = sendOutcomeOf(outcome);
  // Where the bot may not write at all, words would be refused as well.
  const isForbidden = outcome.kind === 'rejected' && FORBIDDEN.has(outcome.status);
  if (ended.kind !== 'rejected' || isForbidden) return ended;
  return { ...ended, instead: inPlaceOf(part, `Telegram does not take it (${ended.reason})`) };
}
