import type { BotApi, CallFailure } from './client.ts';
import { botSchema, doneSchema, webhookInfoSchema } from './schema.ts';

/** Where Telegram delivers, below WEBHOOK_URL. */
export const WEBHOOK_PATH = '/telegram/webhook';
/** What each delivery carries the secret in. */
export const SECRET_HEADER = 'x-telegram-bot-api-secret-token';
/** The updates that Claudio asks for; {@link parseUpdate} knows no others. */
export const ALLOWED_UPDATES = [
  'message',
  'edited_message',
  'message_reaction',
  'callback_query',
] as const;
/** Telegram sends the updates of one chat one after another, so this is a number of chats. */
const MAX_CONNECTIONS_COUNT = 10;

/** How things stand at Telegram: https://core.telegram.org/bots/api#webhookinfo */
export interface WebhookState {
  readonly kind: 'state';
  /** Empty when no webhook is set. */
  readonly url: string;
  /** Updates that wait to be delivered. */
  readonly pendingCount: number;
  /** The last delivery that failed, in Telegram's words. It stays after later ones have worked. */
  readonly lastError: { readonly atMs: number; readonly message: string } | null;
}

/** `registered`: Telegram took something new; `unchanged`: everything was so before. */
export type WebhookRegistration =
  (Omit<WebhookState, 'kind'> & { readonly kind: 'registered' | 'unchanged' }) | CallFailure;

/** The address that Telegram is to deliver to. */
export function webhookAddress(webhookUrl: string): string {
  return `${webhookUrl.replace(/\/+$/, '')}${WEBHOOK_PATH}`;
}

/** Asks Telegram for the state of the webhook: getWebhookInfo. */
export async function webhookState(api: BotApi): Promise<WebhookState | CallFailure> {
  const outcome = await api.call('getWebhookInfo', {}, webhookInfoSchema);
  return outcome.kind === 'ok' ? { kind: 'state', ...outcome.result } : outcome;
}

/**
 * Makes sure that Telegram delivers here: setWebhook. May be called at every start; Telegram does
 * nothing when nothing is new, and limits calls to about one a second. What waited while the service
 * was away is kept.
 *
 * @returns The state as it was found, apart from `url`, which is the one that is set now.
 */
export async function ensureWebhook(
  api: BotApi,
  options: { webhookUrl: string; secretToken: string },
): Promise<WebhookRegistration> {
  const before = await webhookState(api);
  if (before.kind !== 'state') return before;
  const url = webhookAddress(options.webhookUrl);
  const outcome = await api.call(
    'setWebhook',
    {
      url,
      secret_token: options.secretToken,
      allowed_updates: ALLOWED_UPDATES,
      max_connections: MAX_CONNECTIONS_COUNT,
    },
    doneSchema,
  );
  if (outcome.kind !== 'ok') return outcome;
  // Only this word tells: the secret cannot be read back and compared.
  const unchanged = outcome.description === 'Webhook is already set';
  return { ...before, kind: unchanged ? 'unchanged' : 'registered', url };
}

/**
 * Ends the delivery to a webhook: deleteWebhook. What waits at Telegram stays there, to be fetched or
 * delivered later. Nothing happens where there is no webhook.
 */
export async function removeWebhook(
  api: BotApi,
  signal?: AbortSignal,
): Promise<{ readonly kind: 'removed' } | CallFailure> {
  const outcome = await api.call(
    'deleteWebhook',
    { drop_pending_updates: false },
    doneSchema,
    signal === undefined ? {} : { signal },
  );
  return outcome.kind === 'ok' ? { kind: 'removed' } : outcome;
}

/** Tells Telegram which commands to offer while one types: setMyCommands. */
export async function registerCommands(
  api: BotApi,
  commands: readonly { readonly name: string; readonly description: string }[],
): Promise<{ readonly kind: 'registered' } | CallFailure> {
  const outcome = await api.call(
    'setMyCommands',
    { commands: commands.map(({ name, description }) => ({ command: name, description })) },
    doneSchema,
  );
  return outcome.kind === 'ok' ? { kind: 'registered' } : outcome;
}

/** The bot itself. */
export interface Bot {
  readonly kind: 'bot';
  readonly id: string;
  readonly username: string;
}

/** Asks Telegram who the bot is: getMe. A wrong token is `rejected` with 401 or 404. */
export async function getMe(api: BotApi): Promise<Bot | CallFailure> {
  const outcome = await api.call('getMe', {}, botSchema);
  return outcome.kind === 'ok' ? { kind: 'bot', ...outcome.result } : outcome;
}
