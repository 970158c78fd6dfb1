import type { SendOutcome } from '../../core/channel.ts';
import type { Clock } from '../../core/clock.ts';
import { ClaudioError } from '../../core/error.ts';
import { enter, enterTold, owed, readBook, type Book } from './book.ts';
import { alertMessage } from './message.ts';
import type { Notes } from './notes.ts';
import type { Observation } from './observation.ts';

const NOTE = '.health_check.json';
/** What nobody can remember is told once in a while by the clock: about as long as between two runs. */
const UNKEPT_MS = { every: 30 * 60_000, within: 5 * 60_000 };

/**
 * Tells the owner what is to be told of what was found, in one message, and keeps what was told. What the
 * chat did not take is told the next time. Where nothing can be kept, it tells twice an hour.
 *
 * @param parts.tell `null` where the settings do not say which chat it is.
 * @param parts.complain Gets a sentence for whoever reads the output.
 * @returns What was found on the way: how the home takes notes.
 */
export async function tellOwner(parts: {
  readonly found: readonly Observation[];
  readonly notes: Notes;
  readonly clock: Clock;
  readonly tell: ((markdown: string) => Promise<SendOutcome>) | null;
  readonly complain: (sentence: string) => void;
}): Promise<readonly Observation[]> {
  const { notes, clock, tell, complain } = parts;
  const nowMs = clock.now();
  const keep = (book: Book): boolean => {
    try {
      notes.write(NOTE, `${JSON.stringify(book)}\n`);
      return true;
    } catch (error) {
      if (!(error instanceof ClaudioError)) throw error;
      complain(`${error.message} ${error.hint}`);
      return false;
    }
  };

  const found = enter(readBook(notes.read(NOTE)), parts.found, nowMs);
  // Kept before anything is told: that shows whether the home takes it.
  const isKept = keep(found);
  const home = homeFound(notes.fault());
  if (home.state === 'failed') complain(`The home folder ${home.text}.`);
  // Else the same would be new to every run.
  if (!isKept && nowMs % UNKEPT_MS.every >= UNKEPT_MS.within) return [home];
  const book = enter(found, [home], nowMs);
  const what = owed(book, nowMs);
  const message = alertMessage(what, nowMs);
  if (message === null) {
    keep(enterTold(book, what, true, nowMs));
    return [home];
  }
  const outcome: SendOutcome = (await tell?.(message)) ?? {
    kind: 'unreachable',
    reason: 'the settings do not say which bot and which chat',
  };
  if (outcome.kind !== 'sent') {
    const reason = 'reason' in outcome ? outcome.reason : 'Telegram asks to wait';
    complain(`The chat could not be told: ${reason}. It is tried again the next time.`);
  }
  keep(enterTold(book, what, outcome.kind === 'sent', nowMs));
  return [home];
}

function homeFound(fault: string | null): Observation {
  const about = { name: 'home', subject: 'The home folder' };
  if (fault === null) return { ...about, state: 'ok', text: 'can be written' };
  return {
    ...about,
    state: 'failed',
    text: `cannot be written: ${fault}`,
    remedy: 'Free some space there, and see that its disk is mounted for writing.',
  };
}
