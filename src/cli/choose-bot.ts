import { text } from 'node:stream/consumers';
import { refusesToken } from '../channels/telegram/outcome.ts';
import { ClaudioError } from '../core/error.ts';
import {
  telegramFailed,
  tidyToken,
  tokenFault,
  tryToken,
  type KnownBot,
} from '../ops/install/bot.ts';
import type { Inspection } from '../platform/configuration/load.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { CliContext } from './context.ts';

/**
 * The bot to be connected: from standard input, the one that is set up, or of a token that is asked for
 * until it is right.
 *
 * @throws ClaudioError `telegram.bad-token`, `telegram.token-refused`, `telegram.unreachable`,
 * `cli.needs-answer`, `cli.cancelled`
 */
export async function chooseBot(
  context: CliContext,
  { settings }: Inspection,
  http: HttpClient,
  fromStdin: boolean,
): Promise<KnownBot> {
  const { ui } = context;
  const verify = (token: string) =>
    ui.step('Asking Telegram about the token', () =>
      tryToken(http, settings.TELEGRAM_API_ROOT, token),
    );
  if (fromStdin) {
    const tried = await verify(readToken(await text(context.stdin)));
    if (tried.kind !== 'bot') throw telegramFailed(tried);
    return tried;
  }

  if (settings.TELEGRAM_BOT_TOKEN !== undefined) {
    const tried = await verify(settings.TELEGRAM_BOT_TOKEN);
    if (tried.kind === 'bot') {
      if (!ui.isInteractive) return tried;
      if (await ui.confirm(`@${tried.username} is set up already. Go on with this bot?`)) {
        return tried;
      }
    } else if (refusesToken(tried) && ui.isInteractive) {
      ui.warn('Telegram does not know the token that is set up: it is wrong, or it was revoked.');
    } else {
      throw telegramFailed(tried);
    }
  }

  if (!ui.isInteractive) {
    throw new ClaudioError({
      code: 'cli.needs-answer',
      message: 'There is no token of a bot, and nobody to ask for one.',
      hint: 'Write /newbot to @BotFather on Telegram, and give its token on standard input: claudio telegram setup --token-stdin < FILE (with --bot NAME for a further bot)',
    });
  }
  ui.say('On Telegram, write /newbot to @BotFather. At the end it gives you a token: copy that.');
  for (;;) {
    const token = tidyToken(
      await ui.secret('The token of your bot (it is not shown)', '--token-stdin', tokenFault),
    );
    const tried = await verify(token);
    if (tried.kind === 'bot') return tried;
    if (!refusesToken(tried)) throw telegramFailed(tried);
    ui.fail('Telegram does not know this token. Copy all of it, and try once more.');
  }
}

function readToken(given: string): string {
  const fault = given.trim() === '' ? 'Standard input was empty.' : tokenFault(given);
  if (fault === null) return tidyToken(given);
  throw new ClaudioError({
    code: 'telegram.bad-token',
    message: fault,
    hint: 'Give the token that @BotFather told you, and nothing else, on standard input.',
  });
}
