import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTelegramChannel } from '../../../src/channels/telegram/channel.ts';
import { createBotApi } from '../../../src/channels/telegram/client.ts';
import { createMedia } from '../../../src/channels/telegram/media.ts';
import { createSigns } from '../../../src/channels/telegram/signs.ts';
import { conversationOf } from '../../../src/core/conversation.ts';
import { newId } from '../../../src/platform/clock.ts';
import { createHttpClient } from '../../../src/platform/http-client.ts';
import { channelContract, type ChannelSetup, type VisibleMessage } from '../../contract/channel.ts';
import { testClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { OWNER, startBotApi, type StoredMessage } from '../../../src/playground/bot-api/bot-api.ts';

function fileOf(message: StoredMessage): VisibleMessage['file'] {
  const kinds = { photo: message.photo, file: message.document, voice: message.voice };
  for (const kind of ['photo', 'file', 'voice'] as const) {
    const file = kinds[kind];
    if (file !== null) return { kind, name: file.fileName, content: file.content };
  }
  return null;
}

async function setup(thread: number | null): Promise<ChannelSetup> {
  const standin = await startBotApi();
  const http = createHttpClient();
  const api = createBotApi({ http, root: standin.root, token: standin.token });
  const clock = testClock();
  const signs = createSigns({ api, clock, log: { debug: () => undefined } });
  const folder = temporaryFolder();
  if (thread !== null) standin.addTopic(OWNER.id, thread);
  const origin = thread === null ? {} : { thread };

  return {
    channel: createTelegramChannel({ api, signs, fetch: createMedia({ api }) }),
    conversation: conversationOf({
      channel: 'telegram',
      bot: '1',
      chat: String(OWNER.id),
      thread: thread === null ? null : String(thread),
    }),
    writes: (text) => String(standin.updates.text(text, origin).message?.message_id),
    keep: (content) => {
      const path = join(folder, newId());
      writeFileSync(path, content);
      return path;
    },
    passes: clock.advance,
    visible: () =>
      standin.sentMessages().map((message) => {
        if (message.threadId !== thread) throw new Error('a message in another topic');
        return {
          messageId: String(message.messageId),
          text: message.text,
          file: fileOf(message),
          albumId: message.albumId,
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
