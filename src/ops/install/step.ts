import { ClaudioError } from '../../core/error.ts';
import type { Finding } from '../../core/finding.ts';

/** What became of one thing that is to be set up, or taken away. Texts have no full stop. */
export type StepResult =
  /** `already`: there was nothing to do. */
  | {
      readonly kind: 'done' | 'already';
      readonly text: string;
      /** What should be seen beside it. */
      readonly findings?: readonly Finding[];
    }
  /** `left-out`: it is not wanted, or not yet. */
  | { readonly kind: 'left-out' | 'failed'; readonly text: string; readonly remedy: string };

/**
 * Does one step. What goes wrong in it is its result, so that the others can still be done.
 *
 * @throws ClaudioError `cli.cancelled`; what is no ClaudioError.
 */
export async function runStep(work: () => StepResult | Promise<StepResult>): Promise<StepResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ClaudioError) || error.code === 'cli.cancelled') throw error;
    return { kind: 'failed', text: error.message.replace(/\.$/u, ''), remedy: error.hint };
  }
}
