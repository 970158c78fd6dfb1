import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CommonOptions } from '../context.ts';
import type { PlaygroundOptions } from '../playground.ts';
import type { TelegramSetupOptions } from '../telegram-setup.ts';
import type { Run } from './run.ts';

/** Declares what sets Claudio up, changes its settings and takes it away. */
export function addSetup(program: Command, run: Run): void {
  program
    .command('playground')
    .description('try it in the browser: no bot, no account, nothing is kept')
    .addOption(
      new Option(
        '--agent <who>',
        'who answers; Claude Code where it is there, unless said',
      ).choices(['echo', 'claude']),
    )
    .option('--port <number>', 'the port of the page, instead of any that is free', port)
    .option('--no-open', 'do not open the browser')
    .action(async (options: PlaygroundOptions) => {
      const { playground } = await import('../playground.ts');
      await run({}, (context) => playground(context, options), 'no-turn');
    });
  program
    .command('install')
    .description('set everything up: tunnel, bot, service, health check; may be run again')
    .option('-y, --yes', 'ask nothing')
    .option('--quick', 'a tunnel with a throw-away address, to try it')
    .option('--no-tunnel', 'set up no tunnel')
    .option('--bot <name>', 'a further bot beside the first, and nothing else')
    .option('--token-stdin', 'with --bot: read its token from standard input')
    .option('--chat-id <id>', 'with --bot: your chat, instead of waiting for /start', chatId)
    .action(
      async (
        options: CommonOptions & { quick?: boolean; tunnel: boolean } & TelegramSetupOptions,
      ) => {
        const { install } = await import('../install.ts');
        await run(options, (context) => install(context, options), 'no-turn');
      },
    );
  program
    .command('uninstall')
    .description('take everything away again but the home folder')
    .option('--purge', 'the home folder too, with all messages and settings')
    .option('--bot <name>', 'this bot, and nothing else')
    .option('-y, --yes', 'ask nothing')
    .action(async (options: CommonOptions & { purge?: boolean; bot?: string }) => {
      const { uninstall } = await import('../uninstall.ts');
      await run(options, (context) => uninstall(context, options), 'no-turn');
    });

  const telegram = program.command('telegram').description('the bot on Telegram');
  telegram
    .command('setup')
    .description('connect a bot: takes its token, and waits for your /start')
    .option('--token-stdin', 'read the token from standard input')
    .option('--chat-id <id>', 'your chat, instead of waiting for /start', chatId)
    .option('--bot <name>', 'which bot, the first one unless named')
    .option('-y, --yes', 'ask nothing: who opens the link first is the owner')
    .action(
      async (options: CommonOptions & { tokenStdin?: boolean; chatId?: string; bot?: string }) => {
        const { telegramSetup } = await import('../telegram-setup.ts');
        await run(options, (context) => telegramSetup(context, options), 'no-turn');
      },
    );

  const tunnel = program.command('tunnel').description('the way from Telegram to this machine');
  tunnel
    .command('setup')
    .description('set up a tunnel through Cloudflare')
    .option('--name <name>', 'the name of the tunnel')
    .option('--hostname <host>', 'its address, such as claudio.example.com')
    .option('--quick', 'a throw-away address instead, to try it')
    .option('-y, --yes', 'ask nothing')
    .action(
      async (options: CommonOptions & { name?: string; hostname?: string; quick?: boolean }) => {
        const { tunnelSetup } = await import('../tunnel.ts');
        await run(options, (context) => tunnelSetup(context, options), 'no-turn');
      },
    );
  tunnel
    .command('status')
    .description('how the tunnel is')
    .option('--json', 'as JSON')
    .action(async (options: CommonOptions) => {
      const { tunnelStatus } = await import('../tunnel.ts');
      await run(options, (context) => tunnelStatus(context, options));
    });

  const config = program.command('config').description('the settings');
  config
    .command('list', { isDefault: true })
    .description('print all settings, secrets masked')
    .option('--json', 'as JSON')
    .option('--bot <name>', 'those of this bot')
    .action(async (options: CommonOptions & { bot?: string }) => {
      const { configList } = await import('../config.ts');
      await run(options, (context) => configList(context, options));
    });
  config
    .command('get <key>')
    .description('print one setting; a secret is masked')
    .option('--bot <name>', 'as this bot has it')
    .action(async (key: string, options: { bot?: string }) => {
      const { configGet } = await import('../config.ts');
      await run({}, (context) => configGet(context, key, options));
    });
  config
    .command('set <key> [value]')
    .description('change a setting; without a value it is read from standard input')
    .option('--unset', 'back to the default')
    .option('--bot <name>', 'for this bot alone')
    .action(
      async (
        key: string,
        value: string | undefined,
        options: { unset?: boolean; bot?: string },
      ) => {
        const { configSet } = await import('../config.ts');
        await run({}, (context) => configSet(context, key, value, options), 'no-turn');
      },
    );
}

function port(text: string): number {
  if (!/^\d{1,5}$/u.test(text) || Number(text) < 1 || Number(text) > 65_535) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
  }
  return Number(text);
}

function chatId(text: string): string {
  if (!/^-?\d{1,19}$/u.test(text)) {
    throw new InvalidArgumentError('It must be a whole number, such as 123456789.');
  }
  return text;
}
