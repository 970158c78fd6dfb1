import { dirname } from 'node:path';
import { removeWebhook, webhookState } from '../channels/telegram/webhook.ts';
import { ClaudioError } from '../core/error.ts';
import {
  isOwnWebhook,
  reasonOf,
  showTyping,
  telegramFailed,
  tryToken,
  type KnownBot,
} from '../ops/install/bot.ts';
import { createRestingService, type RestingService } from '../ops/install/resting-service.ts';
import { createServiceManager } from '../ops/service/create.ts';
import { changeEnvFile } from '../platform/configuration/change.ts';
import { BOT_NAME, botFolder, MAIN_BOT, nameFault } from '../platform/configuration/bots.ts';
import {
  asBotSees,
  claudioHome,
  inspectConfiguration,
  type Inspection,
} from '../platform/configuration/load.ts';
import { ensurePrivateFolder } from '../platform/files.ts';
import { lockHome } from '../platform/home-lock.ts';
import { createHttpClient, type HttpClient } from '../platform/http-client.ts';
import { announce } from './announce-bot.ts';
import { chooseBot } from './choose-bot.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { untilInterrupted } from './interrupt.ts';
import { cancelled } from './ui.ts';
import { isUp, tellRunningService } from './reload.ts';
import { waitForOwner } from './wait-for-owner.ts';

export interface TelegramSetupOptions extends CommonOptions {
  readonly tokenStdin?: boolean;
  readonly chatId?: string;
  /** Which bot; the first one unless given. */
  readonly bot?: string;
}

/** What one run of the wizard works with. */
interface Wizard {
  readonly context: CliContext;
  readonly options: TelegramSetupOptions;
  readonly http: HttpClient;
  readonly service: RestingService;
  readonly signal: AbortSignal;
  /** Its name, and whether there is none of that name yet. */
  readonly bot: { readonly name: string; readonly isNew: boolean };
}

/**
 * Connects a bot with the chat of the person.
 *
 * @throws ClaudioError `install.under-way`; what {@link connectBot} throws
 */
export async function telegramSetup(
  context: CliContext,
  options: TelegramSetupOptions,
): Promise<number> {
  const { environment, host, ui } = context;
  const home = claudioHome(environment);
  const lock = lockHome(home, 'install');
  try {
    const code = await connectBot(context, options);
    const service = createRestingService(createServiceManager(host), home);
    if (code === EXIT.ok && (await service.state()) === 'absent') {
      ui.say('Next: `claudio install` sets up what is left; `claudio start` runs Claudio here.');
    }
    return code;
  } finally {
    lock.release();
  }
}

/**
 * The same, for who has the lock. A service that has to rest meanwhile is started again however this
 * ends.
 *
 * @throws ClaudioError `home.in-use` where a service runs that is not installed; what the steps throw.
 */
export async function connectBot(
  context: CliContext,
  options: TelegramSetupOptions,
): Promise<number> {
  const { ui, environment, host } = context;
  const { home, bots } = inspectConfiguration(environment);
  const name = options.bot ?? bots[0]?.name ?? MAIN_BOT;
  if (!BOT_NAME.test(name)) throw badName(name);
  const bot = { name, isNew: bots.every((one) => one.name !== name) };
  const service = createRestingService(createServiceManager(host), home);
  const http = createHttpClient();
  ui.heading(`Connecting your bot${name === MAIN_BOT ? '' : ` ${name}`} on Telegram`);
  try {
    return await untilInterrupted((signal) =>
      connect({ context, options, http, service, signal, bot }),
    );
  } finally {
    await service.wake();
    await http.close();
  }
}

async function connect(wizard: Wizard): Promise<number> {
  const { context, options, http } = wizard;
  const { ui, environment } = context;
  const all = inspectConfiguration(environment);
  const before = asBotSees(all, wizard.bot.name);
  const bot = await chooseBot(context, before, http, options.tokenStdin === true);
  refuseBotOfAnother(all, wizard.bot.name, bot);
  ui.done(`This is @${bot.username}.`);
  await agreeToTakeOver(wizard, bot, before);

  const chatId =
    options.chatId === undefined
      ? await pair(wizard, bot)
      : await agreeToChat(context, bot, options.chatId);
  if (before.file !== all.file) ensureBotFolder(before.home, wizard.bot.name);
  changeEnvFile(before.file, { TELEGRAM_BOT_TOKEN: bot.token, TELEGRAM_CHAT_ID: chatId });
  ui.done(`The token and the chat are saved in ${before.file}.`);
  if (before.file === all.file) {
    warnOfEnvironment(context, { TELEGRAM_BOT_TOKEN: bot.token, TELEGRAM_CHAT_ID: chatId });
  }
  await leaveOldBot(wizard, before, bot);

  const code = await announce(context, { name: wizard.bot.name, bot, chatId });
  // What runs goes on: a new bot is no reason to let anything rest.
  const isTaken = wizard.bot.isNew && (await tellRunningService(context, wizard.bot.name));
  if (!isTaken && (await wizard.service.state()) !== 'absent') {
    await ui.step('Starting the service with the new settings', () => wizard.service.begin());
  }
  return code;
}

