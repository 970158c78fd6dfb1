import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mp3, png } from '../../contract/samples.ts';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

const CHAT = OWNER.id;
let api: BotApiStandin;

beforeEach(async () => {
  api = await startBotApi({ tolerant: true });
});
afterEach(() => api.close());

type Content = string | object | Uint8Array<ArrayBuffer>;

async function call(
  method: string,
  params: Record<string, Content>,
): Promise<{ ok: boolean; description?: string; result?: unknown }> {
  const body = new FormData();
  body.set('chat_id', String(CHAT));
  for (const [name, value] of Object.entries(params)) {
    if (value instanceof Uint8Array) body.set(name, new File([value], `${name}.bin`));
    else body.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const url = `${api.root}/bot${api.token}/${method}`;
  const response = await fetch(url, { method: 'POST', body });
  return (await response.json()) as Awaited<ReturnType<typeof call>>;
}

const bytes = (content: Buffer | string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(content));

const rich = (markdown: string): ReturnType<typeof call> =>
  call('sendRichMessage', { rich_message: { markdown } });

const refused = (description: string | RegExp): object => ({
  ok: false,
  description: expect.stringMatching(description) as string,
});

const attached = (name: string, rest: object = {}): object => ({
  type: 'photo',
  media: `attach://${name}`,
  ...rest,
});

it('takes no body of much more than 50 MB, whatever is in it', async () => {
  const half = bytes(Buffer.alloc(26 << 20));
  const media = ['a', 'b'].map((name) => attached(name, { type: 'document' }));
  expect(await call('sendMediaGroup', { media, a: half, b: half })).toMatchObject({
    error_code: 413,
    description: 'Request Entity Too Large',
  });
  expect(api.calls).toMatchObject([{ method: 'sendMediaGroup', status: 413 }]);
  expect(api.sentMessages()).toEqual([]);
});

describe('photos', () => {
  it.each([
    ['GIF89a and no JPEG', bytes('GIF89a'), 'IMAGE_PROCESS_FAILED'],
    ['nothing', bytes(''), 'file must be non-empty'],
    ['more than 10 MB', bytes(Buffer.concat([png(1, 1), Buffer.alloc(10 << 20)])), 'too big'],
    ['more than 10,000 pixels around', bytes(png(9_000, 1_001)), 'PHOTO_INVALID_DIMENSIONS'],
    ['a strip', bytes(png(41, 2)), 'PHOTO_INVALID_DIMENSIONS'],
  ])('of %s are refused', async (_, photo, reason) => {
    expect(await call('sendPhoto', { photo })).toEqual(expect.objectContaining(refused(reason)));
    expect(api.sentMessages()).toEqual([]);
  });

  it('are kept, with a caption of 1,024 units at most, and getFile gives them', async () => {
    const photo = bytes(png(40, 2));
    expect(await call('sendPhoto', { photo, caption: '🙂'.repeat(513) })).toMatchObject(
      refused('too long'),
    );
    const { result } = await call('sendPhoto', { photo, caption: '🙂'.repeat(512) });
    expect(result).toMatchObject({ photo: [{ width: 40, height: 2 }] });
    const { photo: sizes } = result as { photo: { file_id: string }[] };
    const url = `${api.root}/bot${api.token}/getFile?file_id=${sizes[0]?.file_id}`;
    expect(await (await fetch(url)).json()).toMatchObject({
      result: { file_size: photo.byteLength },
    });
    expect(api.sentMessages()).toMatchObject([{ photo: { fileName: 'photo.bin' } }]);
  });

  it('hold no text to edit', async () => {
    await call('sendPhoto', { photo: bytes(png(2, 2)) });
    const edit = { message_id: '1', text: 'x' };
    expect(await call('editMessageText', edit)).toMatchObject(refused('there is no text'));
  });
});

it('takes a recording only in a form that is played in the chat', async () => {
  const ogg = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(23), Buffer.from('\x13OpusHead')]);
  const m4a = Buffer.from('\0\0\0\x20ftypM4A ');
  for (const voice of [mp3(), ogg, m4a]) {
    expect(await call('sendVoice', { voice: bytes(voice) })).toMatchObject({ ok: true });
  }
  expect(await call('sendVoice', { voice: bytes('RIFF....WAVE') })).toMatchObject(
    refused('as a file'),
  );
});

describe('albums', () => {
  it('are messages with one id, in order, each with its own caption', async () => {
    const { result } = await call('sendMediaGroup', {
      media: [attached('a', { caption: 'Two' }), attached('b')],
      a: bytes(png(1, 1)),
      b: bytes(png(2, 2)),
    });
    expect(result).toMatchObject([
      { message_id: 1, caption: 'Two', photo: [{ width: 1 }] },
      { message_id: 2, photo: [{ width: 2 }] },
    ]);
    const ids = (result as { media_group_id: string }[]).map((one) => one.media_group_id);
    expect(new Set(ids).size).toBe(1);
  });

  it.each([
    ['one item', [attached('a')], 'from 2 to 10'],
    ['eleven items', Array.from({ length: 11 }, () => attached('a')), 'too many'],
    ['a photo and a document', [attached('a'), { type: 'document', media: 'attach://a' }], 'mixed'],
    ['what was not attached', [attached('a'), attached('b')], 'there is no photo'],
    [
      'too long a caption',
      [attached('a', { caption: 'x'.repeat(1_025) }), attached('a')],
      'too long',
    ],
  ])('of %s are refused', async (_, media, reason) => {
    const answer = await call('sendMediaGroup', { media, a: bytes(png(1, 1)) });
    expect(answer).toMatchObject(refused(reason));
    expect(api.sentMessages()).toEqual([]);
    expect(api.violations).toEqual([]);
  });

  it('carry no buttons, and nothing that is no file', async () => {
    const media = [attached('a'), attached('a')];
    const more = { reply_markup: { inline_keyboard: [] }, a: bytes(png(1, 1)) };
    await call('sendMediaGroup', { media, ...more });
    expect(api.violations).toEqual([expect.stringContaining('reply_markup')]);
  });
});

describe('drafts', () => {
  it('are for private chats, with an id, and of the length of a message', async () => {
    const draft = { draft_id: '7', text: 'So far' };
    expect(await call('sendMessageDraft', draft)).toMatchObject({ ok: true, result: true });
    expect(await call('sendMessageDraft', { draft_id: '7' })).toMatchObject({ ok: true });
    expect(await call('sendMessageDraft', { ...draft, draft_id: '0' })).toMatchObject({
      ok: false,
    });
    expect(await call('sendMessageDraft', { ...draft, chat_id: '-7' })).toMatchObject({
      ok: false,
    });
    const long = { ...draft, text: 'x'.repeat(4_097) };
    expect(await call('sendMessageDraft', long)).toMatchObject({ ok: false });
    expect(api.sentMessages()).toEqual([]);
  });
});

it('takes a rich message of 32,768 characters', async () => {
  expect(await rich('🙂'.repeat(32_768))).toMatchObject({ ok: true });
  expect(await rich('x'.repeat(32_769))).toMatchObject({ ok: false });
  expect(await rich(' ')).toMatchObject({ ok: false });
  expect(api.sentMessages()).toMatchObject([{ rich: true }]);
});
