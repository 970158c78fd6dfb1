import { setTimeout } from 'node:timers/promises';
import type { Polling } from '../channels/telegram/polling.ts';
import type { Clock } from '../core/clock.ts';
import type { CheckResult } from '../http/health.ts';
import { persist, type Persistent } from '../ops/persist.ts';
import { tunnelCheck, type Tunnel } from '../ops/tunnel/tunnel.ts';
import type { Logger } from '../platform/log.ts';
import type { Outage, OutageNotice } from './outage.ts';
import type { Registration } from './registration.ts';
import type { WayIn } from './way-in.ts';

/** When what is done about a tunnel that is down. In milliseconds. */
export interface WayInLimits {
  /** The way in has not been open for so long: updates are fetched. */
  readonly fallBackAfterMs: number;
  /** The tunnel has been ready for so long without a break: it is trusted again. */
  readonly steadyMs: number;
  /** Updates have been fetched for so long, with the tunnel still down: the person is told. */
  readonly tellAfterMs: number;
  /** After the person was told of one outage, nothing is said about the next for so long. */
  readonly quietMs: number;
}

export const WAY_IN_LIMITS: WayInLimits = {
  fallBackAfterMs: 2 * 60_000,
  steadyMs: 15_000,
  // When a whole network comes back, Telegram can be reached a little before the tunnel is up again.
  tellAfterMs: 60_000,
  quietMs: 30 * 60_000,
};

const NEVER_READY = {
  what: 'The tunnel is down',
  reason: 'it gets no connection to Cloudflare',
  remedy: '`claudio tunnel status` tells more.',
};
/** Nothing is waited for longer than this at a time. */
const LONGEST_WAIT_MS = 3_600_000;

/**
 * The way in through a tunnel of the service's own. The webhook is registered at the address that the
 * tunnel has; where the way in is not open for long, because the tunnel is not ready or because Telegram
 * does not take its address, updates are fetched until it is.
 *
 * One step follows another, so that setWebhook, deleteWebhook and getUpdates never meet. No step can lose
 * an update: Telegram keeps each one until it was committed here.
 *
 * @param parts.openTunnel Starts the tunnel; `null` where there turns out to be none.
 * @param parts.introduce Makes the bot known; tried until it works.
 * @param parts.poll Begins to fetch updates.
 * @param parts.fixedUrl Where Telegram is to deliver, whatever the tunnel calls itself.
 */
