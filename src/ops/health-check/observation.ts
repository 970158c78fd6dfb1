import type { Finding } from '../../core/finding.ts';

/**
 * What a look came to. Those that failed are told in the chat, and so is their end; one that is `off`
 * is no question any more, and one that was not made leaves everything as it was.
 */
export interface Observation extends Finding {
  /** What it is about, as a sentence about it begins: `The tunnel`. */
  readonly subject: string;
  /** What is told, unless it is `text`: a sentence about the subject goes on so, without a full stop. */
  readonly said?: string;
  /** When it began, where that is known better than by when it was first seen. */
  readonly sinceMs?: number;
  /** It is told only when it has stood for so long. */
  readonly patienceMs?: number;
  /** It is not to be told yet: something is being done about it. */
  readonly isPending?: true;
  /** It is told once and not again before it has ended. */
  readonly isToldOnce?: true;
  /** What is told once may be told once more: the person has begun from the start. */
  readonly isReset?: true;
}

/** What went wrong with a look at something is told where the person looks, and not in the chat. */
export function notLooked(name: string, subject: string, reason: string): Observation {
  return { name, subject, state: 'warning', text: `could not be looked at: ${reason}` };
}
