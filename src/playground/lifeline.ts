import type { Environment } from '../platform/configuration/load.ts';

/**
 * Where it is `1`, as a playground alone sets it, the service ends with whoever holds the other end of its
 * standard input. Any other service does not mind what becomes of that.
 */
export const LIFELINE_VARIABLE = 'CLAUDIO_ENDS_WITH_STDIN';

/** Resolves when whoever this service belongs to is gone, in whatever way; where it belongs to nobody, never. */
export function lifelineCut(environment: Environment): Promise<'cut'> {
  return new Promise((resolve) => {
    if (environment[LIFELINE_VARIABLE] !== '1') return;
    const onCut = (): void => resolve('cut');
    process.stdin.once('end', onCut).once('close', onCut).once('error', onCut).resume();
  });
}
