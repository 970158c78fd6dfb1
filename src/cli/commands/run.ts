import { InvalidArgumentError } from 'commander';
import type { CliContext, CommonOptions } from '../context.ts';

/** Runs a command that was loaded only now, with what `runCommand` makes of its errors. */
export type Run = (
  options: CommonOptions,
  work: (context: CliContext) => Promise<number>,
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
