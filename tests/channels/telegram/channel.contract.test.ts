import { createTelegramChannel } from '../../../src/channels/telegram/channel.ts';
import { createBotApi } from '../../../src/channels/telegram/client.ts';
import { createSigns } from '../../../src/channels/telegram/signs.ts';
import { conversationOf } from '../../../src/core/conversation.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createHttpClient } from '../../../src/platform/http-client.ts';
import { channelContract, type ChannelSetup } from '../../contract/channel.ts';
import { OWNER, startBotApi } from '../../standins/bot-api/bot-api.ts';

async function setup(thread: number | null): Promise<ChannelSetup> {
  const standin = await startBotApi();
  const http = createHttpClient();
  const api = createBotApi({ http, root: standin.root, token: standin.token });
  const signs = createSigns({ api, clock: systemClock, log: { debug: () => undefined } });
  if (thread !== null) standin.addTopic(OWNER.id, thread);
  const origin = thread === null ? {} : { thread };

  return {
    channel: createTelegramChannel({ api, signs }),
    conversation: conversationOf({
      channel: 'telegram',
      bot: '1',
      chat: String(OWNER.id),
      thread: thread === null ? null : String(thread),
    }),
    writes: (text) => String(standin.updates.text(text, origin).message?.message_id),
    visible: () =>
      standin.sentMessages().map((message) => {
        if (message.threadId !== thread) throw new Error('a message in another topic');
        return {
          messageId: String(message.messageId),
          text: message.document?.content.toString('utf8') ?? message.text,
          isDocument: message.document !== null,
          replyTo: message.replyTo === null ? null : String(message.replyTo),
          buttons: message.replyMarkup?.inline_keyboard.flat().map(({ text }) => text) ?? [],
        };
      }),
    failNext: (how) => {
      if (how === 'rate-limited') {
        standin.fault({}, { kind: 'rate-limited', retryAfterSeconds: 3 }, 1);
      } else if (how === 'rejected') standin.fault({}, { kind: 'blocked' }, 1);
      else standin.fault({}, { kind: 'drop', moment: 'before' }, 1);
    },
    signsSeen: () =>
      standin.until('a reaction and a chat action', () =>
        standin.messages().some(({ reaction }) => reaction.length > 0)
          ? standin.chatActions[0]
          : null,
      ),
    close: async () => {
      await http.close();
      await standin.close();
    },
  };
}

channelContract('Telegram', () => setup(null));
channelContract('Telegram in a topic', () => setup(7));