function badName(name: string): ClaudioError {
  return new ClaudioError({
    code: 'bot.bad-name',
    message: nameFault(name),
    hint: 'Such as --bot work.',
  });
}

/** @throws ClaudioError `bot.taken`: one bot with two owners would answer both with the same name. */
function refuseBotOfAnother({ bots }: Inspection, name: string, { id, username }: KnownBot): void {
  const other = bots.find(
    ({ name: one, settings }) =>
      one !== name && settings.TELEGRAM_BOT_TOKEN?.startsWith(`${id}:`) === true,
  );
  if (other === undefined) return;
  throw new ClaudioError({
    code: 'bot.taken',
    message: `@${username} is the bot ${other.name} already. Nothing was changed.`,
    hint: 'Each bot needs a token of its own: write /newbot to @BotFather on Telegram.',
  });
}

function ensureBotFolder(home: string, name: string): void {
  const folder = botFolder(home, name);
  ensurePrivateFolder(dirname(folder));
  ensurePrivateFolder(folder);
}

/** Where Telegram delivers to somebody else, the person has to know. */
async function agreeToTakeOver(
  { context: { ui } }: Wizard,
  bot: KnownBot,
  { settings }: Inspection,
): Promise<void> {
  const state = await webhookState(bot.api);
  if (state.kind !== 'state') throw telegramFailed(state);
  if (state.url === '' || isOwnWebhook(state.url, settings)) return;
  ui.warn(`Telegram delivers the messages of @${bot.username} to ${state.url} so far.`);
  if (!(await ui.confirm('Shall they come here instead?'))) throw cancelled();
}

async function pair(wizard: Wizard, bot: KnownBot): Promise<string> {
  const { context, service, signal } = wizard;
  const { ui, environment } = context;
  const { home } = inspectConfiguration(environment);
  const quiet = async () => {
    // Nobody else asks Telegram for the messages of a bot that is not set up yet.
    if (wizard.bot.isNew && (await isUp(context))) return;
    if ((await service.state()) === 'running') {
      await ui.step('Letting the service rest meanwhile; running turns may finish', () =>
        service.rest(),
      );
    }
    // What still has the home is a service that was started by hand.
    lockHome(home).release();
  };
  await quiet();
  const removed = await removeWebhook(bot.api, signal);
  if (removed.kind !== 'removed') throw telegramFailed(removed);
  return await waitForOwner(context, bot, { signal, quiet });
}

/** A chat that was given: the bot must be able to write there. */
async function agreeToChat({ ui }: CliContext, bot: KnownBot, chatId: string): Promise<string> {
  const shown = await showTyping(bot.api, chatId);
  if (shown.kind === 'rejected') {
    throw new ClaudioError({
      code: 'telegram.no-chat',
      message: `@${bot.username} cannot write to the chat ${chatId}: ${reasonOf(shown)}.`,
      hint: `Open https://t.me/${bot.username} and press START (or add the bot to the group), and try again.`,
    });
  }
  if (shown.kind !== 'ok') throw telegramFailed(shown);
  if (chatId.startsWith('-')) {
    ui.warn(
      'This is a group: nobody in it is the owner. Whoever is to be heard there needs a role, by TELEGRAM_ALLOWED_USERS or `claudio access grant`.',
    );
    if (!(await ui.confirm('Connect it?', false))) throw cancelled();
  }
  return chatId;
}

function warnOfEnvironment(
  { ui, environment }: CliContext,
  saved: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(saved)) {
    if ((environment[name] ?? value) === value) continue;
    ui.warn(`${name} is set in your environment too, to something else, and wins over the file.`);
  }
}

/** Another bot than before: Telegram would go on to deliver the old one's messages here. */
async function leaveOldBot(
  { context: { ui }, http }: Wizard,
  { settings }: Inspection,
  bot: KnownBot,
): Promise<void> {
  const token = settings.TELEGRAM_BOT_TOKEN;
  if (token === undefined || token.startsWith(`${bot.id}:`)) return;
  const old = await tryToken(http, settings.TELEGRAM_API_ROOT, token);
  if (old.kind !== 'bot') return;
  const state = await webhookState(old.api);
  if (state.kind !== 'state' || !isOwnWebhook(state.url, settings)) return;
  const removed = await removeWebhook(old.api);
  if (removed.kind === 'removed') ui.done(`@${old.username} is no longer connected.`);
  else ui.warn(`Telegram still delivers the messages of @${old.username}: ${reasonOf(removed)}.`);
}
