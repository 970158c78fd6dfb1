import type { Logger } from '../platform/log.ts';
import type { Restarts } from '../turns/restarts.ts';

/** Watches for a restart that Claude asked for. */
export interface RestartWatch {
  readonly restarts: Restarts;
  /** Resolves once, when it is time. */
  readonly wanted: Promise<void>;
  /** Looks whether it is time. Never throws; cheap when nothing was asked for. */
  look(): void;
  /** This start is all that an earlier wish can have meant. To be called before any turn runs. */
  settle(): void;
}

export function createRestartWatch(restarts: Restarts, log: Logger): RestartWatch {
  const wanted = Promise.withResolvers<void>();
  return {
    restarts,
    wanted: wanted.promise,
    look: () => {
      try {
        const due = restarts.due();
        if (due === null || !restarts.begin(due.turnId)) return;
        log.info({ turn: due.turnId }, 'restart.begun');
        wanted.resolve();
      } catch (error) {
        log.error({ err: error }, 'restart.unknown');
      }
    },
    settle: () => restarts.settle(),
  };
}
