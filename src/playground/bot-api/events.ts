// Taken when the module loads: a test that owns the clock must not own the stand-in's.
const startTimer = globalThis.setTimeout;
const stopTimer = globalThis.clearTimeout;

/** Below the limit of a test, so that what was waited for is told. */
const DEFAULT_LIMIT_MS = 60_000;

/** Tells who waits that something happened, so that nobody has to look again and again. */
export interface Events {
  /** Something changed. */
  notify(): void;
  /**
   * Resolves with what `look` finds, now or after a later change; rejects after `limitMs` (60 seconds
   * unless given) with what was waited for and with what there was instead.
   */
  until<T>(wanted: string, look: () => T | null | undefined, limitMs?: number): Promise<T>;
  /** Calls `changed` after each change, until what it returns is called. */
  subscribe(changed: () => void): () => void;
}

export function createEvents(situation: () => string): Events {
  const waiting = new Set<() => void>();
  return {
    notify() {
      for (const look of waiting) look();
    },
    until(wanted, look, limitMs = DEFAULT_LIMIT_MS) {
      return new Promise((resolve, reject) => {
        const end = (): void => {
          stopTimer(timer);
          waiting.delete(attempt);
        };
        const timer = startTimer(() => {
          end();
          reject(new Error(`waited ${limitMs} ms for ${wanted}. ${situation()}`));
        }, limitMs);
        const attempt = (): void => {
          try {
            const found = look();
            if (found === null || found === undefined) return;
            end();
            resolve(found);
          } catch (thrown) {
            end();
            reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
          }
        };
        waiting.add(attempt);
        attempt();
      });
    },
    subscribe(changed) {
      const tell = (): void => changed();
      waiting.add(tell);
      return () => void waiting.delete(tell);
    },
  };
}

/** Resolves after a while, or as soon as `signal` aborts. */
export function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      stopTimer(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = startTimer(end, durationMs);
    signal.addEventListener('abort', end);
  });
}
