import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { BotApi, CallFailure } from './client.ts';
import { nameOf } from './people.ts';
import {
  chatSchema,
  dispensable,
  type TelegramChat,
  type TelegramUser,
  updateSchema,
  userSchema,
} from './schema.ts';
import { ALLOWED_UPDATES } from './webhook.ts';

/** How long one call may wait at Telegram for something new. */
const WAIT_SECONDS = 25;
const CALL_TIMEOUT_MS = 35_000;
/** Telegram shows no more than this at a time: https://core.telegram.org/bots/api#getupdates */
const MAX_UPDATE_COUNT = 100;
/**
 * Between two looks at updates that wait. They are not confirmed, so they come again at once; asked
 * twice within half a second, Telegram gives only the first of them (Client.cpp of
 * tdlib/telegram-bot-api).
 */
const PAUSE_MS = 1_000;

/** Somebody who sent `/start`. */
export interface Starter {
  readonly kind: 'start';
  readonly chatId: string;
  readonly name: string;
  /** Without `@`. */
  readonly username: string | null;
  /** Whether it came through the link with the secret word in it. */
  readonly isByLink: boolean;
}

/** What was seen while waiting for a `/start`. */
export type Sighting =
  | Starter
  /** It came in a group. */
  | { readonly kind: 'group'; readonly chatId: string; readonly name: string }
  /** So much waits at Telegram that what comes now cannot be seen. */
  | { readonly kind: 'crowded' }
  /** Somebody set a webhook, or asks for the same updates. */
  | { readonly kind: 'conflict'; readonly with: 'webhook' | 'poller'; readonly reason: string }
  | { readonly kind: 'failed'; readonly failure: CallFailure };

const startSchema = updateSchema.extend({
  message: dispensable(
    z.looseObject({
      chat: chatSchema.extend({ type: z.string() }),
      from: userSchema.optional(),
      text: z.string(),
    }),
  ),
});
const updatesSchema = z.array(startSchema);
type StartUpdate = z.infer<typeof startSchema>;

/** The link that opens the bot with a START button, which sends `/start <word>`. */
export function startLink(username: string, word: string): string {
  return `https://t.me/${username}?start=${word}`;
}

/**
 * Waits for `/start` by long polling: getUpdates. Confirms nothing, so the service gets every update
 * later. There may be no webhook meanwhile.
 *
 * Yields each sighting once; a failure again only after a call has worked, or with another reason. Goes
 * on after every one of them, until `signal` aborts.
 *
 * @param options.word 1 to 64 letters, digits, `_` or `-`, that nobody can guess.
 */
export async function* watchForStart(
  api: BotApi,
  options: { readonly word: string; readonly signal: AbortSignal },
): AsyncGenerator<Sighting, void, undefined> {
  const { word, signal } = options;
  const seen = new Set<number>();
  let trouble = '';
  while (!signal.aborted) {
    const outcome = await api.call(
      'getUpdates',
      { timeout: WAIT_SECONDS, limit: MAX_UPDATE_COUNT, allowed_updates: ALLOWED_UPDATES },
      updatesSchema,
      { signal, timeoutMs: CALL_TIMEOUT_MS },
    );
    if (signal.aborted) return;
    if (outcome.kind !== 'ok') {
      const sighting = sightingOf(outcome);
      const now = JSON.stringify(sighting);
      if (now !== trouble) yield sighting;
      trouble = now;
    } else {
      const fresh = outcome.result.filter(({ update_id: id }) => !seen.has(id));
      for (const update of fresh) {
        seen.add(update.update_id);
        const sighting = startIn(update, word);
        if (sighting !== null) yield sighting;
      }
      const isCrowded = outcome.result.length >= MAX_UPDATE_COUNT;
      if (isCrowded && trouble !== 'crowded') yield { kind: 'crowded' };
      trouble = isCrowded ? 'crowded' : '';
      if (outcome.result.length === 0) continue;
    }
    await pause(outcome.kind === 'rate-limited' ? outcome.retryAfterMs : PAUSE_MS, signal);
  }
}

function sightingOf(failure: CallFailure): Sighting {
  if (failure.kind === 'unreachable' && failure.reason.startsWith('Conflict')) {
    const isWebhook = /webhook/iu.test(failure.reason);
    return { kind: 'conflict', with: isWebhook ? 'webhook' : 'poller', reason: failure.reason };
  }
  return { kind: 'failed', failure };
}

function startIn({ message }: StartUpdate, word: string): Sighting | null {
  const [command, argument] = message?.text.trim().split(/\s+/u) ?? [];
  if (message === undefined || !/^\/start(?:@\w+)?$/iu.test(command ?? '')) return null;
  const { chat, from } = message;
  const chatId = String(chat.id);
  if (chat.type !== 'private') return { kind: 'group', chatId, name: plainNameOf(chat) };
  if (from === undefined || from.is_bot === true) return null;
  return {
    kind: 'start',
    chatId,
    name: plainNameOf(from),
    username: from.username ?? null,
    isByLink: argument === word,
  };
}

/** Without what could move a cursor or turn the order of the letters around: anybody can send it. */
function plainNameOf(sender: TelegramUser | TelegramChat): string {
  return nameOf(sender).replaceAll(/\p{C}/gu, '');
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await setTimeout(durationMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
