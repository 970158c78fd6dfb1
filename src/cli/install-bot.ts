import { tryToken } from '../ops/install/bot.ts';
import { asBotSees, inspectConfiguration } from '../platform/configuration/load.ts';
import { createHttpClient } from '../platform/http-client.ts';
import { EXIT, type CliContext } from './context.ts';
import { telegramSetup, type TelegramSetupOptions } from './telegram-setup.ts';

/**
 * Sets a further bot up beside the first, in a service that may run meanwhile. Run again, it changes
 * nothing.
 *
 * @throws ClaudioError `bot.bad-name`, `bot.taken`; what {@link telegramSetup} throws
 */
export async function installBot(
  context: CliContext,
  bot: string,
  options: TelegramSetupOptions,
): Promise<number> {
  const { ui, environment } = context;
  const inspection = inspectConfiguration(environment);
  const isThere = inspection.bots.some(({ name }) => name === bot);
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chat } = asBotSees(inspection, bot).settings;
  if (isThere && token !== undefined && chat !== undefined) {
    const http = createHttpClient();
    try {
      const tried = await tryToken(http, inspection.settings.TELEGRAM_API_ROOT, token);
      if (tried.kind === 'bot') {
        ui.done(`@${tried.username} is the bot ${bot} already, connected with the chat ${chat}`);
        return EXIT.ok;
      }
    } finally {
      await http.close();
    }
  }
  const code = await telegramSetup(context, { ...options, bot });
  const { file } = asBotSees(inspectConfiguration(environment), bot);
  ui.say(`What is its own (model, folder, members) stands in ${file}.`);
  return code;
}
