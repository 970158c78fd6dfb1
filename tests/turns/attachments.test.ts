import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import pino from 'pino';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createBotApi, type BotApi } from '../../src/channels/telegram/client.ts';
import { createMedia } from '../../src/channels/telegram/media.ts';
import type { Speech } from '../../src/core/speech.ts';
import { createHttpClient } from '../../src/platform/http-client.ts';
import { prepare, type AttachmentRow, type PrepareParts } from '../../src/turns/attachments.ts';
import { startBotApi, type BotApiStandin } from '../../src/playground/bot-api/bot-api.ts';
import { jpeg, ogg, pdf, png } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A service that hears what it is told to. */
function listener(outcome: Awaited<ReturnType<Speech['transcribe']>>): Speech & {
  readonly heard: { readonly name: string; readonly mimeType: string }[];
} {
  const heard: { name: string; mimeType: string }[] = [];
  return {
    heard,
    transcribe: ({ name, mimeType }) => {
      heard.push({ name, mimeType });
      return Promise.resolve(outcome);
    },
    speak: () => Promise.resolve({ kind: 'nothing-to-say' }),
    explain: ({ code }) => `It failed: ${code}.`,
  };
}

let api: BotApiStandin;
let folder: string;
let told: string[];

beforeEach(async () => {
  api = await startBotApi();
  onTestFinished(() => api.close());
  folder = temporaryFolder();
  told = [];
});

function clientOf(): BotApi {
  const http = createHttpClient();
  onTestFinished(() => http.close());
  return createBotApi({ http, root: api.root, token: api.token });
}

/** The real channel's downloads. */
function parts(overrides: Partial<PrepareParts> = {}): PrepareParts {
  return {
    fetch: createMedia({ api: clientOf() }),
    speech: null,
    folder,
    log: pino({ level: 'silent' }),
    tell: (words) => told.push(words),
    signal: new AbortController().signal,
    ...overrides,
  };
}

/** Downloads that soon give up. */
function impatient(): Pick<PrepareParts, 'fetch'> {
  return { fetch: createMedia({ api: clientOf(), timeoutMs: 1000 }) };
}

/** The row of something that a person sent. */
function sent(
  content: Buffer,
  row: Partial<AttachmentRow> & Pick<AttachmentRow, 'kind'>,
): AttachmentRow {
  const { message } = api.updates.document({ content });
  return {
    id: 1,
    messageId: 1,
    fileId: message?.document?.file_id ?? '',
    name: null,
    mimeType: null,
    sizeBytes: content.byteLength,
    durationMs: null,
    isQuoted: false,
    platformMessageId: '1',
    transcript: null,
    caption: null,
    ...row,
  };
}

