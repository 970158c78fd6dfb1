import type { Hono } from 'hono';
import { createActs } from '../console/acts.ts';
import { createConsole } from '../console/console.tsx';
import { createHealthHistory } from '../console/health-history.ts';
import { createConsoleSessions } from '../console/sessions.ts';
import type { Bots } from '../core/bot.ts';
import type { Clock } from '../core/clock.ts';
import type { Mask } from '../core/mask.ts';
import type { Health, HealthReport } from '../http/health.ts';
import type { Subscribe } from '../pages/live.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import { watchDatabase } from '../platform/database/watch.ts';
import type { Logger } from '../platform/log.ts';
import type { ServicePolicy } from './compose-policy.ts';
import type { ServiceMemory } from './memory.ts';
import type { ServiceTurns } from './turns.ts';

/** How soon an open page shows what was committed. */
const LIVE_EVERY_MS = 100;
/** By then the webhook is registered and the tunnel is up, where all is well. */
const FIRST_LOOK_AFTER_MS = 10_000;
const HEALTH_EVERY_MS = 60_000;

/** The owner's pages, and what is written down for them. */
export interface ServiceConsole {
  readonly pages: Hono;
  /** Looks at the health from now on, again and again. Returns what ends that. */
  watch(): () => void;
  /** Takes each report on the health, whoever asked for it. Never throws. */
  note(report: HealthReport): void;
  /** Lets go of those who watch, so that the server can close. */
  end(): void;
  /** Forgets what is over. */
  prune(): void;
}

/** Puts together the console. */
export function composeConsole(outside: {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly clock: Clock;
  readonly bots: Bots;
  readonly mask: Mask;
  readonly people: ServicePolicy;
  readonly turns: ServiceTurns;
  readonly memory: ServiceMemory | null;
  readonly health: Health;
  readonly port: () => number;
  readonly wake: () => void;
  readonly log: Logger;
}): ServiceConsole {
  const { configuration, database, clock, people, turns, health, log } = outside;
  const ended = new AbortController();
  const sessions = createConsoleSessions(database, clock, people.audit);
  const history = createHealthHistory(database, clock);
  const parts = {
    ...outside,
    ...turns,
    ...people,
    memory: outside.memory?.store ?? null,
    home: configuration.home,
    environment: configuration.environment,
    settings: configuration.settings,
  };
  const look = () => void health();
  let isNoted = true;
  let isOver = false;
  return {
    pages: createConsole({
      ...parts,
      history,
      sessions,
      acts: createActs(parts),
      subscribe: createSubscribe(database, log),
      ended: ended.signal,
    }),
    watch: () => {
      const first = setTimeout(look, FIRST_LOOK_AFTER_MS).unref();
      const timer = setInterval(look, HEALTH_EVERY_MS).unref();
      return () => {
        clearTimeout(first);
        clearInterval(timer);
        isOver = true;
      };
    },
    note: (report) => {
      // What fails because the service stops is no fault.
      if (isOver) return;
      try {
        history.note(report);
        isNoted = true;
      } catch (error) {
        if (isNoted) log.error({ err: error }, 'health.not-noted');
        isNoted = false;
      }
    },
    end: () => ended.abort(),
    prune: () => {
      sessions.prune();
      history.prune();
    },
  };
}

/** Looks at the database for as long as somebody wants to know. */
export function createSubscribe(database: Database, log: Logger): Subscribe {
  const listeners = new Set<() => void>();
  let endWatch: (() => void) | undefined;
  return (changed) => {
    listeners.add(changed);
    endWatch ??= watchDatabase(database, {
      everyMs: LIVE_EVERY_MS,
      own: true,
      onChange: () => {
        for (const tell of listeners) tell();
      },
      onFault: (error) => log.error({ err: error }, 'database.unreadable'),
    });
    return () => {
      listeners.delete(changed);
      if (listeners.size > 0) return;
      endWatch?.();
      endWatch = undefined;
    };
  };
}
