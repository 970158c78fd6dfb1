import { setTimeout } from 'node:timers/promises';
import { createBotApi, type CallFailure } from '../../channels/telegram/client.ts';
import { refusesToken } from '../../channels/telegram/outcome.ts';
import { getMe } from '../../channels/telegram/webhook.ts';
import type { Finding } from '../../core/finding.ts';
import { asBotSees } from '../../platform/configuration/load.ts';
import { askHealth } from '../ask-health.ts';
import { reasonOf, showTyping } from '../install/bot.ts';
import { hurried, type View } from '../status/site.ts';
import { tokenRefused, webhookFinding, webhookFindings } from '../status/webhook.ts';
import type { Diagnosis } from './diagnosis.ts';

/** How long the service is given to register its webhook anew, and how often it is asked. */
const REGISTRATION_LIMIT_MS = 10_000;
const ASK_EVERY_MS = 500;

/** Of each bot: whether the token is right, the chat can be written to, and the webhook stands. */
export async function telegramDiagnoses(view: View): Promise<readonly Diagnosis[]> {
  const { configuration } = view;
  if (configuration.bots.length === 1) return await botDiagnoses(view, webhookFinding);
  const webhooks = await webhookFindings(view);
  const groups = await Promise.all(
    configuration.bots.map(async ({ name }, index) => {
      const mine = { ...view, configuration: asBotSees(configuration, name) };
      const webhook = webhooks[index];
      const found = await botDiagnoses(mine, () =>
        webhook === undefined
          ? webhookFinding(mine)
          : Promise.resolve({ ...webhook, name: 'webhook' }),
      );
      return found.map((diagnosis) => ({ ...diagnosis, name: `${name}: ${diagnosis.name}` }));
    }),
  );
  return groups.flat();
}

async function botDiagnoses(
  view: View,
  lookAtWebhook: (view: View) => Promise<Finding>,
): Promise<readonly Diagnosis[]> {
  const { settings } = view.configuration;
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chatId } = settings;
  if (token === undefined) {
    return [
      {
        name: 'bot',
        state: 'failed',
        text: 'no bot is connected',
        remedy: '`claudio telegram setup` connects one.',
      },
    ];
  }
  const api = createBotApi({ http: hurried(view.http), root: settings.TELEGRAM_API_ROOT, token });
  const me = await getMe(api);
  if (me.kind !== 'bot') return [botFailure(me)];
  const [typing, webhook] = await Promise.all([
    chatId === undefined ? null : showTyping(api, chatId),
    lookAtWebhook(view),
  ]);
  return [
    { name: 'bot', state: 'ok', text: `@${me.username}` },
    ...(typing === null || chatId === undefined
      ? []
      : [chatDiagnosis(typing, chatId, me.username)]),
    webhook.state === 'failed' && view.report !== null
      ? { ...webhook, mend: () => registerAnew(view) }
      : webhook,
  ];
}

function botFailure(failure: CallFailure): Diagnosis {
  const name = 'bot';
  if (refusesToken(failure)) return tokenRefused(name);
  if (failure.kind === 'rejected') {
    return { name, state: 'failed', text: `Telegram refuses: ${reasonOf(failure)}` };
  }
  return {
    name,
    state: 'failed',
    text: `Telegram cannot be reached: ${reasonOf(failure)}`,
    remedy: 'Look at the network of this machine.',
  };
}

function chatDiagnosis(
  typing: { readonly kind: 'ok' } | CallFailure,
  chatId: string,
  username: string,
): Diagnosis {
  const name = 'chat';
  if (typing.kind === 'ok') return { name, state: 'ok', text: `${chatId} can be written to` };
  return {
    name,
    state: typing.kind === 'rejected' ? 'failed' : 'warning',
    text: `${chatId} cannot be written to: ${reasonOf(typing)}`,
    remedy: `Open https://t.me/${username} and press START; \`claudio telegram setup\` takes another chat.`,
  };
}

/** A service that is asked how it is registers a wrong webhook anew. */
async function registerAnew({ http, configuration, clock }: View): Promise<string> {
  const startedAtMs = clock.elapsed();
  for (;;) {
    const asked = await askHealth(hurried(http), configuration.settings.PORT);
    if (asked.kind === 'answered' && asked.report.checks['webhook']?.ok === true) {
      return 'The service registered the webhook anew.';
    }
    if (clock.elapsed() - startedAtMs > REGISTRATION_LIMIT_MS) {
      throw new Error('The service could not register the webhook; `claudio log` tells why.');
    }
    await setTimeout(ASK_EVERY_MS);
  }
}
