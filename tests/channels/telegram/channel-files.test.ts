import { openSync, closeSync, ftruncateSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTelegramChannel } from '../../../src/channels/telegram/channel.ts';
import { type BotApi, createBotApi } from '../../../src/channels/telegram/client.ts';
import { createMedia } from '../../../src/channels/telegram/media.ts';
import { createSigns } from '../../../src/channels/telegram/signs.ts';
import type { Channel, OutgoingFile, SendOutcome } from '../../../src/core/channel.ts';
import { conversationOf } from '../../../src/core/conversation.ts';
import { newId, systemClock } from '../../../src/platform/clock.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { mp3, png } from '../../contract/samples.ts';
import { type BotApiStandin, OWNER, startBotApi } from '../../standins/bot-api/bot-api.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HERE = conversationOf({
  channel: 'telegram',
  bot: '1',
  chat: String(OWNER.id),
  thread: null,
});
const MEBIBYTE = 1_024 * 1_024;

let standin: BotApiStandin;
let http: HttpClient;
let api: BotApi;
let channel: Channel;
let folder: string;

function channelOf(botApi: BotApi): Channel {
  const signs = createSigns({ api: botApi, clock: systemClock, log: { debug: () => undefined } });
  return createTelegramChannel({ api: botApi, signs, fetch: createMedia({ api: botApi }) });
}

beforeEach(async () => {
  standin = await startBotApi();
  http = createHttpClient();
  api = createBotApi({ http, root: standin.root, token: standin.token });
  channel = channelOf(api);
  folder = temporaryFolder();
});
afterEach(async () => {
  await http.close();
  await standin.close();
});

function keep(kind: OutgoingFile['kind'], content: Buffer, name = 'a'): OutgoingFile {
  const path = join(folder, newId());
  writeFileSync(path, content);
  return { kind, name, path };
}

async function send(markdown: string, ...files: OutgoingFile[]): Promise<SendOutcome[]> {
  const outcomes: SendOutcome[] = [];
  for (const part of channel.render({ markdown, files, replyTo: null, buttons: [] })) {
    outcomes.push(await channel.send(HERE, part));
  }
  return outcomes;
}

const methods = (): string[] => standin.calls.map(({ method }) => method);
const SENT = { kind: 'sent', messageId: expect.any(String) as string };