describe('a file', () => {
  test('comes to lie in the folder of the turn, for this user alone, whatever the mask says', async () => {
    const prior = process.umask(0);
    onTestFinished(() => void process.umask(prior));
    const outcome = await prepare(
      sent(Buffer.from('words'), { kind: 'file', name: 'a.txt' }),
      3,
      parts(),
    );
    const path = join(folder, '3-a.txt');
    expect(outcome).toEqual({
      kind: 'file',
      file: { path, description: 'text, 5 bytes', kind: 'text' },
    });
    expect(readFileSync(path, 'utf8')).toBe('words');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(told).toEqual(['Downloading a.txt']);
  });

  test.each([
    [
      'the ending that its content calls for',
      png(1, 1),
      { kind: 'image', name: 'a.jpeg' },
      '1-a.png',
    ],
    ['its own where that fits', jpeg(), { kind: 'image', name: 'a.jpg' }, '1-a.jpg'],
    ['one where it has none', png(1, 1), { kind: 'image', name: 'screenshot' }, '1-screenshot.png'],
    ['a name where it has none', jpeg(), { kind: 'image' }, '1-picture.jpg'],
    ['that of a picture where it is one', png(1, 1), { kind: 'file', name: 'b.dat' }, '1-b.png'],
    [
      'any that is not of a picture',
      Buffer.from('%PDF-1.4'),
      { kind: 'file', name: 'b.ai' },
      '1-b.ai',
    ],
    [
      'one more where Claude would take a text for a picture',
      Buffer.from('I am a picture'),
      { kind: 'file', name: 'a.JPG' },
      '1-a.JPG.txt',
    ],
    [
      'one more where Claude would take a text for a PDF',
      Buffer.from('I am a PDF'),
      { kind: 'file', name: 'bill.pdf' },
      '1-bill.pdf.txt',
    ],
    [
      'one more where Claude would take some bytes for a picture',
      Buffer.from([7, 0, 255, 1]),
      { kind: 'file', name: 'a.png' },
      '1-a.png.bin',
    ],
    [
      'one more where Claude would take a PDF for a picture',
      pdf('x'),
      { kind: 'file', name: 'a.gif' },
      '1-a.gif.pdf',
    ],
    ['its own, in small letters', pdf('x'), { kind: 'file', name: 'bill.PDF' }, '1-bill.pdf'],
    [
      'its own where it is what it says',
      Buffer.from('words'),
      { kind: 'file', name: 'a.csv' },
      '1-a.csv',
    ],
  ] as const)('gets %s', async (_, content, row, name) => {
    await prepare(sent(content, row), 1, parts());
    expect(readdirSync(folder)).toEqual([name]);
  });

  test.each([
    [999, '999 bytes'],
    [210_400, '210 kB'],
    [3_456_000, '3.5 MB'],
  ])('is described with its size: %i bytes', async (sizeBytes, size) => {
    const patient = parts();
    const outcome = await prepare(sent(Buffer.alloc(sizeBytes, 'a'), { kind: 'file' }), 1, patient);
    expect(outcome).toMatchObject({ file: { description: `text, ${size}` } });
  });

  test('is never written over one that is there', async () => {
    const row = sent(Buffer.from('words'), { kind: 'file' });
    await prepare(row, 1, parts());
    await expect(prepare(row, 1, parts())).rejects.toMatchObject({ code: 'EEXIST' });
  });

  test('that the disk does not take is a fault of ours and not told as one of the file', async () => {
    const missing = join(folder, 'missing');
    await expect(
      prepare(sent(Buffer.from('x'), { kind: 'file' }), 1, parts({ folder: missing })),
    ).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('what a platform does not give', () => {
  const unreachable = {
    kind: 'unusable',
    sentence: '**list\\.txt** could not be downloaded after 3 attempts; please try again later.',
    mayWorkLater: true,
  };

  test.each([
    ['getFile never answers', 'getFile', { kind: 'hang', moment: 'before' }],
    ['the download never begins', 'file', { kind: 'hang', moment: 'before' }],
    ['the download stalls in the middle', 'file', { kind: 'stall' }],
    ['a gateway answers in its place', 'getFile', { kind: 'html', status: 502 }],
  ] as const)('is tried three times where %s, and then told', async (_, method, behaviour) => {
    const fault = api.fault({ method }, behaviour);
    const row = sent(Buffer.from('a text in two halves'), { kind: 'file', name: 'list.txt' });
    expect(await prepare(row, 1, parts(impatient()))).toEqual(unreachable);
    expect(fault.hitCount).toBe(3);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is there at the third try where only two went wrong', async () => {
    api.fault({ method: 'file' }, { kind: 'stall' }, 1);
    api.fault({ method: 'getFile' }, { kind: 'rate-limited', retryAfterSeconds: 1 }, 1);
    const row = sent(Buffer.from('two halves'), { kind: 'file' });
    expect(await prepare(row, 1, parts(impatient()))).toMatchObject({ kind: 'file' });
  });

  test('is not asked for a second time where it is gone or too large', async () => {
    const gone = sent(Buffer.from('x'), { kind: 'image', fileId: 'unknown' });
    expect(await prepare(gone, 1, parts())).toEqual({
      kind: 'unusable',
      sentence: '**The picture** is no longer available; please send it again.',
      mayWorkLater: false,
    });
    const { message } = api.updates.document({ sizeBytes: 50_000_000 });
    const large = { ...gone, fileId: message?.document?.file_id ?? '', name: 'a_b.mkv' };
    expect(await prepare(large, 1, parts())).toEqual({
      kind: 'unusable',
      sentence: '**a\\_b\\.mkv** is too large: I can only receive files of up to 20 MB.',
      mayWorkLater: false,
    });
    expect(api.calls.map(({ method }) => method)).toEqual(['getFile', 'getFile']);
  });

  test('is waited for no longer than the turn goes on, neither in a download nor in a pause', async () => {
    const stop = new AbortController();
    const row = sent(Buffer.from('a text in two halves'), { kind: 'file' });
    const stall = api.fault({ method: 'file' }, { kind: 'stall' });
    const stalled = prepare(row, 1, parts({ signal: stop.signal }));
    await api.call('the download', ({ method }) => method === 'file');
    stop.abort(new Error('stopped'));
    await expect(stalled).rejects.toThrow('stopped');
    stall.lift();

    const pausing = new AbortController();
    api.fault({ method: 'getFile' }, { kind: 'html', status: 502 });
    const fetched = Promise.withResolvers<void>();
    const { fetch, ...rest } = parts({ signal: pausing.signal });
    const paused = prepare(row, 1, {
      ...rest,
      fetch: async (...given) => {
        const outcome = await fetch(...given);
        setImmediate(() => fetched.resolve());
        return outcome;
      },
    });
    await fetched.promise;
    pausing.abort();
    await expect(paused).rejects.toMatchObject({ name: 'AbortError' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the deadline of all downloads of a turn', () => {
  const late = {
    kind: 'unusable',
    sentence: '**a\\.txt** could not be downloaded in time; please try again later.',
    mayWorkLater: true,
  };

  test('ends one that stalls, without another attempt, and the turn goes on', async () => {
    const deadline = new AbortController();
    const row = sent(Buffer.from('a text in two halves'), { kind: 'file', name: 'a.txt' });
    const stall = api.fault({ method: 'file' }, { kind: 'stall' });
    const { fetch } = parts();
    const patient = createMedia({ api: clientOf(), timeoutMs: 60_000 });
    const prepared = prepare(row, 1, parts({ fetch: patient, deadline: deadline.signal }));
    await api.call('the download', ({ method }) => method === 'file');
    deadline.abort();
    expect(await prepared).toEqual(late);
    expect(stall.hitCount).toBe(1);
    stall.lift();
    expect(await prepare(row, 1, parts({ fetch }))).toMatchObject({ kind: 'file' });
  });

  test('ends a pause', async () => {
    const deadline = new AbortController();
    const row = sent(Buffer.from('x'), { kind: 'file', name: 'a.txt' });
    let fetchCount = 0;
    const prepared = prepare(
      row,
      1,
      parts({
        fetch: () => {
          fetchCount += 1;
          setImmediate(() => deadline.abort());
          return Promise.resolve({ kind: 'unreachable', reason: 'away' });
        },
        deadline: deadline.signal,
      }),
    );
    expect(await prepared).toEqual(late);
    expect(fetchCount).toBe(1);
  });

  test('is the end of those that have not begun, and of nothing else', async () => {
    const deadline = AbortSignal.abort();
    const row = sent(Buffer.from('x'), { kind: 'file', name: 'a.txt' });
    expect(await prepare(row, 1, parts({ deadline }))).toEqual(late);
    expect(api.calls).toEqual([]);
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(prepare(row, 1, parts({ deadline, signal: stopped }))).rejects.toThrow('stopped');
  });
});

describe('a recording', () => {
  test('is written down, by the name and the type that its content has, and is never a file', async () => {
    const speech = listener({ kind: 'heard', text: 'Hello.' });
    const row = sent(ogg(), { kind: 'speech', mimeType: 'audio/mpeg', durationMs: 3000 });
    expect(await prepare(row, 2, parts({ speech }))).toEqual({
      kind: 'speech',
      transcript: 'Hello.',
      isNew: true,
    });
    expect(speech.heard).toEqual([
      { name: '2-recording.opus', mimeType: expect.stringContaining('audio/ogg') as string },
    ]);
    expect(readdirSync(folder)).toEqual([]);
    expect(told).toEqual(['Downloading the recording', 'Listening to the recording']);
  });

  test('that was written down before is not asked for again', async () => {
    const row = sent(ogg(), { kind: 'speech', transcript: 'Hello.' });
    expect(await prepare(row, 1, parts())).toEqual({
      kind: 'speech',
      transcript: 'Hello.',
      isNew: false,
    });
    expect(api.calls).toEqual([]);
  });

  test('is written down though its sender says that it has no length', async () => {
    const speech = listener({ kind: 'heard', text: 'Hello.' });
    const row = sent(ogg(), { kind: 'speech', durationMs: 0 });
    expect(await prepare(row, 1, parts({ speech }))).toMatchObject({ transcript: 'Hello.' });
  });

  test('of no length gets a sentence: where it has no bytes, and where nothing is heard in it', async () => {
    const failure = { code: 'nothing-heard' } as const;
    const speech = listener({ kind: 'failed', failure, detail: 'no words' });
    const empty = sent(Buffer.alloc(0), { kind: 'speech', durationMs: 0 });
    expect(await prepare(empty, 1, parts({ speech }))).toEqual({
      kind: 'unusable',
      sentence: '**The recording** is empty.',
      mayWorkLater: false,
    });
    expect(speech.heard).toEqual([]);
    const silent = sent(ogg(), { kind: 'speech', durationMs: 0 });
    expect(await prepare(silent, 1, parts({ speech }))).toEqual({
      kind: 'unusable',
      sentence: 'It failed: nothing-heard.',
      mayWorkLater: false,
    });
  });

  test('is told without a download where nothing can listen', async () => {
    const outcome = await prepare(sent(ogg(), { kind: 'speech' }), 1, parts());
    expect(outcome).toMatchObject({
      kind: 'unusable',
      sentence: expect.stringContaining('set `ELEVENLABS_API_KEY` in `service.env`') as string,
    });
    expect(api.calls).toEqual([]);
  });

  test('that could not be heard is told in the words of who listened', async () => {
    const failure = { code: 'quota-used-up' } as const;
    const speech = listener({ kind: 'failed', failure, detail: 'HTTP 401' });
    const outcome = await prepare(sent(ogg(), { kind: 'speech' }), 1, parts({ speech }));
    expect(outcome).toEqual({
      kind: 'unusable',
      sentence: 'It failed: quota-used-up.',
      mayWorkLater: true,
    });
  });
});

test('a name is shown as people write it, and lies in a path that no shell can misread', async () => {
  const row = sent(Buffer.from('x'), { kind: 'file', name: "Ann's list (v2).txt" });
  await prepare(row, 1, parts());
  expect(told).toEqual(["Downloading Ann's list (v2).txt"]);
  expect(readdirSync(folder)).toEqual(['1-Ann_s list _v2_.txt']);
});

test('two files of one name lie side by side', async () => {
  const row = sent(Buffer.from('x'), { kind: 'file', name: 'a.txt' });
  const prepared = [await prepare(row, 1, parts()), await prepare(row, 2, parts())];
  const names = prepared.map((one) => (one.kind === 'file' ? basename(one.file.path) : one.kind));
  expect(names).toEqual(['1-a.txt', '2-a.txt']);
});
