import { z } from 'zod';
import { boolean, integer, json } from '../fields.ts';
import { badRequest, Refusal } from '../refusal.ts';
import type { State } from '../state.ts';
import { method } from './method.ts';

const DEFAULT_MAX_CONNECTIONS = 40;
const PORTS: ReadonlySet<string> = new Set(['', '443', '80', '88', '8443']);
const KINDS: ReadonlySet<string> = new Set([
  'message',
  'edited_message',
  'channel_post',
  'edited_channel_post',
  'business_connection',
  'business_message',
  'edited_business_message',
  'deleted_business_messages',
  'message_reaction',
  'message_reaction_count',
  'inline_query',
  'chosen_inline_result',
  'callback_query',
  'shipping_query',
  'pre_checkout_query',
  'purchased_paid_media',
  'poll',
  'poll_answer',
  'my_chat_member',
  'chat_member',
  'chat_join_request',
  'chat_boost',
  'removed_chat_boost',
  'stopped_message_generation',
]);

/** HTTPS on Telegram's ports; the stand-in, and it alone, also takes HTTP on the loopback. */
function checkUrl(text: string): void {
  const url = URL.parse(text);
  const onLoopback = url?.protocol === 'http:' && url.hostname === '127.0.0.1';
  if (url === null || (url.protocol !== 'https:' && !onLoopback)) {
    throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
  }
  if (!onLoopback && !PORTS.has(url.port)) {
    throw badRequest('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443');
  }
}

function setAllowed(state: State, allowed: readonly string[] | undefined): void {
  if (allowed === undefined) return;
  const unknown = allowed.filter((kind) => !KINDS.has(kind));
  if (unknown.length > 0) state.violations.push(`allowed_updates: ${unknown.join(', ')}`);
  state.hook.allowedUpdates = allowed.length === 0 ? null : allowed;
}

/** https://core.telegram.org/bots/api#setwebhook */
export const setWebhook = method(
  'setWebhook',
  z.strictObject({
    url: z.string().optional(),
    ip_address: z.string().optional(),
    max_connections: integer.optional(),
    allowed_updates: json(z.array(z.string())).optional(),
    drop_pending_updates: boolean.optional(),
    secret_token: z.string().optional(),
  }),
  (state, params) => {
    const url = params.url ?? '';
    if (url === '') {
      const description = state.hook.webhook === null ? 'is already deleted' : 'was deleted';
      state.hook.webhook = null;
      return { result: true, description: `Webhook ${description}` };
    }
    checkUrl(url);
    const secretToken = params.secret_token ?? null;
    if (secretToken !== null && secretToken.length > 256) {
      throw badRequest('secret token is too long');
    }
    if (secretToken !== null && !/^[\w-]+$/.test(secretToken)) {
      throw badRequest('secret token contains unallowed characters');
    }
    const maxConnections = params.max_connections ?? DEFAULT_MAX_CONNECTIONS;
    if (maxConnections < 1 || maxConnections > 100) {
      throw badRequest('max_connections must be between 1 and 100');
    }
    setAllowed(state, params.allowed_updates);
    const webhook = { url, secretToken, maxConnections };
    const same = JSON.stringify(webhook) === JSON.stringify(state.hook.webhook);
    if (params.drop_pending_updates === true) state.delivery.drop();
    if (same) return { result: true, description: 'Webhook is already set' };
    // Before the new one is looked at, the old one is closed: a refusal leaves none.
    state.hook.webhook = null;
    state.delivery.changed();
    if (state.hook.routes.get(new URL(url).hostname) === 'unresolved') {
      throw badRequest('bad webhook: Failed to resolve host: Name or service not known');
    }
    state.hook.webhook = webhook;
    state.delivery.changed();
    return { result: true, description: 'Webhook was set' };
  },
);

/** https://core.telegram.org/bots/api#deletewebhook */
export const deleteWebhook = method(
  'deleteWebhook',
  z.strictObject({ drop_pending_updates: boolean.optional() }),
  (state, params) => {
    const description = state.hook.webhook === null ? 'is already deleted' : 'was deleted';
    state.hook.webhook = null;
    if (params.drop_pending_updates === true) state.delivery.drop();
    return { result: true, description: `Webhook ${description}` };
  },
);

/** https://core.telegram.org/bots/api#getwebhookinfo */
export const getWebhookInfo = method('getWebhookInfo', z.strictObject({}), (state) => {
  const { webhook, allowedUpdates } = state.hook;
  const { lastError } = state.delivery;
  return {
    result: {
      url: webhook?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: state.delivery.pendingCount(),
      ...(webhook === null ? {} : { max_connections: webhook.maxConnections }),
      ...(lastError === null || webhook === null
        ? {}
        : {
            last_error_date: Math.floor(lastError.atMs / 1_000),
            last_error_message: lastError.message,
          }),
      ...(allowedUpdates === null ? {} : { allowed_updates: allowedUpdates }),
    },
  };
});

/** https://core.telegram.org/bots/api#getupdates */
export const getUpdates = method(
  'getUpdates',
  z.strictObject({
    offset: integer.optional(),
    limit: integer.optional(),
    timeout: integer.optional(),
    allowed_updates: json(z.array(z.string())).optional(),
  }),
  async (state, params) => {
    if (state.hook.webhook !== null) {
      throw new Refusal(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    }
    setAllowed(state, params.allowed_updates);
    const { offset = 0, limit = 100, timeout = 0 } = params;
    return { result: await state.delivery.polls.poll({ offset, limit, timeoutSeconds: timeout }) };
  },
);
