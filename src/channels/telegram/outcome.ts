import type { SendOutcome } from '../../core/channel.ts';
import type { CallFailure, CallOutcome } from './client.ts';

/** What Telegram says of a token that is wrong or was revoked. */
const TOKEN_REFUSED: ReadonlySet<number> = new Set([401, 404]);
/** What Telegram says of a bot that may not do it: with another form it may not either. */
export const FORBIDDEN: ReadonlySet<number> = new Set([401, 403]);
/** Of an album, the flood limit is told in a 400 about one of its messages. */
const FLOOD_WITHIN = /Too Many Requests: retry after (\d{1,6})/i;
/** What Telegram says of an album that it could not send for reasons of its own. */
const PASSING = /group send failed/i;
const MS_PER_SECOND = 1_000;

/** Whether the Bot API refused a text for its entities: "can't parse entities", "ENTITY_…". */
export function refusesMarkup(outcome: CallOutcome<unknown>): boolean {
  return refuses(outcome, /entit(?:y|ies)/i);
}

/** Whether the Bot API refused a call, and for what. */
export function refuses(outcome: CallOutcome<unknown>, reason: RegExp): boolean {
  return outcome.kind === 'rejected' && outcome.status === 400 && reason.test(outcome.reason);
}

/** Whether Telegram does not know the token: it is wrong, or was revoked. */
export function refusesToken(outcome: CallOutcome<unknown>): boolean {
  return outcome.kind === 'rejected' && TOKEN_REFUSED.has(outcome.status);
}

function failed(outcome: CallFailure): SendOutcome {
  if (outcome.kind !== 'rejected') return outcome;
  if (outcome.movedTo !== null) return { kind: 'moved', movedTo: outcome.movedTo };
  const [, seconds] = FLOOD_WITHIN.exec(outcome.reason) ?? [];
  if (seconds !== undefined) {
    return { kind: 'rate-limited', retryAfterMs: Number(seconds) * MS_PER_SECOND };
  }
  const reason = `${outcome.status}: ${outcome.reason}`;
  // That is nothing against the message: it can go out once the owner has set the right token.
  const mayWorkLater = TOKEN_REFUSED.has(outcome.status) || PASSING.test(outcome.reason);
  return { kind: mayWorkLater ? 'unreachable' : 'rejected', reason };
}

/** What a call that sends a message comes to, for the outbox. */
export function sendOutcomeOf(outcome: CallOutcome<string | null>): SendOutcome {
  return outcome.kind === 'ok' ? { kind: 'sent', messageId: outcome.result } : failed(outcome);
}
