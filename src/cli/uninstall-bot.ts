import { rmSync } from 'node:fs';
import { ClaudioError } from '../core/error.ts';
import { disconnectBot } from '../ops/install/disconnect.ts';
import { runStep } from '../ops/install/step.ts';
import { botFolder } from '../platform/configuration/bots.ts';
import {
  asBotSees,
  inspectConfiguration,
  type Inspection,
} from '../platform/configuration/load.ts';
import { lockHome } from '../platform/home-lock.ts';
import { createHttpClient } from '../platform/http-client.ts';
import { EXIT, type CliContext } from './context.ts';
import { tellOfRemoval } from './reload.ts';
import { show } from './show-step.ts';
import { cancelled } from './ui.ts';

/**
 * Takes one of several bots away: its folder, its commands from the service that runs, and its webhook.
 * What it was told stays in the database.
 *
 * @returns 1 where Telegram could not be told.
 * @throws ClaudioError `bot.unknown`, `bot.needed`, `install.under-way`, `reload.refused`,
 * `cli.needs-answer`, `cli.cancelled`
 */
export async function uninstallBot(context: CliContext, name: string): Promise<number> {
  const { ui, environment } = context;
  const inspection = inspectConfiguration(environment);
  refuse(inspection, name);
  const bot = asBotSees(inspection, name);
  const folder = botFolder(inspection.home, name);
  ui.heading(`Taking the bot ${name} away`);
  if (!(await ui.confirm(`Remove ${folder}, with its token and its CLAUDE.md?`, false))) {
    throw cancelled();
  }
  const lock = lockHome(inspection.home, 'install');
  const http = createHttpClient();
  try {
    rmSync(folder, { recursive: true, force: true });
    ui.done(`${folder} is removed`);
    // First the service, which would register it again.
    await tellOfRemoval(context);
    const result = await runStep(() => disconnectBot(bot, http, false));
    show(ui, result);
    ui.say('What was said with it stays in the database, for a bot with the same token.');
    return result.kind === 'failed' ? EXIT.failed : EXIT.ok;
  } finally {
    await http.close();
    lock.release();
  }
}

function refuse({ bots, file }: Inspection, name: string): void {
  const bot = bots.find((one) => one.name === name);
  if (bot === undefined) {
    throw new ClaudioError({
      code: 'bot.unknown',
      message: `There is no bot ${name}. There is: ${bots.map((one) => one.name).join(', ')}.`,
      hint: '`claudio status` lists them.',
    });
  }
  if (bots.length === 1) {
    throw new ClaudioError({
      code: 'bot.needed',
      message: `${name} is the only bot, and without one the service does not start. Nothing was removed.`,
      hint: '`claudio uninstall` takes everything away.',
    });
  }
  if (bot.file === file) {
    throw new ClaudioError({
      code: 'bot.needed',
      message: `The bot ${name} stands in ${file} with the settings of the service. Nothing was removed.`,
      hint: 'Remove TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID there (`claudio config set TELEGRAM_BOT_TOKEN --unset`), then `claudio reload`.',
    });
  }
}
