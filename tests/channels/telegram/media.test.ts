import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBotApi } from '../../../src/channels/telegram/client.ts';
import { createMedia } from '../../../src/channels/telegram/media.ts';
import { parseUpdate } from '../../../src/channels/telegram/parse.ts';
import type { FetchOutcome } from '../../../src/core/channel.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { type BotApiStandin, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';
import { BOT } from './recorded.ts';

const MAX_BYTES = 20 * 1_024 * 1_024;
const never = new AbortController().signal;
let standin: BotApiStandin;
let http: HttpClient;

beforeEach(async () => {
  standin = await startBotApi();
  http = createHttpClient();
});
afterEach(async () => {
  await http.close();
  await standin.close();
});

function media(timeoutMs?: number): ReturnType<typeof createMedia> {
  const api = createBotApi({ http, root: standin.root, token: standin.token });
  return createMedia({ api, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

/** The id of the file that a message carries, as the parser finds it. */
function fileIdOf(update: unknown): string {
  const inbound = parseUpdate(BOT, update);
  const fileId = inbound?.kind === 'message' ? inbound.attachments[0]?.fileId : undefined;
  if (fileId === undefined) throw new Error('no attachment');
  return fileId;
}

const photo = (content = 'pixels'): string =>
  fileIdOf(standin.updates.photo({ content: Buffer.from(content) }));

async function textOf(outcome: Promise<FetchOutcome>): Promise<string> {
  const got = await outcome;
  if (got.kind !== 'fetched') throw new Error(JSON.stringify(got));
  return new TextDecoder().decode(got.content);
}

it('gets the largest size of a photo, and any other file', async () => {
  expect(await textOf(media()(photo(), never))).toBe('pixels');
  const voice = standin.updates.voice({ content: Buffer.from('sound') });
  expect(await textOf(media()(fileIdOf(voice), never))).toBe('sound');
  expect(standin.calls.map(({ method }) => method)).toEqual(['getFile', 'file', 'getFile', 'file']);
});

it('gets a file of nothing as nothing', async () => {
  const empty = fileIdOf(standin.updates.document({ content: Buffer.alloc(0) }));
  expect(await textOf(media()(empty, never))).toBe('');
});

it('asks for no file that is too large', async () => {
  const big = fileIdOf(standin.updates.document({ sizeBytes: MAX_BYTES + 1 }));
  expect(await media()(big, never)).toEqual({ kind: 'too-large', maxBytes: MAX_BYTES });
  expect(standin.calls.map(({ method }) => method)).toEqual(['getFile']);
});

describe('what is gone', () => {
  it('is an id that Telegram does not know', async () => {
    expect(await media()('no-such-file', never)).toEqual({
      kind: 'gone',
      reason: 'Bad Request: wrong file_id or the file is temporarily unavailable',
    });
  });

  it('is a link that has expired', async () => {
    standin.fault({ method: 'file' }, { kind: 'error', status: 404, description: 'Not Found' });
    expect(await media()(photo(), never)).toEqual({ kind: 'gone', reason: 'HTTP 404' });
  });
});

describe('what may work later', () => {
  it.each([
    ['getFile', { kind: 'rate-limited', retryAfterSeconds: 3 }, 'too many requests'],
    ['getFile', { kind: 'error', status: 500, description: 'Internal' }, 'Internal'],
    ['getFile', { kind: 'hang', moment: 'before' }, 'no answer in time'],
    ['file', { kind: 'rate-limited', retryAfterSeconds: 3 }, 'HTTP 429'],
    ['file', { kind: 'html', status: 502 }, 'HTTP 502'],
    ['file', { kind: 'hang', moment: 'before' }, 'no answer'],
    ['file', { kind: 'stall' }, 'no answer'],
    ['file', { kind: 'drop', moment: 'before' }, 'connection'],
    ['file', { kind: 'huge', bodyBytes: MAX_BYTES + 1 }, 'larger than 20971520 bytes'],
  ] as const)('is a %s that meets %j', async (method, behaviour, reason) => {
    const fileId = photo('pixels that come in two halves');
    standin.fault({ method }, behaviour);
    const isSilent = behaviour.kind === 'hang' || behaviour.kind === 'stall';
    expect(await media(isSilent ? 1000 : 10_000)(fileId, never)).toEqual({
      kind: 'unreachable',
      reason: expect.stringContaining(reason) as string,
    });
    expect(standin.calls.at(-1)?.method).toBe(method);
  });

  it('is a download that is called off', async () => {
    const fileId = photo('pixels that come in two halves');
    standin.fault({ method: 'file' }, { kind: 'stall' });
    const controller = new AbortController();
    const outcome = media()(fileId, controller.signal);
    await standin.call('the download', ({ method }) => method === 'file');
    controller.abort();
    expect(await outcome).toEqual({ kind: 'unreachable', reason: 'aborted' });
  });
});

describe('a Bot API server on this machine', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'claudio-media-')), standin.token);
    mkdirSync(folder);
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  const kept = (name: string): string =>
    fileIdOf(standin.updates.document({ path: join(folder, name) }));

  it('gives the path of a file, which is read from there', async () => {
    writeFileSync(join(folder, 'file_1'), 'from the disk');
    expect(await textOf(media()(kept('file_1'), never))).toBe('from the disk');
    expect(standin.calls.map(({ method }) => method)).toEqual(['getFile']);
  });

  it('gives no more than Telegram does', async () => {
    writeFileSync(join(folder, 'file_1'), '');
    truncateSync(join(folder, 'file_1'), MAX_BYTES + 1);
    expect(await media()(kept('file_1'), never)).toMatchObject({ kind: 'too-large' });
  });

  it('keeps its paths, which hold the token, to itself', async () => {
    const outcomes = [await media()(kept('nothing'), never), await media()(kept('.'), never)];
    expect(outcomes).toEqual([
      { kind: 'gone', reason: 'the file of the Bot API server cannot be read (ENOENT)' },
      { kind: 'gone', reason: 'the path does not lead to a file' },
    ]);
    expect(JSON.stringify(outcomes)).not.toContain('test-token');
  });

  it("is not believed where it is Telegram's own", async () => {
    writeFileSync(join(folder, 'file_1'), 'from the disk');
    const api = createBotApi({ http, root: standin.root, token: standin.token });
    const fetchFile = createMedia({ api: { ...api, isOwnServer: false } });
    expect(await fetchFile(kept('file_1'), never)).toMatchObject({ kind: 'gone' });
    const own = createBotApi({ http, root: 'https://api.telegram.org/', token: standin.token });
    expect(own.isOwnServer).toBe(false);
  });
});
