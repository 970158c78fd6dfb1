import { createBotApi } from '../../channels/telegram/client.ts';
import { refusesToken } from '../../channels/telegram/outcome.ts';
import { removeWebhook, webhookState } from '../../channels/telegram/webhook.ts';
import type { Inspection } from '../../platform/configuration/load.ts';
import type { HttpClient } from '../../platform/http-client.ts';
import { isOwnWebhook, reasonOf, telegramFailed } from './bot.ts';
import type { StepResult } from './step.ts';

/**
 * Lets Telegram deliver here no more. What waits there stays for whoever comes next.
 *
 * @throws ClaudioError `telegram.unreachable`, `telegram.refused`
 */
export async function disconnectBot(
  { settings }: Inspection,
  http: HttpClient,
): Promise<StepResult> {
  const token = settings.TELEGRAM_BOT_TOKEN;
  if (token === undefined) return { kind: 'already', text: 'No bot is connected' };
  const api = createBotApi({ http, root: settings.TELEGRAM_API_ROOT, token });
  const state = await webhookState(api);
  if (state.kind !== 'state') {
    if (refusesToken(state)) {
      return { kind: 'already', text: 'Telegram does not know the bot any more' };
    }
    return { kind: 'failed', text: unreached(reasonOf(state)), remedy: ONCE_MORE };
  }
  if (state.url === '') return { kind: 'already', text: 'Telegram delivers nothing here' };
  if (!isOwnWebhook(state.url, settings)) {
    const text = `Telegram delivers to ${state.url}, which is not this Claudio, so that stays`;
    return { kind: 'already', text };
  }
  const removed = await removeWebhook(api);
  if (removed.kind === 'removed') {
    return { kind: 'done', text: 'Telegram delivers nothing here any more' };
  }
  if (removed.kind === 'rejected') throw telegramFailed(removed);
  return { kind: 'failed', text: unreached(reasonOf(removed)), remedy: ONCE_MORE };
}

const ONCE_MORE =
  'Run `claudio uninstall` again when it can be, or do nothing: what Telegram sends goes nowhere.';

function unreached(reason: string): string {
  return `Telegram could not be told to deliver nothing here any more: ${reason}`;
}
