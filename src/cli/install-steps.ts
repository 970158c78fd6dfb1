import { join } from 'node:path';
import { refusesToken } from '../channels/telegram/outcome.ts';
import { reasonOf, tryToken } from '../ops/install/bot.ts';
import type { StepResult } from '../ops/install/step.ts';
import { credentialsFile, readCredentials } from '../ops/tunnel/credentials.ts';
import { findCloudflared } from '../ops/tunnel/locate.ts';
import { changeEnvFile } from '../platform/configuration/change.ts';
import { inspectConfiguration, type Inspection } from '../platform/configuration/load.ts';
import { checkChange } from '../platform/configuration/rules.ts';
import { isFolder } from '../platform/files.ts';
import type { HttpClient } from '../platform/http-client.ts';
import { EXIT, type CliContext } from './context.ts';
import { connectBot, type TelegramSetupOptions } from './telegram-setup.ts';
import { connectTunnel } from './tunnel.ts';

export interface InstallOptions extends TelegramSetupOptions {
  readonly quick?: boolean;
  /** `--no-tunnel` makes it false. */
  readonly tunnel?: boolean;
}

const TUNNEL_LATER = '`claudio tunnel setup` makes one; until then no message comes here.';
const CONNECT = 'claudio telegram setup --token-stdin < FILE';

/** How messages come here: what is set up, or what the person chooses. */
export async function setUpTunnel(
  context: CliContext,
  options: InstallOptions,
): Promise<StepResult> {
  const { ui, environment } = context;
  const inspection = inspectConfiguration(environment);
  const standing = wayIn(inspection.settings);
  if (standing !== null && (await hasAll(context, inspection))) {
    return { kind: 'already', text: `Messages already come through ${standing}` };
  }
  if (standing !== null) return await makeTunnel(context, inspection.settings.TUNNEL_QUICK);
  if (options.tunnel === false) {
    return { kind: 'left-out', text: 'No tunnel is set up', remedy: TUNNEL_LATER };
  }
  if (options.quick !== true && !ui.isInteractive) {
    return {
      kind: 'left-out',
      text: 'No tunnel is set up, because a choice has to be made for it',
      remedy:
        'Give --quick for a throw-away address, or run `claudio tunnel setup --name NAME --hostname HOST`; until then no message comes here.',
    };
  }
  const choice = options.quick === true ? 'quick' : await chooseTunnel(ui);
  switch (choice) {
    case 'own':
      return await nameOwnAddress(context);
    case 'later':
      return { kind: 'left-out', text: 'No tunnel is set up', remedy: TUNNEL_LATER };
    case 'named':
    case 'quick':
      return await makeTunnel(context, choice === 'quick');
  }
}

async function makeTunnel(context: CliContext, isQuick: boolean): Promise<StepResult> {
  await connectTunnel(context, isQuick ? { quick: true } : {});
  const made = wayIn(inspectConfiguration(context.environment).settings);
  if (made !== null) return { kind: 'done', text: `Messages come through ${made}` };
  return { kind: 'failed', text: 'The tunnel is not set up', remedy: TUNNEL_LATER };
}

/** Whether what the tunnel of these settings needs is on this machine. */
async function hasAll({ host }: CliContext, { home, settings }: Inspection): Promise<boolean> {
  const { TUNNEL_NAME, TUNNEL_QUICK, CLOUDFLARED_BIN } = settings;
  if (TUNNEL_NAME === undefined && !TUNNEL_QUICK) return true;
  if ((await findCloudflared(host, CLOUDFLARED_BIN)).kind !== 'found') return false;
  return TUNNEL_QUICK || readCredentials(credentialsFile(home)).kind === 'read';
}

function wayIn(settings: Inspection['settings']): string | null {
  const { TUNNEL_QUICK, TUNNEL_NAME, WEBHOOK_URL } = settings;
  if (TUNNEL_QUICK) return 'a quick tunnel, whose address changes';
  if (WEBHOOK_URL === undefined) return null;
  return TUNNEL_NAME === undefined
    ? `${WEBHOOK_URL}, which you look after`
    : `${WEBHOOK_URL}, by the tunnel ${TUNNEL_NAME}`;
}

