interface Wait {
  readonly id: number;
  readonly signal: AbortSignal;
  readonly look: () => void;
}

/** Those in this process who wait for a row to be decided. What is decided stands in the row alone. */
export interface Waits {
  /**
   * Resolves with the first thing that `look` finds, which is asked at once, at each `wake`, and when
   * `signal` aborts; rejects with what it throws.
   */
  until<T>(id: number, signal: AbortSignal, look: () => { readonly found: T } | null): Promise<T>;
  /** Whether somebody waits for the row with this id, and has not given up. */
  isWaitedFor(id: number): boolean;
  /** Whether anybody waits for anything. */
  isAnybodyThere(): boolean;
  /** Has all look again. */
  wake(): void;
}

export function createWaits(): Waits {
  const waiting = new Set<Wait>();
  return {
    until: (id, signal, look) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void) => {
          waiting.delete(wait);
          signal.removeEventListener('abort', wait.look);
          settle();
        };
        const wait: Wait = {
          id,
          signal,
          look: () => {
            try {
              const seen = look();
              if (seen !== null) end(() => resolve(seen.found));
            } catch (error) {
              end(() => reject(error));
            }
          },
        };
        waiting.add(wait);
        signal.addEventListener('abort', wait.look);
        wait.look();
      }),
    isWaitedFor: (id) => [...waiting].some((wait) => wait.id === id && !wait.signal.aborted),
    isAnybodyThere: () => waiting.size > 0,
    wake: () => {
      for (const { look } of waiting) look();
    },
  };
}
