import { createBotApi, type BotApi, type CallFailure } from '../../channels/telegram/client.ts';
import { refusesToken } from '../../channels/telegram/outcome.ts';
import { doneSchema, sentMessageSchema } from '../../channels/telegram/schema.ts';
import { getMe, webhookAddress } from '../../channels/telegram/webhook.ts';
import { ClaudioError } from '../../core/error.ts';
import type { Inspection } from '../../platform/configuration/load.ts';
import type { HttpClient } from '../../platform/http-client.ts';

const TOKEN = /^\d+:[\w-]+$/u;

/** A bot whose token was found right. */
export interface KnownBot {
  readonly kind: 'bot';
  readonly api: BotApi;
  readonly token: string;
  readonly id: string;
  /** Without `@`. */
  readonly username: string;
}

/** A token as it was pasted, without the blanks and line ends around it and in it. */
export function tidyToken(text: string): string {
  return text.replaceAll(/\s+/gu, '');
}

/** What is wrong with the form of a token, or null. */
export function tokenFault(text: string): string | null {
  return TOKEN.test(tidyToken(text))
    ? null
    : 'That is no token: one looks like 123456:letters-and-digits, as @BotFather gives it.';
}

/** Tries a token out: getMe. */
export async function tryToken(
  http: HttpClient,
  apiRoot: string,
  token: string,
): Promise<KnownBot | CallFailure> {
  const api = createBotApi({ http, root: apiRoot, token });
  const me = await getMe(api);
  return me.kind === 'bot' ? { ...me, api, token } : me;
}

/** A failure as the rest of a sentence. */
export function reasonOf(failure: CallFailure): string {
  if (failure.kind !== 'rate-limited') return failure.reason.replace(/^Bad Request: /u, '');
  return `too many requests, so it wants a pause of ${Math.ceil(failure.retryAfterMs / 1000)} s`;
}

/** What ends a command where Telegram does not do what it is asked for. */
export function telegramFailed(failure: CallFailure): ClaudioError {
  if (refusesToken(failure)) {
    return new ClaudioError({
      code: 'telegram.token-refused',
      message: 'Telegram does not know this token: it is wrong, or it was revoked.',
      hint: 'Get the token from @BotFather on Telegram (/token) and run `claudio telegram setup`.',
    });
  }
  if (failure.kind === 'rejected') {
    return new ClaudioError({
      code: 'telegram.refused',
      message: `Telegram refuses: ${reasonOf(failure)}.`,
      hint: 'Mend that, and run the same command again.',
    });
  }
  return new ClaudioError({
    code: 'telegram.unreachable',
    message: `Telegram cannot be reached: ${reasonOf(failure)}.`,
    hint: 'See that this machine is online, and run the same command again.',
  });
}

/** Whether an address that Telegram delivers to is the one that these settings lead to. */
export function isOwnWebhook(
  url: string,
  settings: Pick<Inspection['settings'], 'WEBHOOK_URL' | 'TUNNEL_QUICK'>,
): boolean {
  if (settings.TUNNEL_QUICK) {
    return URL.parse(url)?.hostname.endsWith('.trycloudflare.com') === true;
  }
  return settings.WEBHOOK_URL !== undefined && url === webhookAddress(settings.WEBHOOK_URL);
}

/** Sends a text once, without the service: the hello of a new bot. */
export async function sendOnce(
  api: BotApi,
  chatId: string,
  text: string,
): Promise<{ readonly kind: 'sent' } | CallFailure> {
  const outcome = await api.call('sendMessage', { chat_id: chatId, text }, sentMessageSchema);
  return outcome.kind === 'ok' ? { kind: 'sent' } : outcome;
}

/** Shows for a moment that the bot is typing: it may write there if that works. */
export async function showTyping(
  api: BotApi,
  chatId: string,
): Promise<{ readonly kind: 'ok' } | CallFailure> {
  return await api.call('sendChatAction', { chat_id: chatId, action: 'typing' }, doneSchema);
}
