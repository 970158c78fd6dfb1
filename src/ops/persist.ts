import { setTimeout } from 'node:timers/promises';

/** A step that is tried until it succeeds. */
export interface Persistent {
  /** Tries again now, unless a try is under way. Returns at once. */
  kick(): void;
  /** Resolves when it has succeeded, or was closed. */
  done(): Promise<void>;
  close(): void;
}

/**
 * Tries `step` until it returns true, with a pause between the tries. Begins at once.
 *
 * @param step Never throws; logs by itself why it did not succeed.
 */
export function persist(step: () => Promise<boolean>, pauseMs: number): Persistent {
  const closing = new AbortController();
  const tryUntilDone = async (): Promise<void> => {
    while (!closing.signal.aborted && !(await step())) {
      await setTimeout(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  let underWay: Promise<void> | null = null;
  const kick = () => {
    underWay ??= tryUntilDone().finally(() => {
      underWay = null;
    });
  };
  kick();
  return {
    kick,
    done: async () => {
      await underWay;
    },
    close: () => closing.abort(),
  };
}
