import type { Update } from '@grammyjs/types';
import { Agent, request } from 'undici';
import { systemClock } from '../../platform/clock.ts';
import { type Events, pause } from './events.ts';
import { createPolls, type Polls } from './polls.ts';

const MS_PER_SECOND = 1_000;
const FIRST_DELAY_S = 2;
const MAX_DELAY_S = 60;
const MAX_RETRY_AFTER_S = 3_600;
const A_DAY_MS = 86_400_000;
/** Not sent unless they are asked for by name: https://core.telegram.org/bots/api#setwebhook */
const NOT_BY_DEFAULT: ReadonlySet<string> = new Set([
  'chat_member',
  'message_reaction',
  'message_reaction_count',
]);

/** Where to deliver. */
export interface Webhook {
  readonly url: string;
  readonly secretToken: string | null;
  readonly maxConnections: number;
}

/** One try at delivering an update. `status` is null when no answer came. */
export interface DeliveryAttempt {
  readonly updateId: number;
  readonly atMs: number;
  readonly status: number | null;
}

/** An update that was put in line for delivery; one that was sent twice stands there twice. */
export interface QueuedUpdate {
  readonly update: Update;
  readonly atMs: number;
}

/** What became of an update that was to be delivered. */
export interface DeliveryReport {
  /** `unwanted`: its kind is not among the allowed updates; `undelivered`: the stand-in was closed. */
  readonly outcome: 'acknowledged' | 'unwanted' | 'undelivered';
  readonly attempts: readonly DeliveryAttempt[];
}

/**
 * Where a host name leads: an origin such as `http://127.0.0.1:8421`, through Cloudflare; nowhere,
 * because its tunnel is `down`; or it is `unresolved`.
 */
export type Route = `http://127.0.0.1:${number}` | 'down' | 'unresolved';

/** What setWebhook says, shared between the method and the delivery. */
export interface Hook {
  webhook: Webhook | null;
  /** By host name. A name that is not among them is looked up as usual. */
  readonly routes: Map<string, Route>;
  /** Kept when a webhook is set without the parameter; null means the default. */
  allowedUpdates: readonly string[] | null;
}

interface Waiting {
  readonly update: Update;
  readonly target: Webhook | null;
  readonly attempts: DeliveryAttempt[];
  readonly end: (outcome: DeliveryReport['outcome']) => void;
}

/** Delivers updates as Telegram does. */
export interface Delivery {
  /** Queues an update; resolves when a 2xx has acknowledged it. */
  deliver(update: Update, target?: Webhook): Promise<DeliveryReport>;
  /** POSTs once, outside of every queue, and tells what was answered. */
  deliverOnce(update: unknown, target: Webhook): Promise<{ status: number; body: string }>;
  readonly queued: readonly QueuedUpdate[];
  readonly attempts: readonly DeliveryAttempt[];
  readonly lastError: { readonly atMs: number; readonly message: string } | null;
  pendingCount(): number;
  /** For getUpdates. */
  readonly polls: Polls;
  /** For setWebhook: what waits is tried again at once, and a poll that waits is ended. */
  changed(): void;
  /** For `drop_pending_updates`. */
  drop(): void;
  close(): Promise<void>;
}

/** The queue of an update: callbacks by person, reactions and everything else by chat. */
function queueOf(update: Update): string {
  if (update.callback_query !== undefined) return `user ${update.callback_query.from.id}`;
  const reaction = update.message_reaction;
  if (reaction !== undefined) return `reactions in chat ${reaction.chat.id}`;
  const message =
    update.message ?? update.edited_message ?? update.channel_post ?? update.edited_channel_post;
  return message === undefined ? 'others' : `chat ${message.chat.id}`;
}

function isWanted(update: Update, allowed: readonly string[] | null): boolean {
  const kind = Object.keys(update).find((key) => key !== 'update_id') ?? '';
  return allowed === null || allowed.length === 0
    ? !NOT_BY_DEFAULT.has(kind)
    : allowed.includes(kind);
}

/**
 * Delivers updates with one under way a queue. After a failure comes the first retry at once, then
 * after 2, 4, 8… seconds up to a minute, or after what `Retry-After` says; each times `pauseScale`.
 *
 * Source: WebhookActor.cpp of tdlib/telegram-bot-api.
 */
