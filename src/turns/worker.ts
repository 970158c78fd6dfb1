import { setTimeout as pause } from 'node:timers/promises';
import type { Queue } from '../inbox/queue.ts';
import type { TurnParts } from './parts.ts';
import { runTurn } from './turn.ts';

/** How long to wait before the queue is looked at again after the database refused it. */
const RETRY_MS = 5000;
/** A clock may have been set back: a turn that waits for its time is looked for anew after this. */
const LONGEST_WAIT_MS = 2000;

/** Runs the turns of all conversations, a limited number at once. */
export interface Worker {
  /** Starts what may run and stops what was asked to be stopped. Returns at once and never throws. */
  wake(): void;
  /** Claims nothing more; resolves when no turn runs, at the latest after `graceMs`. */
  drain(graceMs: number): Promise<void>;
  /** Stops all running turns and resolves when they have ended. They stay running in the database. */
  abort(): Promise<void>;
}

interface Running {
  readonly turnId: number;
  readonly end: Promise<void>;
  readonly stop: () => void;
}

/**
 * @param options.bootId Begins the marker of every process that is started.
 * @param options.ended Called after each turn, when its reply is in the outbox.
 */
export function createWorker(
  options: TurnParts & {
    readonly bootId: string;
    readonly maxConcurrentTurns: number;
    readonly ended: () => void;
  },
): Worker {
  const { queue, log } = options;
  // Not by the id of the turn: one that was restarted may run again while its first run is cleared up.
  const running = new Set<Running>();
  const shutdown = new AbortController();
  let closing = false;
  let retry: NodeJS.Timeout | undefined;

  const hasRoom = () => !closing && running.size < options.maxConcurrentTurns;

  const start = (turn: NonNullable<ReturnType<Queue['claim']>>): void => {
    const stop = new AbortController();
    const run: Running = {
      turnId: turn.turnId,
      stop: () => stop.abort(),
      end: runTurn(turn, options, { stop: stop.signal, shutdown: shutdown.signal })
        .catch((error: unknown) => log.error({ turn: turn.turnId, err: error }, 'turn.broken'))
        .finally(() => {
          running.delete(run);
          options.ended();
          wake();
        }),
    };
    running.add(run);
  };

  const wake = (): void => {
    clearTimeout(retry);
    if (closing && running.size === 0) return;
    try {
      // Asked first: what comes due from here on is claimed at once, or by the timer.
      const dueAtMs = queue.nextDueAtMs();
      while (hasRoom()) {
        const turn = queue.claim(options.bootId);
        if (turn === null) break;
        start(turn);
      }
      if (dueAtMs !== null) {
        const waitMs = Math.min(Math.max(dueAtMs - options.clock.now(), 0), LONGEST_WAIT_MS);
        retry = setTimeout(wake, waitMs);
      }
      if (running.size > 0) {
        const asked = new Set(queue.stopRequests());
        for (const run of running) if (asked.has(run.turnId)) run.stop();
      }
    } catch (error) {
      log.error({ err: error }, 'queue.unreadable');
      retry = setTimeout(wake, RETRY_MS);
    }
  };

  const allEnded = async () => {
    await Promise.all([...running].map(({ end }) => end));
  };

  return {
    wake,
    drain: async (graceMs) => {
      closing = true;
      clearTimeout(retry);
      const graceOver = new AbortController();
      await Promise.race([
        allEnded(),
        pause(graceMs, undefined, { signal: graceOver.signal }).catch(() => undefined),
      ]);
      graceOver.abort();
    },
    abort: async () => {
      closing = true;
      clearTimeout(retry);
      shutdown.abort();
      await allEnded();
    },
  };
}
