import { setTimeout } from 'node:timers/promises';

/** A look at a few rows by their ids takes microseconds. */
const LOOK_EVERY_MS = 200;

/**
 * Looks until there is something to be seen. Takes a first look at once.
 *
 * @param look Gives `null` while there is nothing.
 * @returns What was seen; `null` where the signal came first.
 * @throws what `look` throws.
 */
export async function seen<T>(
  look: () => T | null | Promise<T | null>,
  { signal }: { readonly signal: AbortSignal },
): Promise<T | null> {
  for (;;) {
    const found = await look();
    if (found !== null || signal.aborted) return found;
    await setTimeout(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
