import { styleText } from 'node:util';
import { renderUnicodeCompact } from 'uqr';
import { refusesToken } from '../channels/telegram/outcome.ts';
import {
  startLink,
  watchForStart,
  type Sighting,
  type Starter,
} from '../channels/telegram/pairing.ts';
import { removeWebhook } from '../channels/telegram/webhook.ts';
import { ClaudioError } from '../core/error.ts';
import { reasonOf, telegramFailed, type KnownBot } from '../ops/install/bot.ts';
import { newId } from '../platform/clock.ts';
import type { CliContext } from './context.ts';

/** 16 hexadecimal digits: nobody guesses them, and the QR code stays small. */
const WORD_LENGTH = 16;
/** How long is waited where nobody can break it off. */
const UNATTENDED_MS = 5 * 60_000;
/** So often a webhook that came back is taken away again. */
const MAX_CONFLICT_COUNT = 5;

/**
 * Waits until the person has pressed START at the bot, and has agreed that it was them. There may be no
 * webhook. What waits at Telegram stays there.
 *
 * @param quiet Makes sure that the service does not come in between again.
 * @param unattendedMs How long is waited where nobody can be asked.
 * @returns The id of their chat.
 * @throws ClaudioError `telegram.nobody-came`, `telegram.crowded`, `telegram.in-use`,
 * `telegram.token-refused`, `cli.cancelled`
 */
export async function waitForOwner(
  { ui }: Pick<CliContext, 'ui'>,
  { api, username }: KnownBot,
  options: {
    readonly signal: AbortSignal;
    readonly quiet: () => Promise<void>;
    readonly unattendedMs?: number;
  },
): Promise<string> {
  const word = newId().replaceAll('-', '').slice(-WORD_LENGTH);
  const link = startLink(username, word);
  ui.block(
    ui.isTerminal ? `${link}\n\n${qrCode(link)}` : link,
    'Open this on the phone or computer with your Telegram account, and press START:',
  );

  const signal = ui.isInteractive
    ? options.signal
    : AbortSignal.any([options.signal, AbortSignal.timeout(options.unattendedMs ?? UNATTENDED_MS)]);
  const sightings = watchForStart(api, { word, signal });
  const title = ui.isInteractive
    ? 'Waiting for you to press START (Ctrl-C ends it)'
    : 'Waiting for you to press START';
  const asked = new Set<string>();
  let conflictCount = 0;
  for (;;) {
    const next = await ui.step(title, () => sightings.next());
    if (next.done === true) throw nobodyCame();
    const sighting = next.value;
    if (sighting.kind === 'start') {
      if (!sighting.isByLink && asked.has(sighting.chatId)) continue;
      asked.add(sighting.chatId);
      if (await isOwner(ui, sighting)) return sighting.chatId;
    } else if (sighting.kind === 'conflict' && sighting.with === 'webhook') {
      conflictCount += 1;
      if (conflictCount > MAX_CONFLICT_COUNT) throw inUse();
      await options.quiet();
      const removed = await removeWebhook(api, signal);
      if (removed.kind !== 'removed') ui.warn(`Telegram: ${reasonOf(removed)}.`);
    } else {
      tellOf(ui, sighting);
    }
  }
}

async function isOwner(ui: CliContext['ui'], starter: Starter): Promise<boolean> {
  const { name, username, chatId, isByLink } = starter;
  const who = `${name} (${username === null ? '' : `@${username}, `}id ${chatId})`;
  if (!ui.isInteractive) {
    if (isByLink) ui.done(`${who} pressed START.`);
    else ui.warn(`/start of ${who} did not come through the link above, so it does not count.`);
    return isByLink;
  }
  if (!isByLink) ui.warn('A /start came in that was not sent through the link above.');
  const question = `Is this you: ${who}? This account will command Claude on this machine.`;
  if (await ui.confirm(question, isByLink)) return true;
  ui.say('Then it does not count. Open the link above with your own account.');
  return false;
}

function tellOf(ui: CliContext['ui'], sighting: Exclude<Sighting, Starter>): void {
  switch (sighting.kind) {
    case 'group':
      ui.warn(
        `/start came in the group ${sighting.name}, and only a private chat is connected this way. For the group, run: claudio telegram setup --chat-id ${sighting.chatId}`,
      );
      return;
    case 'crowded': {
      const crowded = new ClaudioError({
        code: 'telegram.crowded',
        message: '100 messages or more wait at Telegram, so that yours cannot be seen behind them.',
        hint: 'Run `claudio telegram setup --chat-id ID` with the id of your account, which @userinfobot on Telegram tells you. Nothing of what waits gets lost.',
      });
      if (!ui.isInteractive) throw crowded;
      ui.warn(`${crowded.message} ${crowded.hint}`);
      return;
    }
    case 'conflict':
      ui.warn(
        'Another program takes the messages of this bot. Stop it, or make a bot of its own for Claudio.',
      );
      return;
    case 'failed':
      if (refusesToken(sighting.failure)) throw telegramFailed(sighting.failure);
      ui.warn(
        `Telegram cannot be reached just now: ${reasonOf(sighting.failure)}. It is tried on.`,
      );
  }
}

/** Light on dark whatever the terminal's colours are, so that a camera reads it. */
function qrCode(link: string): string {
  return renderUnicodeCompact(link, { border: 2, ecc: 'L' })
    .split('\n')
    .map((line) => styleText(['whiteBright', 'bgBlack'], line, { validateStream: false }))
    .join('\n');
}

function nobodyCame(): ClaudioError {
  return new ClaudioError({
    code: 'telegram.nobody-came',
    message: 'Nobody pressed START through the link in time.',
    hint: 'Run `claudio telegram setup` again, or give your chat with --chat-id.',
  });
}

function inUse(): ClaudioError {
  return new ClaudioError({
    code: 'telegram.in-use',
    message: 'Another program sets a webhook for this bot again and again.',
    hint: 'Stop it, or make a bot of its own for Claudio with @BotFather.',
  });
}
