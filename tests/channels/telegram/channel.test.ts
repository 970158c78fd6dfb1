import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTelegramChannel } from '../../../src/channels/telegram/channel.ts';
import { type BotApi, createBotApi } from '../../../src/channels/telegram/client.ts';
import { createMedia } from '../../../src/channels/telegram/media.ts';
import { partSchema } from '../../../src/channels/telegram/part.ts';
import { createSigns, type TelegramSigns } from '../../../src/channels/telegram/signs.ts';
import type { Channel, SendOutcome } from '../../../src/core/channel.ts';
import { conversationOf } from '../../../src/core/conversation.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

const MARKDOWN = '# Title\n\nSome **bold** text with `code` and a [link](https://a.example).';
const HERE = conversationOf({
  channel: 'telegram',
  bot: '1',
  chat: String(OWNER.id),
  thread: null,
});

let standin: BotApiStandin;
let http: HttpClient;
let api: BotApi;
let signs: TelegramSigns;
let channel: Channel;

beforeEach(async () => {
  standin = await startBotApi();
  http = createHttpClient();
  api = createBotApi({ http, root: standin.root, token: standin.token });
  signs = createSigns({ api, clock: systemClock, log: { debug: () => undefined } });
  channel = createTelegramChannel({ api, signs, fetch: createMedia({ api }) });
});
afterEach(async () => {
  await http.close();
  await standin.close();
});

async function send(markdown: string): Promise<SendOutcome[]> {
  const outcomes: SendOutcome[] = [];
  for (const part of channel.render({ markdown, replyTo: null, buttons: [] })) {
    outcomes.push(await channel.send(HERE, part));
  }
  return outcomes;
}

const remove = (messageId: string): Promise<SendOutcome> =>
  channel.send(HERE, channel.renderRemoval(messageId));

it('sends formatting as entities, without link previews', async () => {
  expect(await send(MARKDOWN)).toEqual([{ kind: 'sent', messageId: '1' }]);
  const [message] = standin.sentMessages();
  expect(message?.linksPlain).toBe(true);
  expect(message?.entities.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['bold', 'code', 'text_link']),
  );
  expect(standin.calls[0]?.params).not.toHaveProperty('parse_mode');
});

describe('a message that Telegram no longer takes away', () => {
  beforeEach(async () => {
    const buttons = [[{ label: 'Stop', data: 'stop:1' }]];
    const [part] = channel.render({ markdown: 'Working', replyTo: null, buttons });
    await channel.send(HERE, part ?? {});
    standin.age(48 * 3_600_000);
  });

  it('keeps no button', async () => {
    expect(await remove('1')).toEqual({ kind: 'sent', messageId: null });
    expect(standin.sentMessages()).toMatchObject([{ text: '✓', replyMarkup: null }]);
    expect(await remove('1')).toEqual({ kind: 'sent', messageId: null });
  });

  it('is tried again where the network fails, and left where Telegram refuses that too', async () => {
    const edit = { method: 'editMessageText' };
    standin.fault(edit, { kind: 'drop', moment: 'before' }, 1);
    expect(await remove('1')).toMatchObject({ kind: 'unreachable' });
    const description = "Bad Request: message can't be edited";
    standin.fault(edit, { kind: 'error', status: 400, description }, 1);
    expect(await remove('1')).toMatchObject({ kind: 'sent' });
  });
});

it('keeps a reply that meets a revoked token: the owner may set a new one', async () => {
  const revoked = createBotApi({ http, root: standin.root, token: '1:another' });
  channel = createTelegramChannel({ api: revoked, signs, fetch: createMedia({ api }) });
  const [outcome] = await send('x');
  expect(outcome).toMatchObject({ kind: 'unreachable' });
});

it('says where a group has gone that became a supergroup, and goes on there under the key that it had', async () => {
  const group = conversationOf({ channel: 'telegram', bot: '1', chat: '-77', thread: null });
  const supergroup = -1_000_077;
  standin.updates.text('hi', { chat: supergroup });
  standin.fault({ chat: -77 }, { kind: 'moved', to: supergroup });
  const [part] = channel.render({ markdown: 'x', replyTo: null, buttons: [] });
  const movedTo = String(supergroup);
  expect(await channel.send(group, part ?? {})).toEqual({ kind: 'moved', movedTo });
  const moved = { ...group, chat: movedTo };
  expect(await channel.send(moved, part ?? {})).toMatchObject({ kind: 'sent' });
  expect(standin.sentMessages(supergroup).map(({ text }) => text)).toEqual(['x']);
});

it('says nothing in the conversations of another bot: their numbers mean nothing to this one', async () => {
  const foreign = conversationOf({ channel: 'telegram', bot: '2', chat: '1001', thread: null });
  const [part] = channel.render({ markdown: 'x', replyTo: '5', buttons: [] });
  expect(await channel.send(foreign, part ?? {})).toMatchObject({ kind: 'rejected' });
  expect(standin.calls).toEqual([]);
});

