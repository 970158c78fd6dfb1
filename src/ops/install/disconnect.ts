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
 * @param isTokenKept Whether it can be tried again later.
 * @throws ClaudioError `telegram.unreachable`, `telegram.refused`
 */
export async function disconnectBot(
  { settings }: Inspection,
  http: HttpClient,
  isTokenKept: boolean,
): Promise<StepResult> {
  const token = settings.TELEGRAM_BOT_TOKEN;
  if (token === undefined) return { kind: 'already', text: 'No bot is connected' };
  const api = createBotApi({ http, root: settings.TELEGRAM_API_ROOT, token });
  const state = await webhookState(api);
  if (state.kind !== 'state') {
    if (refusesToken(state)) {
      return { kind: 'already', text: 'Telegram does not know the bot any more' };
    }
    return unreached(reasonOf(state), isTokenKept);
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
  return unreached(reasonOf(removed), isTokenKept);
}

function unreached(reason: string, isTokenKept: boolean): StepResult {
  return {
    kind: 'failed',
    text: `Telegram could not be told to deliver nothing here any more: ${reason}`,
    remedy: isTokenKept
      ? 'Run `claudio uninstall` again when it can be, or do nothing: what Telegram sends goes nowhere.'
      : 'What it sends goes nowhere, and its token goes with the folder: /revoke at @BotFather ends that for good.',
  };
}
