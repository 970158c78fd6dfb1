import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTelegramChannel } from '../../../src/channels/telegram/channel.ts';
import { type BotApi, createBotApi } from '../../../src/channels/telegram/client.ts';
import { createMedia } from '../../../src/channels/telegram/media.ts';
import { createSigns } from '../../../src/channels/telegram/signs.ts';
import type { Channel, OutgoingFile, Part, SendOutcome } from '../../../src/core/channel.ts';
import { conversationOf } from '../../../src/core/conversation.ts';
import { newId, systemClock } from '../../../src/platform/clock.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { mp3, png } from '../../contract/samples.ts';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';
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

/** Sends parts as the outbox does: what is left of one, or takes its place, comes before the next. */
async function sendOn(parts: readonly Part[]): Promise<void> {
  for (const part of parts) {
    let next: Part | undefined = part;
    while (next !== undefined) {
      const outcome: SendOutcome = await channel.send(HERE, next);
      if (outcome.kind === 'sent') next = outcome.rest;
      else next = outcome.kind === 'rejected' ? outcome.instead : undefined;
    }
  }
}

async function send(markdown: string, ...files: OutgoingFile[]): Promise<SendOutcome[]> {
  const outcomes: SendOutcome[] = [];
  for (const part of channel.render({ markdown, files, replyTo: null, buttons: [] })) {
    outcomes.push(await channel.send(HERE, part));
  }
  return outcomes;
}

const twoPhotos = (): OutgoingFile[] => [keep('photo', png(2, 2)), keep('photo', png(2, 2))];
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