export function createTunnelWayIn(parts: {
  readonly openTunnel: () => Tunnel | null;
  readonly introduce: () => Promise<boolean>;
  readonly registration: Registration;
  readonly poll: (onFetching: () => void) => Polling;
  readonly notice: OutageNotice;
  readonly fixedUrl: string | undefined;
  readonly retryDelayMs: number;
  readonly limits: WayInLimits;
  readonly clock: Clock;
  readonly log: Logger;
}): WayIn {
  const { registration, notice, limits, clock, log } = parts;
  const closing = new AbortController();
  let bell = new AbortController();
  const wake = () => bell.abort();

  let tunnel: Tunnel | null = null;
  let introduction: Persistent | undefined;
  let running: Promise<void> = Promise.resolve();
  let unwatch: (() => void) | null = null;

  /** The address that the tunnel has had since then without a break; null where it is not ready. */
  let seen: { readonly url: string | null; readonly sinceMs: number } = { url: null, sinceMs: 0 };
  let registeredUrl: string | null = null;
  let refused: { readonly url: string; readonly retryAtMs: number } | null = null;
  /** Since when the way in has not been open; the second is the time of day. */
  let shut: { readonly sinceMs: number; readonly atMs: number } | null = null;
  let polling: Polling | null = null;
  let fetchingSinceMs: number | null = null;

  const observe = (): void => {
    const state = tunnel?.state();
    const url = state?.kind === 'ready' ? (parts.fixedUrl ?? state.publicUrl) : null;
    if (url !== seen.url) seen = { url, sinceMs: clock.elapsed() };
  };

  const onTunnelChange = (): void => {
    observe();
    wake();
  };

  const register = async (url: string): Promise<boolean> => {
    const isDone = await registration.register(url);
    registeredUrl = isDone ? url : null;
    refused = isDone ? null : { url, retryAtMs: clock.elapsed() + parts.retryDelayMs };
    return isDone;
  };

  const beginPolling = (): void => {
    polling = parts.poll(() => {
      fetchingSinceMs ??= clock.elapsed();
      wake();
    });
  };

  /** From fetching back to the webhook; on to fetching again where Telegram does not take it. */
  const goBack = async (from: Polling, url: string): Promise<void> => {
    await from.stop();
    await from.confirm(closing.signal);
    if (closing.signal.aborted) return;
    if (!(await register(url))) {
      if (!closing.signal.aborted) beginPolling();
      return;
    }
    const sinceMs = fetchingSinceMs;
    polling = null;
    fetchingSinceMs = null;
    shut = null;
    notice.forget();
    if (sinceMs !== null) {
      log.info({ forMs: Math.round(clock.elapsed() - sinceMs) }, 'telegram.polling-ended');
    }
  };

  /** Why Telegram does not take the address that the tunnel has now. */
  const refusalNow = () => {
    const refusal = registration.refusal();
    return refusal?.webhookUrl === seen.url ? refusal : null;
  };

  /** Why updates have to be fetched; null where the way in is about to be open again. */
  const causeNow = (): Omit<Outage, 'sinceMs'> | null => {
    const state = tunnel?.state();
    if (state?.kind === 'down') return { ...state, what: 'The tunnel is down' };
    if (state?.kind !== 'ready') return NEVER_READY;
    const refusal = refusalNow();
    return refusal && { ...refusal, what: 'Telegram does not take the address of the tunnel' };
  };

  /** Tells in how many milliseconds to look again. */
  const tellIfDue = (): number => {
    const cause = causeNow();
    if (cause === null || fetchingSinceMs === null || notice.isTold()) return LONGEST_WAIT_MS;
    const waitMs = Math.max(
      fetchingSinceMs + limits.tellAfterMs - clock.elapsed(),
      notice.restMs(),
    );
    if (waitMs > 0) return waitMs;
    notice.tell({ sinceMs: shut?.atMs ?? clock.now(), ...cause });
    return LONGEST_WAIT_MS;
  };

  const untilRetryMs = (url: string): number =>
    refused?.url === url ? Math.max(0, refused.retryAtMs - clock.elapsed()) : 0;
  const untilSteadyMs = (): number => Math.max(0, seen.sinceMs + limits.steadyMs - clock.elapsed());

  /** Does what is to be done now, and tells in how many milliseconds to look again. */
  const step = async (): Promise<number> => {
    observe();
    const { url } = seen;
    if (polling !== null) {
      const backInMs =
        url === null ? LONGEST_WAIT_MS : Math.max(untilSteadyMs(), untilRetryMs(url));
      if (url === null || backInMs > 0) return Math.min(backInMs, tellIfDue());
      await goBack(polling, url);
      return 0;
    }
    if (url !== null && url === registeredUrl) {
      if (untilSteadyMs() > 0) return untilSteadyMs();
      shut = null;
      if (notice.isTold()) notice.forget();
      return LONGEST_WAIT_MS;
    }
    shut ??= { sinceMs: clock.elapsed(), atMs: clock.now() };
    if (url !== null && untilRetryMs(url) === 0) {
      await register(url);
      return 0;
    }
    // Whoever was told of it in an earlier run has waited for long enough.
    const afterMs = notice.isTold() ? 0 : limits.fallBackAfterMs;
    const fallBackInMs = shut.sinceMs + afterMs - clock.elapsed();
    if (fallBackInMs <= 0) {
      beginPolling();
      return 0;
    }
    return url === null ? fallBackInMs : Math.min(fallBackInMs, untilRetryMs(url));
  };

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      bell = new AbortController();
      let waitMs = parts.retryDelayMs;
      try {
        waitMs = await step();
      } catch (error) {
        log.error({ err: error }, 'webhook.way-in-broken');
      }
      const { signal } = bell;
      if (closing.signal.aborted) return;
      await setTimeout(Math.min(waitMs, LONGEST_WAIT_MS), undefined, { signal }).catch(
        () => undefined,
      );
    }
  };

  const look = registration.check(
    () => registeredUrl ?? seen.url ?? '',
    () => {
      // While updates are fetched there is to be no webhook.
      if (polling !== null) return;
      registeredUrl = null;
      wake();
    },
  );
  const pollingCheck = (from: Polling): CheckResult => {
    // What is wrong with the tunnel itself is told in its own check.
    const { reason, remedy } = from.trouble() ?? refusalNow() ?? {};
    if (reason === undefined || remedy === undefined) return { ok: true, state: 'polling' };
    return { ok: false, state: 'polling', reason, remedy };
  };

  const refuse = (): void => {
    closing.abort();
    introduction?.close();
    void polling?.stop();
    unwatch?.();
    wake();
  };

  return {
    start: () => {
      tunnel = parts.openTunnel();
      unwatch = tunnel?.watch(onTunnelChange) ?? null;
      introduction = persist(parts.introduce, parts.retryDelayMs);
      running = run();
    },
    webhookCheck: () => {
      if (polling !== null) return pollingCheck(polling);
      if (registeredUrl === null && seen.url === null) {
        return { ok: true, state: 'waiting for the tunnel' };
      }
      return look();
    },
    tunnelCheck: () => (tunnel === null ? { ok: true, state: 'not started' } : tunnelCheck(tunnel)),
    refuse,
    close: async () => {
      refuse();
      await Promise.all([tunnel?.close(), running, polling?.stop()]);
    },
  };
}
