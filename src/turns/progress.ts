import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';

/**
 * What a turn tells on its way into the database. The turn is worth more than its notes: one that the
 * database refuses for the moment is kept, in order, and goes in with the next.
 */
export interface Progress {
  /** Runs `write` now, or keeps it. Never throws. */
  note(write: () => void): void;
  /** Keeps `write` for the next commit of the turn: what nobody looks for before that. */
  keep(write: () => void): void;
  /**
   * Runs what was kept. To be called in the transaction that ends the turn.
   *
   * @throws what the database throws; everything is still kept then.
   */
  settle(): void;
}

export function createProgress(database: Database, log: Logger): Progress {
  let kept: (() => void)[] = [];
  const settle = () => {
    for (const write of kept) write();
  };
  return {
    note: (write) => {
      kept.push(write);
      try {
        database.transaction(settle);
        kept = [];
      } catch (error) {
        log.warn({ err: error, keptCount: kept.length }, 'turn.progress-not-recorded');
      }
    },
    keep: (write) => {
      kept.push(write);
    },
    settle,
  };
}
