import type { BotApi, CallFailure } from '../channels/telegram/client.ts';
import { refusesToken } from '../channels/telegram/outcome.ts';
import { ensureWebhook, webhookAddress, webhookState } from '../channels/telegram/webhook.ts';
import type { Clock } from '../core/clock.ts';
import type { Check, CheckResult } from '../http/health.ts';
import { createLook } from '../ops/look.ts';
import { MAIN_BOT } from '../platform/configuration/bots.ts';
import type { Logger } from '../platform/log.ts';

/** A slow answer about the webhook is waited for so long, and the one before is good for so long. */
const WEBHOOK_WAIT_MS = 500;
const WEBHOOK_KEPT_MS = 5 * 60_000;

/** What to do about a token that Telegram does not know. */
export function tokenRemedy(botName: string): string {
  const which = botName === MAIN_BOT ? '' : ` --bot ${botName}`;
  return `Telegram does not know the token of the bot, or not any more: run \`claudio telegram setup${which}\`.`;
}

/** An address that Telegram does not take. */
export interface Refusal {
  readonly webhookUrl: string;
  /** In Telegram's words. */
  readonly reason: string;
  /** What to do, a sentence. */
  readonly remedy: string;
}

/** The address that Telegram delivers to, and whether Telegram agrees. */
export interface Registration {
  /** Makes one attempt at having Telegram deliver below this address. Logs what comes of it. */
  register(webhookUrl: string): Promise<boolean>;
  /** Why Telegram did not take the address that it was given last, or null. */
  refusal(): Refusal | null;
  /**
   * Makes the check whether the webhook is where it should be. Where it is not, it calls `registerAnew`.
   *
   * @param webhookUrl Where it should be now.
   */
  check(webhookUrl: () => string, registerAnew: () => void): Check;
}

export function createRegistration(parts: {
  readonly api: BotApi;
  readonly secretToken: string;
  readonly tokenRemedy: string;
  readonly retryInMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}): Registration {
  const { api, clock, log, retryInMs } = parts;
  let refusal: Refusal | null = null;

  const look = async (webhookUrl: string, registerAnew: () => void): Promise<CheckResult> => {
    const state = await webhookState(api);
    if (state.kind !== 'state') {
      const remedy = refusesToken(state) ? parts.tokenRemedy : 'Telegram could not be asked.';
      return { ok: false, state: 'unknown', ...state, remedy };
    }
    const expected = webhookAddress(webhookUrl);
    const { pendingCount, lastError } = state;
    if (state.url === expected) return { ok: true, state: 'registered', pendingCount, lastError };
    registerAnew();
    const found = { ok: false, pendingCount, lastError };
    if (refusal?.webhookUrl === webhookUrl) {
      const { reason, remedy } = refusal;
      const told = `Telegram does not take ${expected}: ${reason}. ${remedy}`;
      return { ...found, state: 'refused', reason, remedy: told };
    }
    return { ...found, state: 'registered elsewhere', remedy: `Registering ${expected} again.` };
  };

  return {
    register: async (webhookUrl) => {
      const outcome = await ensureWebhook(api, { webhookUrl, secretToken: parts.secretToken });
      if (outcome.kind === 'registered' || outcome.kind === 'unchanged') {
        refusal = null;
        log.info({ url: outcome.url, pending: outcome.pendingCount }, `webhook.${outcome.kind}`);
        return true;
      }
      refusal =
        outcome.kind === 'rejected' ? refusalOf(webhookUrl, outcome, parts.tokenRemedy) : null;
      const url = webhookAddress(webhookUrl);
      log.warn({ ...outcome, url, retryInMs }, 'webhook.not-registered');
      return false;
    },
    refusal: () => refusal,
    check: (webhookUrl, registerAnew) =>
      createLook({
        clock,
        look: () => look(webhookUrl(), registerAnew),
        isWell: ({ ok }) => ok,
        freshMs: 0,
        keptMs: WEBHOOK_KEPT_MS,
        waitMs: WEBHOOK_WAIT_MS,
      }),
  };
}

function refusalOf(
  webhookUrl: string,
  outcome: CallFailure & { kind: 'rejected' },
  forToken: string,
): Refusal {
  const { reason } = outcome;
  const about = { webhookUrl, reason };
  if (refusesToken(outcome)) return { ...about, remedy: forToken };
  if (/resolve host/iu.test(reason)) {
    const remedy =
      'A new name takes a while to be known everywhere, so it is tried again by itself; if it stays so, look at the DNS record of the name.';
    return { ...about, remedy };
  }
  const remedy =
    'Correct the address (WEBHOOK_URL, or `claudio tunnel setup`); until then it is tried again by itself.';
  return { ...about, remedy };
}
