import { z } from 'zod';
import { createBotApi } from '../../channels/telegram/client.ts';
import { refusesToken } from '../../channels/telegram/outcome.ts';
import { webhookState } from '../../channels/telegram/webhook.ts';
import type { Finding } from '../../core/finding.ts';
import { excerpt, formatDuration } from '../../core/format.ts';
import { asBotSees } from '../../platform/configuration/load.ts';
import { isOwnWebhook, reasonOf } from '../install/bot.ts';
import { hurried, type View } from './site.ts';

const NAME = 'webhook';
/** An error of a delivery after which so much time has passed without another is history. */
const RECENT_MS = 15 * 60_000;
const MAX_ERROR_LENGTH = 100;

const checkSchema = z.looseObject({
  ok: z.boolean(),
  state: z.string(),
  pendingCount: z.number().optional(),
  lastError: z.looseObject({ atMs: z.number(), message: z.string() }).nullish(),
  reason: z.string().optional(),
  remedy: z.string().optional(),
});

/** Where there are several bots, each has its own. */
const botsSchema = z.looseObject({ bots: z.array(z.looseObject({ name: z.string() })) });

/** How Telegram delivers, a line for each bot; see {@link webhookFinding}. */
export async function webhookFindings(view: View): Promise<readonly Finding[]> {
  const { configuration, report } = view;
  if (configuration.bots.length === 1) return [await webhookFinding(view)];
  const seen = botsSchema.safeParse(report?.checks['webhook']);
  return await Promise.all(
    configuration.bots.map(async ({ name }) => {
      const mine = asBotSees(configuration, name);
      const own = seen.success ? seen.data.bots.find((bot) => bot.name === name) : undefined;
      const finding = await webhookFinding({ ...view, configuration: mine }, own ?? null);
      const owner = mine.settings.TELEGRAM_CHAT_ID ?? 'nobody';
      return { ...finding, name: `bot ${name}`, text: `owner ${owner}: ${finding.text}` };
    }),
  );
}

/** How Telegram delivers: as the service sees it, or asked there directly. */
export async function webhookFinding(
  view: View,
  check: unknown = view.report?.checks['webhook'],
): Promise<Finding> {
  const seen = checkSchema.safeParse(check);
  if (!seen.success) return await askTelegram(view);
  const { ok, state, pendingCount, lastError = null, reason, remedy } = seen.data;
  if (ok && state === 'not configured') return notConfigured();
  if (ok && pendingCount === undefined) return comesOtherwise(state);
  if (ok) return registered(state, pendingCount ?? 0, lastError, view.clock.now());
  const why = reason === undefined ? '' : `: ${reason}`;
  return {
    name: NAME,
    state: 'failed',
    text: `${state}${why}`,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

async function askTelegram({ configuration, http, clock }: View): Promise<Finding> {
  const { settings } = configuration;
  const token = settings.TELEGRAM_BOT_TOKEN;
  if (token === undefined) {
    return {
      name: NAME,
      state: 'failed',
      text: 'no bot is connected',
      remedy: '`claudio telegram setup` connects one.',
    };
  }
  const api = createBotApi({ http: hurried(http), root: settings.TELEGRAM_API_ROOT, token });
  const state = await webhookState(api);
  switch (state.kind) {
    case 'unreachable':
      return {
        name: NAME,
        state: 'failed',
        text: `Telegram cannot be reached: ${state.reason}`,
        remedy: 'Look at the network of this machine.',
      };
    case 'rate-limited':
      return { name: NAME, state: 'warning', text: 'Telegram asks to be asked again later' };
    case 'rejected':
      return refusesToken(state) ? tokenRefused(NAME) : refused(NAME, reasonOf(state));
    case 'state':
      break;
  }
  const isWanted = settings.WEBHOOK_URL !== undefined || settings.TUNNEL_QUICK;
  if (state.url === '' && !isWanted) return notConfigured();
  if (!isOwnWebhook(state.url, settings)) {
    return {
      name: NAME,
      state: 'warning',
      text: `${state.url === '' ? 'not registered' : `registered elsewhere: ${state.url}`}, ${waiting(state.pendingCount)}`,
      remedy: 'The service registers it when it starts: `claudio restart`.',
    };
  }
  return registered('registered', state.pendingCount, state.lastError, clock.now());
}

/** Telegram knows no such bot, or not any more. */
export function tokenRefused(name: string): Finding {
  return {
    name,
    state: 'failed',
    text: 'Telegram does not know the token: it is wrong, or was revoked',
    remedy: 'Get the token from @BotFather (/mybots) and give it to `claudio telegram setup`.',
  };
}

/** The tunnel is not there, so nothing can be delivered for now. */
function comesOtherwise(state: string): Finding {
  const isPolling = state === 'polling';
  return {
    name: NAME,
    state: 'warning',
    text: isPolling ? 'messages are fetched from Telegram, until the tunnel is back' : state,
  };
}

function refused(name: string, reason: string): Finding {
  return { name, state: 'failed', text: `Telegram refuses: ${reason}` };
}

function notConfigured(): Finding {
  // What to do about it stands with the tunnel.
  return { name: NAME, state: 'off', text: 'no public address' };
}

function registered(
  state: string,
  pendingCount: number,
  lastError: { readonly atMs: number; readonly message: string } | null,
  nowMs: number,
): Finding {
  const text = `${state}, ${waiting(pendingCount)}`;
  if (lastError === null) return { name: NAME, state: 'ok', text };
  const ageMs = nowMs - lastError.atMs;
  const told = `${text}; last error ${formatDuration(ageMs)} ago: ${excerpt(lastError.message, MAX_ERROR_LENGTH)}`;
  if (ageMs > RECENT_MS || pendingCount === 0) return { name: NAME, state: 'ok', text: told };
  return {
    name: NAME,
    state: 'warning',
    text: told,
    remedy: 'Telegram does not get through to this machine: look at the tunnel.',
  };
}

function waiting(pendingCount: number): string {
  if (pendingCount === 0) return 'nothing waits';
  return `${pendingCount} ${pendingCount === 1 ? 'update waits' : 'updates wait'} at Telegram`;
}
