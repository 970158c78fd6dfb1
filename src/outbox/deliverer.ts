import { setTimeout } from 'node:timers/promises';
import { and, count, eq, inArray, lt, min, sql } from 'drizzle-orm';
import { conversations, deliveries } from '../../drizzle/schema.ts';
import type { SendOutcome } from '../core/channel.ts';
import type { Clock } from '../core/clock.ts';
import { sourceOf, type Conversation } from '../core/conversation.ts';
import { messageOf } from '../core/error.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import type { OutgoingFiles } from './outgoing.ts';
import { LONGEST_MS } from './backoff.ts';
import type { Channels } from './channels.ts';
import { EXPIRES_AFTER_MS, verdictOn } from './verdict.ts';

/** Calls under way at once, over all destinations. */
const CONCURRENCY = 16;
/** How long a destination rests after a fault of our own, such as a full disk. */
const BROKEN_PAUSE_MS = 5000;
/** How long deliveries that came to an end are kept for looking back. */
const KEPT_MS = 30 * 24 * 3_600_000;

/** Sends what the outbox holds. */
export interface Deliverer {
  /** Looks for what is due. Returns at once and never throws; cheap when there is nothing. */
  wake(): void;
  /**
   * Resolves when nothing is due or under way: everything was sent, failed, or waits for a later
   * attempt; or when it was closed.
   */
  idle(): Promise<void>;
  /** Starts nothing more and resolves when the calls under way have ended. */
  close(): Promise<void>;
  waiting(): { readonly waitingCount: number; readonly oldestCreatedAtMs: number | null };
  /** Forgets what ended long ago. Returns how many. */
  prune(): number;
}

// As the partial index has it.
export const OPEN = sql`${deliveries.status} in ('pending', 'sending')`;

/**
 * Delivers in order within a destination, destinations side by side. All that it needs to know stands
 * in the rows, so it goes on after a restart where it was.
 *
 * A part that was `sending` when the service died may have arrived; it is sent again.
 */