describe('Markdown that the API refuses', () => {
  it('arrives as plain text in the same attempt: no reply is dropped for its formatting', async () => {
    standin.fault({}, { kind: 'refuse-markup' });
    expect(await send(MARKDOWN)).toEqual([{ kind: 'sent', messageId: '1' }]);
    expect(standin.calls.map(({ status }) => status)).toEqual([400, 200]);
    const [message] = standin.sentMessages();
    expect(message?.text).toContain('Some bold text with code');
    expect(message?.entities).toEqual([]);
  });

  it('is treated so in an edit too', async () => {
    await send('before');
    standin.fault({}, { kind: 'refuse-markup' });
    const part = channel.renderEdit({ messageId: '1', markdown: '**after**', buttons: [] });
    expect(await channel.send(HERE, part)).toEqual({ kind: 'sent', messageId: '1' });
    expect(standin.sentMessages()).toMatchObject([{ text: 'after', entities: [] }]);
  });

  it('hands back what became of the plain text when that fails as well', async () => {
    standin.fault({}, { kind: 'refuse-markup' }, 1);
    standin.fault({}, { kind: 'rate-limited', retryAfterSeconds: 9 }, 1);
    expect(await send(MARKDOWN)).toEqual([{ kind: 'rate-limited', retryAfterMs: 9_000 }]);
  });

  it('is told from other refusals, which are not tried twice', async () => {
    standin.fault({}, { kind: 'error', status: 400, description: 'Bad Request: chat not found' });
    expect(await send(MARKDOWN)).toEqual([
      { kind: 'rejected', reason: '400: Bad Request: chat not found' },
    ]);
    expect(standin.calls).toHaveLength(1);
  });
});

it('sends a very long answer as its beginning and a document, so that nothing is lost', async () => {
  const markdown = Array.from({ length: 20_000 }, (_, index) => `word${index}`).join(' ');
  const outcomes = await send(markdown);
  expect(outcomes.every(({ kind }) => kind === 'sent')).toBe(true);
  const document = standin.sentMessages().at(-1)?.document;
  expect(document?.content.toString()).toBe(markdown);
});

it('answers in the topic that the question came from', async () => {
  standin.addTopic(OWNER.id, 5);
  const topic = conversationOf({ ...HERE, bot: '1', thread: '5' });
  const [part] = channel.render({ markdown: 'x', replyTo: null, buttons: [] });
  await channel.send(topic, part ?? {});
  expect(standin.sentMessages()).toMatchObject([{ threadId: 5 }]);
});

it('keeps the signs still when a reply meets the flood limit', async () => {
  standin.fault({ method: 'sendMessage' }, { kind: 'rate-limited', retryAfterSeconds: 30 }, 1);
  expect(await send('x')).toEqual([{ kind: 'rate-limited', retryAfterMs: 30_000 }]);
  signs.working(HERE)();
  expect(await send('x')).toMatchObject([{ kind: 'sent' }]);
  expect(standin.calls.map(({ method }) => method)).toEqual(['sendMessage', 'sendMessage']);
});

it('ends within its time, the second try for refused markup included', async () => {
  const hasty = createTelegramChannel({
    api,
    signs,
    fetch: createMedia({ api }),
    sendTimeoutMs: 2000,
  });
  standin.fault({}, { kind: 'refuse-markup' }, 1);
  standin.fault({}, { kind: 'hang', moment: 'before' });
  const [part] = hasty.render({ markdown: MARKDOWN, replyTo: null, buttons: [] });
  expect(await hasty.send(HERE, part ?? {})).toEqual({
    kind: 'unreachable',
    reason: 'no answer in time',
  });
  expect(standin.calls).toHaveLength(2);
});

it('knows every part that it makes when it comes back from the database', () => {
  const table = '| a | b |\n|---|---|\n| c | d |';
  const blocks = ['# T', '```ts\nx\n```', '> q', '- l', '1. n', table, '---', '\n'];
  const inline = ['**b**', '*i*', '~~s~~', '`c`', '[a](https://a.example)', 'text', '<b>'];
  const piece = fc.constantFrom(...blocks, ...inline);
  const markdown = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('\n\n'));
  fc.assert(
    fc.property(markdown, fc.option(fc.integer({ min: 1 })), (text, replyTo) => {
      const buttons = [[{ label: 'Go', data: 'go:1' }]];
      const asked = replyTo === null ? null : String(replyTo);
      const parts = [
        ...channel.render({ markdown: text, replyTo: asked, buttons }),
        channel.renderEdit({ messageId: '3', markdown: text, buttons }),
      ];
      for (const part of parts) {
        const back: unknown = JSON.parse(JSON.stringify(part));
        expect(partSchema.safeParse(back).error?.issues ?? []).toEqual([]);
      }
    }),
  );
});

it('says what is wrong with a part that it does not know', async () => {
  const [part] = channel.render({ markdown: 'x', replyTo: null, buttons: [] });
  expect(await channel.send(HERE, { ...part, colour: 'red' })).toEqual({
    kind: 'rejected',
    reason: expect.stringMatching(/not a part of this channel.*colour/) as string,
  });
  const nowhere = channel.renderEdit({ messageId: 'abc', markdown: 'x', buttons: [] });
  expect(await channel.send(HERE, nowhere)).toMatchObject({
    kind: 'rejected',
    reason: expect.stringContaining('messageId') as string,
  });
  expect(standin.calls).toEqual([]);
});
