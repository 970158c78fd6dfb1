import type { Update } from '@grammyjs/types';
import { systemClock } from '../../platform/clock.ts';
import { pause } from './events.ts';
import { Refusal } from './refusal.ts';

const MAX_COUNT = 100;
const MAX_TIMEOUT_S = 50;
/** An offset further ahead than this is taken for a mistake. */
const MAX_AHEAD_COUNT = 10;
/** Who asks for the same again waits at least so long, and sooner than this gets one update. */
const SAME_AGAIN_TIMEOUT_S = 3;
const SAME_AGAIN_LIMITED_S = 0.5;
const MS_PER_SECOND = 1_000;

/** getUpdates, with the waiting. */
export interface Polls {
  /**
   * Forgets what is below `offset`, and resolves with what is left as soon as that is something, or
   * when the time is over. Throws a 409 when another poll or a webhook takes its place.
   */
  poll(wanted: {
    readonly offset: number;
    readonly limit: number;
    readonly timeoutSeconds: number;
  }): Promise<Update[]>;
  /** An update has come. */
  look(): void;
  /** Ends the poll that waits, with a 409. */
  end(reason: string): void;
  close(): void;
}

/** Source: process_get_updates_query and do_get_updates in Client.cpp of tdlib/telegram-bot-api. */
export function createPolls(parts: {
  readonly pauseScale: number;
  readonly waiting: () => readonly Update[];
  readonly forget: (updateIds: ReadonlySet<number>) => void;
}): Polls {
  let waiter: { conflict: string | null; readonly over: AbortController } | null = null;
  let before = { offset: Number.NaN, atMs: Number.NEGATIVE_INFINITY };
  let highestId = 0;

  const idsWaiting = (): number[] =>
    parts
      .waiting()
      .map(({ update_id: id }) => id)
      .toSorted((a, b) => a - b);

  const forgetBelow = (offset: number): void => {
    const ids = idsWaiting();
    highestId = Math.max(highestId, ...ids);
    if (offset === 0 || offset > highestId + 1 + MAX_AHEAD_COUNT) return;
    const forgotten = offset < 0 ? ids.slice(0, offset) : ids.filter((id) => id < offset);
    parts.forget(new Set(forgotten));
  };

  const first = (limit: number): Update[] =>
    parts
      .waiting()
      .toSorted((a, b) => a.update_id - b.update_id)
      .slice(0, limit);

  const end = (reason: string): void => {
    if (waiter === null) return;
    waiter.conflict = reason;
    waiter.over.abort();
    waiter = null;
  };

  return {
    async poll({ offset, limit, timeoutSeconds }) {
      const nowMs = systemClock.elapsed();
      const sinceS = (nowMs - before.atMs) / MS_PER_SECOND / parts.pauseScale;
      const isSame = offset === before.offset;
      before = { offset, atMs: nowMs };
      const hurried = isSame && sinceS < SAME_AGAIN_TIMEOUT_S;
      const timeoutMs =
        hurried && timeoutSeconds < SAME_AGAIN_TIMEOUT_S
          ? SAME_AGAIN_TIMEOUT_S * MS_PER_SECOND * parts.pauseScale
          : Math.min(timeoutSeconds, MAX_TIMEOUT_S) * MS_PER_SECOND;
      const count =
        isSame && sinceS < SAME_AGAIN_LIMITED_S ? 1 : Math.min(Math.max(limit, 1), MAX_COUNT);

      forgetBelow(offset);
      const found = first(count);
      if (found.length > 0 || timeoutMs === 0) return found;
      end(
        'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
      );
      const mine: NonNullable<typeof waiter> = { conflict: null, over: new AbortController() };
      waiter = mine;
      await pause(timeoutMs, mine.over.signal);
      if (waiter === mine) waiter = null;
      if (mine.conflict !== null) throw new Refusal(409, mine.conflict);
      return first(count);
    },
    look() {
      waiter?.over.abort();
    },
    end,
    close: () => waiter?.over.abort(),
  };
}
