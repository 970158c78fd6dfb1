import { hostname } from 'node:os';
import { ensureWebhook } from '../channels/telegram/webhook.ts';
import { reasonOf, sendOnce, type KnownBot } from '../ops/install/bot.ts';
import {
  inspectConfiguration,
  loadConfiguration,
  type Configuration,
} from '../platform/configuration/load.ts';
import { EXIT, type CliContext } from './context.ts';

/** Tells Telegram where to deliver the messages of a bot, and the person that it is there. @returns An exit code. */
export async function announce(
  context: CliContext,
  { name, bot, chatId }: { readonly name: string; readonly bot: KnownBot; readonly chatId: string },
): Promise<number> {
  const codes = [await register(context, name, bot), await sayHello(context, bot, chatId)];
  return codes.find((code) => code !== EXIT.ok) ?? EXIT.ok;
}

/** Tells Telegram the address, so that what it has against it is seen here. @returns An exit code. */
async function register(
  { ui, environment }: CliContext,
  name: string,
  { api }: KnownBot,
): Promise<number> {
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
    secretToken: secretOf(loadConfiguration(environment), name),
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

function secretOf({ bots, settings }: Configuration, name: string): string {
  return bots.find((bot) => bot.name === name)?.WEBHOOK_SECRET ?? settings.WEBHOOK_SECRET;
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
