import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../../core/error.ts';
import type { Logger } from '../../platform/log.ts';
import type { BotApi, CallFailure } from './client.ts';
import { refusesToken } from './outcome.ts';
import { updateSchema } from './schema.ts';
import { ALLOWED_UPDATES, removeWebhook } from './webhook.ts';

/** The longest that Telegram waits for something new (Client.h of tdlib/telegram-bot-api). */
const WAIT_SECONDS = 50;
const CALL_TIMEOUT_MS = 65_000;
const MAX_COUNT = 100;
/** Telegram ends a list of updates at four megabytes, and sends no part of one. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** In this process of Telegram's: a webhook stands, another one asks, or somebody set a webhook. */
const CONFLICT = /^Conflict\b/u;

const updatesSchema = z.array(z.unknown());

/** What keeps the updates from being fetched, for whoever has to do something about it. */
export interface PollingTrouble {
  readonly reason: string;
  /** A sentence. */
  readonly remedy: string;
}

/** Updates being fetched. */
export interface Polling {
  /** Whether the webhook is out of the way, so that Telegram answers. */
  isFetching(): boolean;
  /** What went wrong the last time, or null where the last time all went well. */
  trouble(): PollingTrouble | null;
  /** Ends the waiting at once; resolves when what was taken is committed and nothing more is asked. */
  stop(): Promise<void>;
  /**
   * To be called after `stop`: lets Telegram forget what was taken. Where that does not work, it comes
   * again and counts as a duplicate.
   */
  confirm(signal: AbortSignal): Promise<void>;
}

/**
 * Takes the webhook away and fetches updates instead, until it is stopped: deleteWebhook, getUpdates. An
 * update is asked for again until it is committed, and what follows it waits: Telegram forgets nothing
 * that comes after it.
 *
 * Source: https://core.telegram.org/bots/api#getupdates
 *
 * @param parts.receive Commits an update; returns false for what is none, and throws where it could not.
 * @param parts.pauseMs How long to wait after so many failures in a row, from 1.
 * @param parts.onFetching Called once, as soon as the webhook is out of the way.
 */
export function startPolling(parts: {
  readonly api: BotApi;
  readonly receive: (update: unknown) => boolean;
  readonly pauseMs: (failureCount: number) => number;
  readonly onFetching: () => void;
  readonly log: Logger;
}): Polling {
  const { api, log } = parts;
  const ending = new AbortController();
  /** The id of the first update that is not committed; null where none has come. */
  let next: number | null = null;
  let webhookMayStand = true;
  let isFetching = false;
  let trouble: (PollingTrouble & { readonly retryAfterMs?: number }) | null = null;

  const take = (updates: readonly unknown[]): typeof trouble => {
    const before = next;
    for (const update of updates) {
      try {
        if (!parts.receive(update)) log.warn('update.not-understood');
      } catch (error) {
        log.error({ err: error }, 'update.not-committed');
        return { reason: messageOf(error), remedy: 'Look at `claudio log`; it is tried again.' };
      }
      const envelope = updateSchema.safeParse(update);
      if (envelope.success) next = envelope.data.update_id + 1;
    }
    if (updates.length === 0 || next !== before) return null;
    return { reason: 'updates without an id', remedy: 'It is tried again by itself.' };
  };

  const fetchOnce = async (): Promise<typeof trouble> => {
    if (webhookMayStand) {
      const removed = await removeWebhook(api, ending.signal);
      if (removed.kind !== 'removed') return troubleOf(removed);
      webhookMayStand = false;
      if (!isFetching) {
        isFetching = true;
        log.info('telegram.polling');
        parts.onFetching();
      }
    }
    const outcome = await api.call(
      'getUpdates',
      {
        ...(next === null ? {} : { offset: next }),
        limit: MAX_COUNT,
        // After a failure it is to be seen soon whether all is well again.
        timeout: trouble === null ? WAIT_SECONDS : 0,
        allowed_updates: ALLOWED_UPDATES,
      },
      updatesSchema,
      { signal: ending.signal, timeoutMs: CALL_TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES },
    );
    if (outcome.kind === 'ok') return ending.signal.aborted ? null : take(outcome.result);
    webhookMayStand = outcome.kind === 'unreachable' && CONFLICT.test(outcome.reason);
    return troubleOf(outcome);
  };

  const fetchUntilStopped = async (): Promise<void> => {
    for (let failureCount = 0; ;) {
      const found = await fetchOnce();
      if (ending.signal.aborted) return;
      trouble = found;
      failureCount = found === null ? 0 : failureCount + 1;
      if (found === null) continue;
      const retryInMs = Math.max(found.retryAfterMs ?? 0, parts.pauseMs(failureCount));
      log.warn({ reason: found.reason, retryInMs }, 'telegram.not-fetched');
      await setTimeout(retryInMs, undefined, { signal: ending.signal }).catch(() => undefined);
      if (ending.signal.aborted) return;
    }
  };

  const running = fetchUntilStopped();
  return {
    isFetching: () => isFetching,
    trouble: () => trouble,
    stop: async () => {
      ending.abort();
      await running;
    },
    confirm: async (signal) => {
      if (next === null) return;
      // What this brings is not confirmed by it, and so it is delivered to the webhook.
      const outcome = await api.call(
        'getUpdates',
        { offset: next, limit: 1, timeout: 0, allowed_updates: ALLOWED_UPDATES },
        updatesSchema,
        { signal, maxAnswerBytes: MAX_ANSWER_BYTES },
      );
      if (outcome.kind !== 'ok') log.debug({ ...outcome }, 'telegram.not-confirmed');
    },
  };
}

function troubleOf(failure: CallFailure): PollingTrouble & { readonly retryAfterMs?: number } {
  if (failure.kind === 'rate-limited') {
    return {
      reason: 'Telegram wants to be left alone for a while',
      remedy: 'It is tried again by itself.',
      retryAfterMs: failure.retryAfterMs,
    };
  }
  const { reason } = failure;
  if (refusesToken(failure)) {
    return { reason, remedy: 'Run `claudio telegram setup` with a token that is valid.' };
  }
  if (CONFLICT.test(reason)) {
    return {
      reason,
      remedy:
        'Something else uses the token of this bot. Stop that, or get a token of its own from @BotFather.',
    };
  }
  return { reason, remedy: 'Look at the network of this machine; it is tried again by itself.' };
}