export function createDelivery(options: {
  hook: Hook;
  events: Events;
  pauseScale: number;
}): Delivery {
  const { hook, events, pauseScale } = options;
  const agent = new Agent();
  const closing = new AbortController();
  const queues = new Map<string, Waiting[]>();
  /** The queues that are being emptied. */
  const pumped = new Set<string>();
  const queued: QueuedUpdate[] = [];
  const attempts: DeliveryAttempt[] = [];
  let lastError: Delivery['lastError'] = null;
  let wake = new AbortController();

  const post = async (
    update: unknown,
    target: Webhook,
  ): Promise<{ status: number; body: string; retryAfterS: number }> => {
    const url = new URL(target.url);
    const route = hook.routes.get(url.hostname);
    if (route === 'unresolved') throw new Error('Failed to resolve host');
    // What Cloudflare's edge answers for a tunnel that is not connected.
    if (route === 'down') return { status: 530, body: 'error code: 1033', retryAfterS: 0 };
    const answer = await request(route === undefined ? url : new URL(url.pathname, route), {
      dispatcher: agent,
      method: 'POST',
      signal: closing.signal,
      headers: {
        ...(route === undefined
          ? {}
          : { host: url.hostname, 'cf-connecting-ip': '149.154.167.220', 'cf-ray': '0-AMS' }),
        'content-type': 'application/json',
        ...(target.secretToken === null
          ? {}
          : { 'x-telegram-bot-api-secret-token': target.secretToken }),
      },
      body: JSON.stringify(update),
    });
    const retryAfterS = Number(answer.headers['retry-after'] ?? 0);
    return {
      status: answer.statusCode,
      body: await answer.body.text(),
      retryAfterS: Math.min(Number.isFinite(retryAfterS) ? retryAfterS : 0, MAX_RETRY_AFTER_S),
    };
  };

  /** Makes one attempt; null when it was acknowledged, else how many seconds were asked for. */
  const attempt = async (item: Waiting, target: Webhook): Promise<number | null> => {
    const answer = await post(item.update, target).catch(() => null);
    const made = {
      updateId: item.update.update_id,
      atMs: systemClock.now(),
      status: answer?.status ?? null,
    };
    item.attempts.push(made);
    attempts.push(made);
    if (answer !== null && answer.status >= 200 && answer.status < 300) return null;
    lastError = {
      atMs: made.atMs,
      message:
        answer === null
          ? 'Connection refused'
          : `Wrong response from the webhook: ${answer.status}`,
    };
    return answer?.retryAfterS ?? 0;
  };

  const remove = (queue: Waiting[], item: Waiting, outcome: DeliveryReport['outcome']): void => {
    const index = queue.indexOf(item);
    if (index !== -1) queue.splice(index, 1);
    item.end(outcome);
    events.notify();
  };

  const pump = async (name: string, queue: Waiting[]): Promise<void> => {
    if (pumped.has(name)) return;
    pumped.add(name);
    let delayS = FIRST_DELAY_S / 2;
    let failureCount = 0;
    for (let item = queue[0]; item !== undefined; item = queue[0]) {
      if (closing.signal.aborted) return;
      const target = item.target ?? hook.webhook;
      if (target === null) {
        await pause(A_DAY_MS, wake.signal);
        continue;
      }
      const retryAfterS = await attempt(item, target);
      // Whoever listened for the answer is gone: the update is delivered again, another way.
      if (item.target === null && hook.webhook !== target) continue;
      if (retryAfterS === null) {
        remove(queue, item, 'acknowledged');
        delayS = FIRST_DELAY_S / 2;
        failureCount = 0;
        continue;
      }
      events.notify();
      if (retryAfterS === 0 && failureCount > 0) delayS = Math.min(delayS * 2, MAX_DELAY_S);
      const waitS = retryAfterS > 0 ? retryAfterS : failureCount > 0 ? delayS : 0;
      failureCount += 1;
      await pause(waitS * MS_PER_SECOND * pauseScale, wake.signal);
    }
    // In the same turn of the event loop as the last look at the queue: what comes next starts anew.
    pumped.delete(name);
  };

  const all = (): Waiting[] => [...queues.values()].flat();

  const polls = createPolls({
    pauseScale,
    waiting: () => all().map(({ update }) => update),
    forget: (updateIds) => {
      for (const queue of queues.values()) {
        for (const item of queue.filter(({ update }) => updateIds.has(update.update_id))) {
          remove(queue, item, 'acknowledged');
        }
      }
    },
  });

  return {
    queued,
    attempts,
    polls,
    get lastError() {
      return lastError;
    },
    deliver(update, target) {
      if (!isWanted(update, hook.allowedUpdates)) {
        return Promise.resolve({ outcome: 'unwanted', attempts: [] });
      }
      queued.push({ update, atMs: systemClock.now() });
      return new Promise((resolve) => {
        const made: DeliveryAttempt[] = [];
        const name = queueOf(update);
        const queue = queues.get(name) ?? [];
        queues.set(name, queue);
        queue.push({
          update,
          target: target ?? null,
          attempts: made,
          end: (outcome) => resolve({ outcome, attempts: made }),
        });
        void pump(name, queue);
        polls.look();
      });
    },
    async deliverOnce(update, target) {
      const { status, body } = await post(update, target);
      return { status, body };
    },
    pendingCount: () => all().length,
    changed() {
      polls.end('Conflict: terminated by setWebhook request');
      wake.abort();
      wake = new AbortController();
    },
    drop() {
      for (const queue of queues.values()) {
        for (const item of queue.splice(0)) item.end('undelivered');
      }
    },
    async close() {
      closing.abort();
      this.changed();
      polls.close();
      this.drop();
      await agent.destroy();
    },
  };
}