describe('a photo that Telegram would not take as one', () => {
  it.each([
    ['is no picture', Buffer.from('%PDF-1.7')],
    ['only begins like one', Buffer.from('\x89PNG\r\n\x1A\n', 'latin1')],
    ['has too many pixels', png(9_000, 1_001)],
    ['is too long for its width', png(21, 1)],
    ['is too heavy', Buffer.concat([png(2, 2), Buffer.alloc(10 * MEBIBYTE)])],
    ['would lose its motion', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1')],
  ])('because it %s goes as a document', async (_, content) => {
    expect(await send('See', keep('photo', content, 'a.png'))).toEqual([SENT]);
    expect(standin.sentMessages()).toMatchObject([
      { text: 'See', document: { fileName: 'a.png' } },
    ]);
    expect(methods()).toEqual(['sendDocument']);
  });

  it('makes all of its album documents: they stand only among themselves', async () => {
    const files = [
      keep('photo', png(2, 2)),
      keep('photo', Buffer.from('x')),
      keep('photo', png(3, 3)),
    ];
    expect(await send('See', ...files)).toEqual([SENT]);
    expect(methods()).toEqual(['sendMediaGroup']);
    expect(standin.sentMessages().map(({ document }) => document?.content.byteLength)).toEqual(
      [png(2, 2), Buffer.from('x'), png(3, 3)].map(({ byteLength }) => byteLength),
    );
  });

  it('though it looked like one goes as a document in the same attempt', async () => {
    const description = 'Bad Request: PHOTO_SAVE_FILE_INVALID';
    standin.fault({ method: 'sendPhoto' }, { kind: 'error', status: 400, description });
    expect(await send('', keep('photo', png(2, 2)))).toEqual([SENT]);
    expect(methods()).toEqual(['sendPhoto', 'sendDocument']);
  });
});

it('takes a photo at the limits of what Telegram takes as one', async () => {
  expect(await send('', keep('photo', png(9_000, 1_000)))).toEqual([SENT]);
  expect(await send('', keep('photo', png(20, 1)))).toEqual([SENT]);
  expect(methods()).toEqual(['sendPhoto', 'sendPhoto']);
});

it('sends a recording as a file to a person who wants no recordings', async () => {
  const description = 'Bad Request: VOICE_MESSAGES_FORBIDDEN';
  standin.fault({ method: 'sendVoice' }, { kind: 'error', status: 400, description });
  expect(await send('', keep('voice', mp3(), 'a.mp3'))).toEqual([SENT]);
  expect(standin.sentMessages()).toMatchObject([{ document: { fileName: 'a.mp3' } }]);
});

it('puts photos and files into albums of their own, as even as they can be, in their order', async () => {
  const photos = Array.from({ length: 11 }, () => keep('photo', png(2, 2)));
  const files = [keep('file', Buffer.from('x')), keep('file', Buffer.from('y'))];
  await send('All', ...photos, ...files);
  const albums = standin.sentMessages().map(({ albumId }) => albumId);
  const sizes = [...new Set(albums)].map((id) => albums.filter((album) => album === id).length);
  expect(sizes).toEqual([6, 5, 2]);
  expect(methods()).toEqual(['sendMediaGroup', 'sendMediaGroup', 'sendMediaGroup']);
});

it('keeps the formatting of a caption, and drops it where the API refuses it', async () => {
  await send('Some **bold** text', keep('photo', png(2, 2)));
  standin.fault({}, { kind: 'refuse-markup' });
  await send('Some **bold** text', keep('photo', png(2, 2)));
  expect(standin.sentMessages()).toMatchObject([
    { text: 'Some bold text', entities: [{ type: 'bold', offset: 5, length: 4 }] },
    { text: 'Some bold text', entities: [] },
  ]);
});

it('takes a caption of 1,024 units, emoji counted as two, and no more', async () => {
  await send('🙂'.repeat(512), keep('photo', png(2, 2)));
  await send('🙂'.repeat(513), keep('photo', png(2, 2)));
  expect(methods()).toEqual(['sendPhoto', 'sendMessage', 'sendPhoto']);
});

it('sends an album that is too much for one call one by one', async () => {
  const description = 'Request Entity Too Large';
  standin.fault({ method: 'sendMediaGroup' }, { kind: 'error', status: 413, description });
  const files = ['x', 'y', 'z'].map((text) => keep('file', Buffer.from(text), text));
  expect(await send('Letters', ...files)).toEqual([{ kind: 'sent', messageId: '1' }]);
  expect(standin.sentMessages().map(({ text, document }) => [text, document?.fileName])).toEqual([
    ['Letters', 'x'],
    ['', 'y'],
    ['', 'z'],
  ]);
});

it('knows a flood limit that is told of a message within an album', async () => {
  const description =
    'Bad Request: failed to send message #2 with the error message "Too Many Requests: retry after 8"';
  standin.fault({}, { kind: 'error', status: 400, description }, 1);
  const files = [keep('photo', png(2, 2)), keep('photo', png(2, 2))];
  expect(await send('', ...files)).toEqual([{ kind: 'rate-limited', retryAfterMs: 8_000 }]);
});

describe('a file that cannot go', () => {
  it.each([
    ['empty', 'the file is empty: a'],
    ['a folder', 'it is no file: a'],
    ['gone', 'the file is gone: a'],
  ])(
    'because it is %s is rejected with a word of it, and with it its album',
    async (how, reason) => {
      const file = keep('file', Buffer.from(''));
      if (how === 'gone') rmSync(file.path);
      const path = how === 'a folder' ? folder : file.path;
      const outcomes = await send('', keep('file', Buffer.from('x')), { ...file, path });
      expect(outcomes).toEqual([{ kind: 'rejected', reason }]);
      expect(standin.calls).toEqual([]);
    },
  );

  it('because it is too large is not even sent to Telegram, though to a server of one’s own', async () => {
    const file = keep('file', Buffer.from('x'), 'large.bin');
    const handle = openSync(file.path, 'r+');
    ftruncateSync(handle, 50 * MEBIBYTE + 1);
    closeSync(handle);
    const own = channel;
    channel = channelOf({ ...api, isOwnServer: false });
    const reason = 'the file is larger than 50 MB: large.bin';
    expect(await send('', file)).toEqual([{ kind: 'rejected', reason }]);
    expect(standin.calls).toEqual([]);
    channel = own;
    // The stand-in keeps to the limit of Telegram's own.
    expect(await send('', file)).toMatchObject([{ kind: 'rejected', reason: /too big/ }]);
  });
});

it('names a file as it is called, in any script', async () => {
  await send('', keep('file', Buffer.from('x'), 'Отчёт "1".txt'), keep('voice', mp3(), ''));
  const [document, voice] = standin.sentMessages();
  expect(document?.document?.fileName).toBe('Отчёт "1".txt');
  expect(voice?.voice?.fileName).toBe('file');
});

it('sends what was stored before there were files, pictures and rich messages', async () => {
  const rows = [
    { kind: 'text', text: 'x', entities: [], replyTo: null, buttons: [] },
    { kind: 'document', fileName: 'answer.md', content: 'y', replyTo: 1, buttons: [] },
    { kind: 'edit', messageId: 1, text: 'z', entities: [], buttons: [] },
  ];
  for (const row of rows) expect(await channel.send(HERE, row)).toMatchObject({ kind: 'sent' });
});
