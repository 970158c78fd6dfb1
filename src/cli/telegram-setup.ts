import { hostname } from 'node:os';
import { ensureWebhook, removeWebhook, webhookState } from '../channels/telegram/webhook.ts';
import { ClaudioError } from '../core/error.ts';
import {
  isOwnWebhook,
  reasonOf,
  sendOnce,
  showTyping,
  telegramFailed,
  tryToken,
  type KnownBot,
} from '../ops/install/bot.ts';
import { createRestingService, type RestingService } from '../ops/install/resting-service.ts';
import { createServiceManager } from '../ops/service/create.ts';
import { changeEnvFile } from '../platform/configuration/change.ts';
import {
  claudioHome,
  inspectConfiguration,
  loadConfiguration,
  type Inspection,
} from '../platform/configuration/load.ts';
import { lockHome } from '../platform/home-lock.ts';
import { createHttpClient, type HttpClient } from '../platform/http-client.ts';
import { chooseBot } from './choose-bot.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { untilInterrupted } from './interrupt.ts';
import { cancelled } from './ui.ts';
import { waitForOwner } from './wait-for-owner.ts';

export interface TelegramSetupOptions extends CommonOptions {
  readonly tokenStdin?: boolean;
  readonly chatId?: string;
}

/** What one run of the wizard works with. */
interface Wizard {
  readonly context: CliContext;
  readonly options: TelegramSetupOptions;
  readonly http: HttpClient;
  readonly service: RestingService;
  readonly signal: AbortSignal;
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
  const { home } = inspectConfiguration(environment);
  const service = createRestingService(createServiceManager(host), home);
  const http = createHttpClient();
  ui.heading('Connecting your bot on Telegram');
  try {
    return await untilInterrupted((signal) => connect({ context, options, http, service, signal }));
  } finally {
    await service.wake();
    await http.close();
  }
}

async function connect(wizard: Wizard): Promise<number> {
  const { context, options, http } = wizard;
  const { ui, environment } = context;
  const before = inspectConfiguration(environment);
  const bot = await chooseBot(context, before, http, options.tokenStdin === true);
  ui.done(`This is @${bot.username}.`);
  await agreeToTakeOver(wizard, bot, before);

  const chatId =
    options.chatId === undefined
      ? await pair(wizard, bot)
      : await agreeToChat(context, bot, options.chatId);
  changeEnvFile(before.file, { TELEGRAM_BOT_TOKEN: bot.token, TELEGRAM_CHAT_ID: chatId });
  ui.done(`The token and the chat are saved in ${before.file}.`);
  warnOfEnvironment(context, { TELEGRAM_BOT_TOKEN: bot.token, TELEGRAM_CHAT_ID: chatId });
  await leaveOldBot(wizard, before, bot);

  const codes = [await register(context, bot), await sayHello(context, bot, chatId)];
  if ((await wizard.service.state()) !== 'absent') {
    await ui.step('Starting the service with the new settings', () => wizard.service.begin());
  }
  return codes.find((code) => code !== EXIT.ok) ?? EXIT.ok;
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

async function pair({ context, service, signal }: Wizard, bot: KnownBot): Promise<string> {
  const { ui, environment } = context;
  const { home } = inspectConfiguration(environment);
  const quiet = async () => {
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
    ui.warn('This is a group: everybody in it will command Claude on this machine.');
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

/** Tells Telegram the address, so that what it has against it is seen here. @returns An exit code. */
async function register({ ui, environment }: CliContext, { api }: KnownBot): Promise<number> {
  const { faults, settings, file } = inspectConfiguration(environment);
  if (faults.length > 0) {
    ui.warn(
      `Before the service can start, ${file} is to be corrected:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    return EXIT.config;
  }
  if (settings.TUNNEL_QUICK) {
    ui.say('The quick tunnel gets its address when the service starts, which tells Telegram.');
    return EXIT.ok;
  }
  if (settings.WEBHOOK_URL === undefined) {
    ui.warn(
      'There is no tunnel yet, by which messages come here: `claudio tunnel setup` makes one.',
    );
    return EXIT.ok;
  }
  const webhook = await ensureWebhook(api, {
    webhookUrl: settings.WEBHOOK_URL,
    secretToken: loadConfiguration(environment).settings.WEBHOOK_SECRET,
  });
  if ('url' in webhook) {
    ui.done(`Telegram delivers to ${webhook.url}.`);
    return EXIT.ok;
  }
  if (webhook.kind === 'rejected') {
    ui.fail(
      `Telegram refuses the address ${settings.WEBHOOK_URL}: ${reasonOf(webhook)}.\nSee that the tunnel and its name are right (\`claudio tunnel status\`); the service tries again by itself.`,
    );
    return EXIT.failed;
  }
  ui.warn(
    `Telegram could not be told the address: ${reasonOf(webhook)}. The service tries again by itself.`,
  );
  return EXIT.unavailable;
}

/** @returns An exit code. */
async function sayHello({ ui }: CliContext, bot: KnownBot, chatId: string): Promise<number> {
  const text = `👋 Hello! This chat is connected with Claude Code on ${hostname()} now.`;
  const sent = await sendOnce(bot.api, chatId, text);
  if (sent.kind === 'sent') {
    ui.done(`@${bot.username} said hello in your chat: https://t.me/${bot.username}`);
    return EXIT.ok;
  }
  ui.fail(
    `@${bot.username} could not say hello: ${reasonOf(sent)}.\nOpen https://t.me/${bot.username}, press START, and run \`claudio telegram setup\` again.`,
  );
  return sent.kind === 'rejected' ? EXIT.failed : EXIT.unavailable;
}