export function createDeliverer(options: {
  database: Database;
  clock: Clock;
  channels: Channels;
  log: Logger;
  /** From 0 to 1. */
  random: () => number;
  outgoing: OutgoingFiles;
  /** Called when a chat has another id from now on, in the transaction that records the attempt. */
  moved: (conversation: Conversation, movedTo: string) => void;
  /** Called after each attempt, when what came of it is recorded. */
  attempted: () => void;
}): Deliverer {
  const { database, clock, channels, log } = options;
  const { orm } = database;
  const underWay = new Map<string, Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  const closing = new AbortController();
  let idlers: (() => void)[] = [];

  const uncertain = orm
    .update(deliveries)
    .set({
      status: 'pending',
      // That the service died is nothing against a file.
      attemptCount: sql`${deliveries.attemptCount} - (json_extract(${deliveries.part}, '$.files') is not null)`,
    })
    .where(sql`${OPEN} and ${deliveries.status} = 'sending'`)
    .returning({ id: deliveries.id })
    .all();
  for (const { id } of uncertain) log.warn({ delivery: id }, 'delivery.uncertain');

  const heads = orm
    .select({ delivery: deliveries, conversation: conversations })
    .from(deliveries)
    .innerJoin(conversations, eq(conversations.id, deliveries.conversationId))
    .where(
      inArray(
        deliveries.id,
        orm
          .select({ id: min(deliveries.id) })
          .from(deliveries)
          .where(OPEN)
          .groupBy(deliveries.destination),
      ),
    )
    .orderBy(deliveries.id)
    .prepare();
  type Head = ReturnType<typeof heads.all>[number];
  const markSending = orm
    .update(deliveries)
    .set({ status: 'sending', attemptCount: sql`${deliveries.attemptCount} + 1` })
    .where(eq(deliveries.id, sql.placeholder('id')))
    .prepare();
  const wake = (): void => {
    clearTimeout(timer);
    try {
      if (!closing.signal.aborted) startDue();
    } catch (error) {
      log.error({ err: error }, 'outbox.unreadable');
      timer = globalThis.setTimeout(wake, BROKEN_PAUSE_MS);
    }
    if (underWay.size === 0 || closing.signal.aborted) tellIdlers();
  };

  const startDue = (): void => {
    const now = clock.now();
    const all = heads.all();
    const limits = botLimits(all, now);
    const found = all.filter(({ delivery }) => !underWay.has(delivery.destination));
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const head of found) {
      const dueAtMs = Math.max(
        ownDueAtMs(head.delivery, now),
        limits.get(sourceOf(head.conversation)) ?? 0,
      );
      if (dueAtMs > now) earliestMs = Math.min(earliestMs, dueAtMs);
      else if (underWay.size < CONCURRENCY) start(head);
    }
    if (earliestMs < Number.POSITIVE_INFINITY) {
      timer = globalThis.setTimeout(wake, Math.min(earliestMs - now, EXPIRES_AFTER_MS));
    }
  };

  const tellIdlers = (): void => {
    for (const resolve of idlers) resolve();
    idlers = [];
  };

  const start = (head: Head): void => {
    const { destination } = head.delivery;
    const attempt = deliver(head)
      .catch(async (error: unknown) => {
        log.error({ delivery: head.delivery.id, err: error }, 'delivery.broken');
        await restAfterFault();
      })
      .finally(() => {
        underWay.delete(destination);
        wake();
        options.attempted();
      });
    underWay.set(destination, attempt);
  };

  const deliver = async ({ delivery, conversation }: Head): Promise<void> => {
    markSending.run({ id: delivery.id });
    const outcome = await attemptSend(conversation, delivery.part);
    const { event, ...verdict } = verdictOn(delivery, outcome, clock.now(), options.random());
    const fields = { delivery: delivery.id, turn: delivery.turnId, conversation: conversation.id };
    await record(fields, () =>
      database.transaction(() => {
        // One that was ended meanwhile, since its chat has moved, has.
        orm
          .update(deliveries)
          .set(verdict)
          .where(and(eq(deliveries.id, delivery.id), OPEN))
          .run();
        if (outcome.kind === 'moved') options.moved(conversation, outcome.movedTo);
      }),
    );
    // Ended, or its place is taken.
    if (verdict.status !== 'pending' || verdict.part !== undefined) {
      options.outgoing.remove(delivery.part);
    }
    if (outcome.kind === 'sent') log.info(fields, event);
    else log.warn({ ...fields, reason: verdict.reason, dueAtMs: verdict.dueAtMs }, event);
  };

  /** Only here is it known how the call ended: forgetting it would send the part a second time. */
  const record = async (fields: object, write: () => unknown): Promise<void> => {
    for (;;) {
      try {
        write();
        return;
      } catch (error) {
        log.error({ ...fields, err: error }, 'delivery.not-recorded');
        if (closing.signal.aborted) throw error;
        await restAfterFault();
      }
    }
  };

  const restAfterFault = async (): Promise<void> => {
    await setTimeout(BROKEN_PAUSE_MS, undefined, { signal: closing.signal }).catch(() => null);
  };

  const attemptSend = async (
    conversation: Conversation,
    part: Head['delivery']['part'],
  ): Promise<SendOutcome> => {
    try {
      return await channels.of(conversation).send(conversation, part);
    } catch (error) {
      return { kind: 'unreachable', reason: messageOf(error) };
    }
  };

  return {
    wake,
    idle: () =>
      new Promise((resolve) => {
        idlers.push(resolve);
        wake();
      }),
    close: async () => {
      closing.abort();
      wake();
      await Promise.all(underWay.values());
    },
    waiting: () =>
      orm
        .select({ waitingCount: count(), oldestCreatedAtMs: min(deliveries.createdAtMs) })
        .from(deliveries)
        .where(OPEN)
        .get() ?? { waitingCount: 0, oldestCreatedAtMs: null },
    prune: () =>
      orm
        .delete(deliveries)
        .where(
          and(
            inArray(deliveries.status, ['sent', 'failed']),
            lt(deliveries.endedAtMs, clock.now() - KEPT_MS),
          ),
        )
        .run().changes,
  };
}

/** A pause of our own that is longer than the longest there is comes from a clock that was set back. */
function ownDueAtMs(delivery: { rateLimited: boolean; dueAtMs: number }, now: number): number {
  const isTooLong = !delivery.rateLimited && delivery.dueAtMs - now > LONGEST_MS;
  return isTooLong ? now : delivery.dueAtMs;
}

/**
 * The platform does not say whether a limit is that of one chat or that of the bot as a whole. When two
 * destinations of a bot are limited at once it is taken for the whole, and all of that bot wait for the
 * nearer of the two.
 *
 * @returns Until when, by the source of the bot.
 */
function botLimits(
  heads: readonly {
    delivery: { rateLimited: boolean; dueAtMs: number };
    conversation: Conversation;
  }[],
  now: number,
): ReadonlyMap<string, number> {
  const limited = heads.filter(({ delivery }) => delivery.rateLimited && delivery.dueAtMs > now);
  const bySource = Map.groupBy(limited, ({ conversation }) => sourceOf(conversation));
  return new Map(
    [...bySource].map(([source, some]) => [
      source,
      some.length < 2 ? 0 : Math.min(...some.map(({ delivery }) => delivery.dueAtMs)),
    ]),
  );
}
