import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTelegramChannel } from '../../../src/channels/telegram/channel.ts';
import { createBotApi } from '../../../src/channels/telegram/client.ts';
import { createMedia } from '../../../src/channels/telegram/media.ts';
import { createSigns } from '../../../src/channels/telegram/signs.ts';
import type { Channel, SendOutcome } from '../../../src/core/channel.ts';
import { conversationOf } from '../../../src/core/conversation.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

const TABLE = 'See:\n\n| a | b |\n|---|:-:|\n| c | d |\n';
const HERE = conversationOf({
  channel: 'telegram',
  bot: '1',
  chat: String(OWNER.id),
  thread: null,
});

let standin: BotApiStandin;
let http: HttpClient;
let make: (richMessages?: boolean) => Channel;

beforeEach(async () => {
  standin = await startBotApi();
  http = createHttpClient();
  const api = createBotApi({ http, root: standin.root, token: standin.token });
  const signs = createSigns({ api, clock: systemClock, log: { debug: () => undefined } });
  make = (richMessages) =>
    createTelegramChannel({
      api,
      signs,
      fetch: createMedia({ api }),
      ...(richMessages === undefined ? {} : { richMessages }),
    });
});
afterEach(async () => {
  await http.close();
  await standin.close();
});

async function send(channel: Channel, markdown: string): Promise<SendOutcome[]> {
  const buttons = [[{ label: 'Go', data: 'go:1' }]];
  const outcomes: SendOutcome[] = [];
  for (const part of channel.render({ markdown, replyTo: '7', buttons })) {
    outcomes.push(await channel.send(HERE, part));
  }
  return outcomes;
}

const methods = (): string[] => standin.calls.map(({ method }) => method);

it('sends a table as a rich message where that is wanted, with its buttons', async () => {
  expect(await send(make(true), TABLE)).toEqual([{ kind: 'sent', messageId: '1' }]);
  expect(standin.sentMessages()).toMatchObject([
    { text: TABLE, rich: true, replyMarkup: { inline_keyboard: [[{ text: 'Go' }]] } },
  ]);
});

it('sends plain text and entities where it is not wanted', async () => {
  await send(make(), TABLE);
  expect(methods()).toEqual(['sendMessage']);
});

it('lets a rich message be edited into a text', async () => {
  const channel = make(true);
  await send(channel, TABLE);
  await channel.send(HERE, channel.renderEdit({ messageId: '1', markdown: 'Done.', buttons: [] }));
  expect(standin.sentMessages()).toMatchObject([{ text: 'Done.', rich: false }]);
});

describe('a rich message that Telegram does not take', () => {
  it.each([
    [400, 'Bad Request: too many blocks', 'sent'],
    [404, 'Not Found: method not found', 'sent'],
    [413, 'Request Entity Too Large', 'sent'],
  ])('with a %d goes as plain text in the same attempt', async (status, description, kind) => {
    standin.fault({ method: 'sendRichMessage' }, { kind: 'error', status, description });
    expect(await send(make(true), TABLE)).toMatchObject([{ kind }]);
    expect(methods()).toEqual(['sendRichMessage', 'sendMessage']);
  });

  it.each([
    [401, 'Unauthorized', 'unreachable'],
    [403, 'Forbidden: bot was blocked by the user', 'rejected'],
    [500, 'Internal Server Error', 'unreachable'],
  ])('with a %d is not tried in another form', async (status, description, kind) => {
    standin.fault({ method: 'sendRichMessage' }, { kind: 'error', status, description });
    expect(await send(make(true), TABLE)).toMatchObject([{ kind }]);
    expect(methods()).toEqual(['sendRichMessage']);
  });

  it('because of the flood limit waits', async () => {
    standin.fault({}, { kind: 'rate-limited', retryAfterSeconds: 4 }, 1);
    expect(await send(make(true), TABLE)).toEqual([{ kind: 'rate-limited', retryAfterMs: 4_000 }]);
  });
});
