import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { ensurePrivateFolder, makePrivate } from '../files.ts';
import type { BotSettings, InspectedBot } from './bots.ts';
import { changeEnvFile } from './change.ts';
import { readable } from './read-file.ts';
import type { Settings } from './schema.ts';

/**
 * Fills in what a bot that was found right does not say, and makes its own file and folder private.
 * Where it has no webhook secret, one is made and saved.
 *
 * @throws ClaudioError `home.unusable`
 */
export function completeBot({ name, file, settings }: InspectedBot, userHome: string): BotSettings {
  if (file.endsWith('bot.env')) {
    readable(file, () => {
      ensurePrivateFolder(dirname(file));
      makePrivate(file);
    });
  }
  const { TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID, TELEGRAM_ALLOWED_USERS } = settings;
  const { WEBHOOK_SECRET, MODEL, MAX_HISTORY_LINES, CLAUDE_WORK_DIR } = settings;
  if (
    TELEGRAM_BOT_TOKEN === undefined ||
    TELEGRAM_CHAT_ID === undefined ||
    TELEGRAM_ALLOWED_USERS === undefined ||
    MODEL === undefined ||
    MAX_HISTORY_LINES === undefined
  ) {
    throw new Error(`the bot ${name} was found right and is not complete`);
  }
  return {
    name,
    file,
    TELEGRAM_BOT_TOKEN,
    TELEGRAM_CHAT_ID,
    TELEGRAM_ALLOWED_USERS,
    MODEL,
    MAX_HISTORY_LINES,
    CLAUDE_WORK_DIR: CLAUDE_WORK_DIR ?? userHome,
    WEBHOOK_SECRET: WEBHOOK_SECRET ?? makeWebhookSecret(file),
  };
}

/**
 * Makes a webhook secret and saves it to a file of settings.
 *
 * @throws ClaudioError `home.unusable`
 */
export function makeWebhookSecret(file: string): string {
  const secret = randomBytes(32).toString('base64url');
  changeEnvFile(file, { WEBHOOK_SECRET: secret });
  return secret;
}

/** What nobody but the person may see, of the service and of all its bots. */
export function secretsOf(configuration: {
  readonly settings: Settings;
  readonly bots: readonly BotSettings[];
}): readonly string[] {
  const { settings, bots } = configuration;
  return [
    ...bots.flatMap((bot) => [bot.TELEGRAM_BOT_TOKEN, bot.WEBHOOK_SECRET]),
    ...(settings.ELEVENLABS_API_KEY === undefined ? [] : [settings.ELEVENLABS_API_KEY]),
  ];
}