describe('a recording that Telegram does not take', () => {
  const refusals = [
    'Bad Request: VOICE_MESSAGES_FORBIDDEN',
    'Bad Request: user restricted receiving of voice messages',
    'Bad Request: not enough rights to send voice notes to the chat',
  ];

  it.each(refusals)('(%s) goes as a file where nothing else can be sent', async (description) => {
    standin.fault({ method: 'sendVoice' }, { kind: 'error', status: 400, description });
    expect(await send('', keep('voice', mp3(), 'a.mp3'))).toEqual([SENT]);
    expect(standin.sentMessages()).toMatchObject([{ document: { fileName: 'a.mp3' } }]);
  });

  it.each([...refusals, 'Bad Request: wrong file'])(
    '(%s) gives way to its words, formatted, as the answer that it was',
    async (description) => {
      standin.fault({ method: 'sendVoice' }, { kind: 'error', status: 400, description });
      standin.updates.text('What is it?');
      const files = [{ ...keep('voice', mp3(), 'a.mp3'), instead: 'It is **this**.' }];
      const buttons = [[{ label: 'Go', data: 'go:1' }]];
      await sendOn(channel.render({ markdown: '', files, replyTo: '1', buttons }));
      expect(standin.sentMessages()).toMatchObject([
        {
          text: 'It is this.',
          entities: [{ type: 'bold' }],
          replyTo: 1,
          replyMarkup: { inline_keyboard: [[{ text: 'Go' }]] },
        },
      ]);
    },
  );

  it('for it is gone gives way to its words, however many, each once and in order', async () => {
    const voice = keep('voice', mp3(), 'a.mp3');
    rmSync(voice.path);
    const words = Array.from({ length: 1_500 }, (_, index) => `word${index}`);
    const files = [{ ...voice, instead: words.join(' ') }];
    await sendOn(channel.render({ markdown: 'Listen:', files, replyTo: null, buttons: [] }));
    const texts = standin.sentMessages().map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(2);
    expect(texts[0]).toBe('Listen:');
    expect(texts.join(' ').match(/word\d+/g)).toEqual(words);
  });

  it.each([401, 403])(
    'with a %d gives way to nothing: words would not go either',
    async (status) => {
      standin.fault({}, { kind: 'error', status, description: 'Forbidden: bot was blocked' });
      const [outcome] = await send('', { ...keep('voice', mp3(), 'a.mp3'), instead: 'Words.' });
      expect(outcome).not.toHaveProperty('instead');
      expect(methods()).toEqual(expect.arrayContaining(['sendVoice']));
    },
  );
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

it('puts no more into one call than it takes, each call a part of its own', () => {
  const files = [20, 24, 2, 20, 48, 1, 2].map((mebibytes) => ({
    ...keep('file', Buffer.from('x'), `${mebibytes}.bin`),
    sizeBytes: mebibytes * MEBIBYTE,
  }));
  const parts = channel.render({ markdown: 'All', files, replyTo: null, buttons: [] });
  const paths = parts.map((part) => part.files?.map(({ path }) => path));
  expect(paths.map((album) => album?.length)).toEqual([2, 2, 1, 2]);
  expect(paths.flat()).toEqual(files.map(({ path }) => path));
});

it('says so where an album is too much for one call all the same', async () => {
  const files = ['a', 'b'].map((name) => keep('file', Buffer.alloc(26 * MEBIBYTE, 'x'), name));
  await sendOn(channel.render({ markdown: 'Look:', files, replyTo: null, buttons: [] }));
  expect(standin.calls.map(({ status }) => status)).toEqual([413, 200]);
  expect(standin.sentMessages().map(({ text }) => text)).toEqual([
    'Look:\n\n⚠️ I could not send a, b: Telegram does not take it (413: Request Entity Too Large).',
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
      expect(outcomes).toMatchObject([{ kind: 'rejected', reason }]);
      expect(standin.calls).toEqual([]);
    },
  );

  it('leaves a sentence in its place, which has what stood below it and its buttons', async () => {
    const buttons = [[{ label: 'Go', data: 'go:1' }]];
    const files = [keep('file', Buffer.from(''), 'report.zip')];
    await sendOn(channel.render({ markdown: 'The **report**.', files, replyTo: null, buttons }));
    expect(standin.sentMessages()).toMatchObject([
      {
        text: 'The report.\n\n⚠️ I could not send report.zip: the file is empty.',
        entities: [{ type: 'bold', offset: 4, length: 6 }],
        replyMarkup: { inline_keyboard: [[{ text: 'Go' }]] },
      },
    ]);
  });

  it('leaves a sentence that fits a message however long the names are', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `${index}`.repeat(255));
    const files = names.map((name) => keep('file', Buffer.from(''), name));
    const markdown = 'x'.repeat(1_024);
    await sendOn(channel.render({ markdown, files, replyTo: null, buttons: [] }));
    expect(standin.sentMessages()[0]?.text).toMatch(/^x{1024}\n\n⚠️ I could not send 0{255}, 1/);
  });

  it('is told of also where it is the rest of a long answer', async () => {
    const description = 'Bad Request: not enough rights to send documents to the chat';
    standin.fault({ method: 'sendDocument' }, { kind: 'error', status: 400, description });
    const markdown = 'word '.repeat(10_000);
    await sendOn(channel.render({ markdown, replyTo: null, buttons: [] }));
    const texts = standin.sentMessages().map(({ text }) => text);
    expect(texts).toEqual([
      expect.stringMatching(/^word/),
      expect.stringMatching(/^⚠️ I could not send answer\.md: .*not enough rights/),
    ]);
  });

  it('because it is too large is not even sent to Telegram', async () => {
    const file = keep('file', Buffer.from('x'), 'large.bin');
    truncateSync(file.path, 50 * MEBIBYTE + 1);
    const reason = 'the file is larger than 50 MB: large.bin';
    expect(await send('', file)).toMatchObject([{ kind: 'rejected', reason }]);
    expect(standin.calls).toEqual([]);
  });
});

describe('an upload that does not get through', () => {
  it.each(['sendMediaGroup', 'getMe'])(
    'is held against the files only where Telegram is there: %s fails',
    async (method) => {
      standin.fault(
        { method: [...new Set([method, 'sendMediaGroup'])] },
        { kind: 'drop', moment: 'before' },
      );
      const [outcome] = await send('', ...twoPhotos());
      expect(outcome).toMatchObject({ kind: 'unreachable' });
      expect(outcome !== undefined && 'instead' in outcome).toBe(method !== 'getMe');
      expect(methods()).toEqual(['sendMediaGroup', 'getMe']);
    },
  );

  it('though Telegram calls it a bad request is tried again', async () => {
    const description = 'Bad Request: group send failed';
    standin.fault({}, { kind: 'error', status: 400, description }, 1);
    expect(await send('', ...twoPhotos())).toMatchObject([{ kind: 'unreachable' }]);
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
