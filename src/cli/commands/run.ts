import { InvalidArgumentError } from 'commander';
import type { CliContext, CommonOptions, RunsIn } from '../context.ts';

/**
 * Runs a command that was loaded only now, with what `runCommand` makes of its errors.
 *
 * @param runsIn `no-turn` for what Claude may not do by itself, whoever asks it to.
 */
export type Run = (
  options: CommonOptions,
  work: (context: CliContext) => Promise<number>,
  runsIn?: RunsIn,
) => Promise<void>;

/** A count on the command line. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/u.test(text) || Number(text) < 1) {
    throw new InvalidArgumentError('It must be a whole number above 0.');
  }
  return Number(text);
}

/** The id of a chat on the command line; those of groups are negative. */
export function chatId(text: string): string {
  if (!/^-?\d{1,19}$/u.test(text)) {
    throw new InvalidArgumentError('It must be a whole number, such as 123456789.');
  }
  return text;
}
