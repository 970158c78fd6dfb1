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
