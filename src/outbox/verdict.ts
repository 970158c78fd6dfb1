import type { deliveries } from '../../drizzle/schema.ts';
import type { SendOutcome } from '../core/channel.ts';
import { backoffMs } from './backoff.ts';

/** After this long a part is given up. */
export const EXPIRES_AFTER_MS = 24 * 3_600_000;
/** So many times the platform was there and a part could not be brought to it: it never will be. */
const MAX_OWN_FAULTS = 3;
/** Its pauses after the first, as long as they get, since a few seconds say nothing about it. */
const LATE_ATTEMPT = 10;
/** The pause of a part with files when the platform is away: then nothing is held against it. */
const AWAY_ATTEMPT = 4;

type Row = typeof deliveries.$inferSelect;

/** What an attempt makes of the row of a delivery. */
export interface Verdict extends Partial<Omit<Row, 'id' | 'status'>> {
  readonly status: Row['status'];
  readonly event:
    | 'delivery.sent'
    | 'delivery.continued'
    | 'delivery.replaced'
    | 'delivery.postponed'
    | 'delivery.moved'
    | 'delivery.failed';
}

/**
 * Judges an attempt. Only here is it decided what is tried again, when, and what takes the place of a
 * part that is given up.
 *
 * @param delivery As it was before the attempt.
 * @param random From 0 to 1.
 */
export function verdictOn(
  delivery: Pick<Row, 'part' | 'attemptCount' | 'createdAtMs'>,
  outcome: SendOutcome,
  now: number,
  random: number,
): Verdict {
  const begun = { status: 'pending', attemptCount: 0, rateLimited: false, dueAtMs: now } as const;
  if (outcome.kind === 'sent') {
    const platformMessageId = outcome.messageId;
    return outcome.rest === undefined
      ? { event: 'delivery.sent', status: 'sent', platformMessageId, endedAtMs: now }
      : { event: 'delivery.continued', ...begun, platformMessageId, part: outcome.rest };
  }
  const reason = reasonOf(outcome);
  if (outcome.kind === 'moved') {
    const attemptCount = delivery.attemptCount + 1;
    // Once it may go there at once; a platform that sends it round and round is not to be run after.
    const pauseMs = delivery.attemptCount === 0 ? 0 : backoffMs(attemptCount, random);
    const event = 'delivery.moved';
    return { event, ...begun, attemptCount, reason, dueAtMs: now + pauseMs };
  }
  const giveUp = (why: string): Verdict =>
    outcome.kind === 'rate-limited' || outcome.instead === undefined
      ? { event: 'delivery.failed', status: 'failed', reason: why, endedAtMs: now }
      : { event: 'delivery.replaced', ...begun, reason: why, part: outcome.instead };
  if (outcome.kind === 'rejected') return giveUp(reason);

  const isOwnFault = outcome.kind === 'unreachable' && outcome.instead !== undefined;
  const { attemptCount, pauseMs } = countedAfter(delivery, isOwnFault, random);
  if (isOwnFault && attemptCount >= MAX_OWN_FAULTS) return giveUp(reason);
  const rateLimited = outcome.kind === 'rate-limited';
  const dueAtMs = now + (rateLimited ? outcome.retryAfterMs : pauseMs);
  if (dueAtMs > delivery.createdAtMs + EXPIRES_AFTER_MS) {
    return giveUp(`given up after 24 hours: ${reason}`);
  }
  const event = 'delivery.postponed';
  return { event, status: 'pending', attemptCount, reason, dueAtMs, rateLimited };
}

function reasonOf(outcome: Exclude<SendOutcome, { kind: 'sent' }>): string {
  if (outcome.kind === 'moved') return `the chat is ${outcome.movedTo} now`;
  return outcome.kind === 'rate-limited' ? 'the platform asked to wait' : outcome.reason;
}

/** Of a part with files only its own faults count: an outage is waited out, however long. */
function countedAfter(
  { part, attemptCount }: Pick<Row, 'part' | 'attemptCount'>,
  isOwnFault: boolean,
  random: number,
): { readonly attemptCount: number; readonly pauseMs: number } {
  const next = attemptCount + 1;
  if (part.files === undefined) return { attemptCount: next, pauseMs: backoffMs(next, random) };
  if (!isOwnFault) return { attemptCount, pauseMs: backoffMs(AWAY_ATTEMPT, random) };
  return { attemptCount: next, pauseMs: backoffMs(next === 1 ? next : LATE_ATTEMPT, random) };
}