async function chooseTunnel(ui: CliContext['ui']): Promise<'named' | 'quick' | 'own' | 'later'> {
  return await ui.choose('How shall messages from Telegram come to this machine?', [
    {
      value: 'named',
      label: 'A tunnel of your own',
      hint: 'stays for good; needs a domain at Cloudflare, which may be on the free plan',
    },
    {
      value: 'quick',
      label: 'A quick tunnel',
      hint: 'needs no account; to try it, its address changes at each start',
    },
    {
      value: 'own',
      label: 'An address of my own',
      hint: 'a reverse proxy that you look after',
    },
    { value: 'later', label: 'Not now' },
  ]);
}

async function nameOwnAddress({ ui, environment }: CliContext): Promise<StepResult> {
  const { file, given, settings } = inspectConfiguration(environment);
  const address = await ui.text(
    `Its public address, which has to lead to http://127.0.0.1:${settings.PORT}`,
    'WEBHOOK_URL in service.env',
    (text) =>
      text === ''
        ? 'Give an address such as https://claudio.example.com.'
        : (checkChange(given, 'WEBHOOK_URL', text).faults[0] ?? null),
  );
  changeEnvFile(file, { WEBHOOK_URL: address });
  return { kind: 'done', text: `Messages come through ${address}, which you look after` };
}

/** In which folder Claude works: what is set, or what the person says; their home folder unless said. */
export async function setUpWorkDir({ ui, environment, host }: CliContext): Promise<StepResult> {
  const { file, settings } = inspectConfiguration(environment);
  if (settings.CLAUDE_WORK_DIR !== undefined) {
    return { kind: 'already', text: `Claude already works in ${settings.CLAUDE_WORK_DIR}` };
  }
  const absolute = (text: string) =>
    text === '~' || text.startsWith('~/') ? join(host.userHome, text.slice(1)) : text;
  const chosen = ui.isInteractive
    ? absolute(
        await ui.text(
          'In which folder shall Claude work?',
          'CLAUDE_WORK_DIR in service.env',
          (text) => {
            const path = absolute(text);
            if (!path.startsWith('/')) return 'Give its whole path, such as ~/projects.';
            return isFolder(path) ? null : `There is no folder ${path}.`;
          },
          host.userHome,
        ),
      )
    : host.userHome;
  changeEnvFile(file, { CLAUDE_WORK_DIR: chosen });
  return { kind: 'done', text: `Claude works in ${chosen}` };
}

/** The bot: the result, and its name where Telegram told it. */
export async function setUpTelegram(
  context: CliContext,
  http: HttpClient,
): Promise<{ readonly result: StepResult; readonly username: string | null }> {
  const { ui, environment } = context;
  const before = inspectConfiguration(environment).settings;
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chat } = before;
  if (token !== undefined && chat !== undefined) {
    const tried = await tryToken(http, before.TELEGRAM_API_ROOT, token);
    if (tried.kind === 'bot') {
      const text = `@${tried.username} is already connected with the chat ${chat}`;
      return { result: { kind: 'already', text }, username: tried.username };
    }
    if (!refusesToken(tried)) {
      return {
        result: {
          kind: 'already',
          text: 'A bot is already set up',
          findings: [
            {
              name: 'telegram',
              state: 'warning',
              text: `Telegram could not be asked about it: ${reasonOf(tried)}`,
            },
          ],
        },
        username: null,
      };
    }
    if (!ui.isInteractive) {
      return failed('Telegram does not know the token of the bot: it is wrong, or was revoked');
    }
  } else if (!ui.isInteractive) {
    return failed('No bot is connected yet');
  }
  const code = await connectBot(context, {});
  const after = inspectConfiguration(environment).settings;
  const tried = await tryToken(http, after.TELEGRAM_API_ROOT, after.TELEGRAM_BOT_TOKEN ?? '');
  const username = tried.kind === 'bot' ? tried.username : null;
  return {
    username,
    result:
      code === EXIT.ok
        ? {
            kind: 'done',
            text: username === null ? 'Your bot is connected' : `@${username} is connected`,
          }
        : {
            kind: 'failed',
            text: 'Your bot is connected, but not everything worked (see above)',
            remedy: '`claudio doctor` looks at it again.',
          },
  };
}

function failed(text: string): { result: StepResult; username: null } {
  const remedy = `Run \`${CONNECT}\`; the token is from @BotFather on Telegram (/newbot, or /token).`;
  return { result: { kind: 'failed', text, remedy }, username: null };
}
