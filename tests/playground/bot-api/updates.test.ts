import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

let api: BotApiStandin;

beforeEach(async () => {
  api = await startBotApi();
});
afterEach(() => api.close());

async function call(method: string, params: Record<string, string>): Promise<unknown> {
  const query = new URLSearchParams(params).toString();
  const response = await fetch(`${api.root}/bot${api.token}/${method}?${query}`);
  return response.json();
}

async function link(file_id = ''): Promise<string> {
  const { result } = (await call('getFile', { file_id })) as { result: { file_path: string } };
  return `${api.root}/file/bot${api.token}/${result.file_path}`;
}

it('shares one id among the messages of an album', () => {
  const updates = api.updates.album([
    { kind: 'photo', caption: 'Two of us' },
    { kind: 'video' },
    { kind: 'document', fileName: 'a.txt' },
  ]);
  const ids = updates.map(({ message }) => message?.media_group_id);
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^\d+$/);
  expect(updates[0]?.message?.caption).toBe('Two of us');
  expect(api.updates.photo().message).not.toHaveProperty('media_group_id');
});

it('keeps the file of a message that is replied to, and the caption that was changed', () => {
  api.updates.photo({ caption: 'before' });
  const [photo] = api.messages();
  if (photo === undefined) throw new Error('no message');
  expect(api.updates.edited(photo, '/after')).toMatchObject({
    edited_message: { caption: '/after', caption_entities: [{ length: 6 }] },
  });
  const { message } = api.updates.text('What is this?', { replyTo: 1, quote: 'aft' });
  expect(message).toMatchObject({
    text: 'What is this?',
    quote: { text: 'aft' },
    reply_to_message: { message_id: 1, caption: '/after', photo: [{}, {}, {}] },
  });
});

it('remembers what a person reacted with before', () => {
  api.updates.text('hello');
  const [message] = api.messages();
  if (message === undefined) throw new Error('no message');
  api.updates.reaction(message, ['👎']);
  expect(api.updates.reaction(message, []).message_reaction).toMatchObject({
    user: { id: OWNER.id },
    old_reaction: [{ emoji: '👎' }],
    new_reaction: [],
  });
});

it('gives no link to a file that is too big, and breaks links like calls', async () => {
  const big = api.updates.document({ sizeBytes: 20 * 1_024 * 1_024 + 1 }).message?.document;
  expect(await call('getFile', { file_id: big?.file_id ?? '' })).toMatchObject({
    error_code: 400,
    description: 'Bad Request: file is too big',
  });
  const url = await link(
    api.updates.voice({ content: Buffer.from('hello') }).message?.voice?.file_id,
  );
  api.fault({ method: 'file' }, { kind: 'error', status: 404, description: 'Not Found' }, 1);
  expect((await fetch(url)).status).toBe(404);
  const stall = api.fault({ method: 'file' }, { kind: 'stall' }, 1);
  const response = await fetch(url);
  stall.lift();
  expect(await response.text()).toBe('hello');
  expect(api.calls.filter(({ method }) => method === 'file')).toHaveLength(2);
  expect((await fetch(`${url}x`)).status).toBe(404);
});
