import { createTelegramChannel } from '../channels/telegram/channel.ts';
import { createBotApi } from '../channels/telegram/client.ts';
import { createMedia } from '../channels/telegram/media.ts';
import { CHANNEL } from '../channels/telegram/parse.ts';
import { createSigns } from '../channels/telegram/signs.ts';
import type { Part, SendOutcome } from '../core/channel.ts';
import type { Clock } from '../core/clock.ts';
import { type Conversation, conversationOf } from '../core/conversation.ts';
import { createMask } from '../core/mask.ts';
import type { Settings } from '../platform/configuration/schema.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';

/** The owner's chat, without a service between: what is said here is kept nowhere. */
export interface OwnerChat {
  /**
   * Makes one attempt. Resolves within half a minute for each part of a long text; never throws for
   * what a network or a platform does. Where a later part fails, the earlier ones have arrived.
   */
  tell(markdown: string): Promise<SendOutcome>;
}

export function createOwnerChat(options: {
  readonly settings: Pick<
    Settings,
    'TELEGRAM_BOT_TOKEN' | 'TELEGRAM_CHAT_ID' | 'TELEGRAM_API_ROOT'
  >;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'debug'>;
}): OwnerChat {
  const { settings, http, clock, log } = options;
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: root } = settings;
  const api = createBotApi({ http, root, token });
  const channel = createTelegramChannel({
    api,
    signs: createSigns({ api, clock, log }),
    fetch: createMedia({ api }),
  });
  const conversation = conversationOf({
    channel: CHANNEL,
    bot: api.botId,
    chat: settings.TELEGRAM_CHAT_ID,
    thread: null,
  });

  const sendTo = async (place: Conversation, part: Part): Promise<SendOutcome> => {
    const outcome = await channel.send(place, part);
    if (outcome.kind === 'moved' && place === conversation) {
      return await sendTo({ ...conversation, chat: outcome.movedTo }, part);
    }
    return outcome.kind === 'sent' && outcome.rest !== undefined
      ? await sendTo(place, outcome.rest)
      : outcome;
  };
  const mask = createMask(() => [token]);
  const send = (part: Part): Promise<SendOutcome> => sendTo(conversation, part);

  return {
    tell: async (markdown) => {
      let last: SendOutcome = { kind: 'rejected', reason: 'there is nothing to say' };
      const safe = mask(markdown).text;
      for (const part of channel.render({ markdown: safe, replyTo: null, buttons: [] })) {
        last = await send(part);
        if (last.kind !== 'sent') break;
      }
      return last;
    },
  };
}
