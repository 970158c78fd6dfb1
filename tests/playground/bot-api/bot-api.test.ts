import { get } from 'node:http';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

const CHAT = OWNER.id;
let api: BotApiStandin;

beforeEach(async () => {
  api = await startBotApi({ tolerant: true });
});
afterEach(() => api.close());

async function post(
  method: string,
  body: string | FormData,
  headers: Record<string, string> = {},
): Promise<{ status: number; answer: unknown }> {
  const url = `${api.root}/bot${api.token}/${method}`;
  const response = await fetch(url, { method: 'POST', body, headers });
  return { status: response.status, answer: await response.json() };
}

const call = (method: string, params: object): ReturnType<typeof post> =>
  post(method, JSON.stringify(params), { 'content-type': 'application/json' });

const refusal = (error_code: number, description: unknown): object => ({
  status: error_code,
  answer: { ok: false, error_code, description },
});

const html = (text: string): ReturnType<typeof call> =>
  call('sendMessage', { chat_id: CHAT, text, parse_mode: 'HTML' });

const reply = (message_id: number, allow_sending_without_reply: boolean): object => ({
  chat_id: CHAT,
  text: 'x',
  reply_parameters: { message_id, allow_sending_without_reply },
});

const button = (callback_data: string): object => ({
  chat_id: CHAT,
  text: 'x',
  reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data }]] },
});

const upload = (content: string): ReturnType<typeof post> => {
  const form = new FormData();
  form.set('chat_id', String(CHAT));
  form.set('document', new File([content], 'answer.md'));
  return post('sendDocument', form);
};

const commands = (command: string, description: string): ReturnType<typeof call> =>
  call('setMyCommands', { commands: [{ command, description }] });

describe('the way in', () => {
  it('keeps nothing of what those without the token send, whatever it is', async () => {
    const { port } = new URL(api.root);
    const statusOf = (path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        get({ host: '127.0.0.1', port, path }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
    expect(await statusOf('/bot%E0%A4%A/getMe')).toBe(401);
    expect(await statusOf('/file/bot%/x')).toBe(401);
    expect(await statusOf('//')).toBe(404);
    expect(await statusOf(`/bot${encodeURIComponent(api.token)}/getMe`)).toBe(200);
    expect(api.violations).toEqual([]);
    expect(api.calls).toHaveLength(1);
  });

  it('says 401 to a wrong token and 404 to a method that does not exist', async () => {
    const wrong = await fetch(`${api.root}/bot2:other/getMe`);
    expect(await wrong.json()).toEqual({
      ok: false,
      error_code: 401,
      description: 'Unauthorized',
    });
    expect(await call('sendMesage', {})).toEqual(refusal(404, 'Not Found: method not found'));
  });

  it('takes JSON, a form and a multipart form, and minds the case of no method', async () => {
    const form = new FormData();
    form.set('chat_id', String(CHAT));
    form.set('text', 'three');
    form.set('reply_markup', JSON.stringify({ inline_keyboard: [[{ text: 'A', url: 'b' }]] }));
    expect(await call('sendMessage', { chat_id: CHAT, text: 'one' })).toMatchObject({
      status: 200,
    });
    const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await post('SENDMESSAGE', `chat_id=${CHAT}&text=two`, urlencoded)).toMatchObject({
      status: 200,
    });
    expect(await post('sendMessage', form)).toMatchObject({ status: 200 });
    expect(api.sentMessages().map(({ text }) => text)).toEqual(['one', 'two', 'three']);
  });

  it('refuses a parameter that the method does not have, and remembers it', async () => {
    const misspelt = { chat_id: CHAT, text: 'x', disable_link_preview: true };
    expect(await call('sendMessage', misspelt)).toMatchObject({ status: 400 });
    expect(api.violations).toEqual([expect.stringContaining('disable_link_preview')]);
  });

  it('makes a test that left a violation behind fail when it closes', async () => {
    const strict = await startBotApi();
    await fetch(`${strict.root}/bot${strict.token}/getMe?no_such=1`);
    await expect(strict.close()).rejects.toThrow('no_such');
  });
});

describe('messages', () => {
  it('refuses what Telegram refuses of a text', async () => {
    expect(await call('sendMessage', { text: 'x' })).toEqual(
      refusal(400, 'Bad Request: chat_id is empty'),
    );
    expect(await call('sendMessage', { chat_id: CHAT })).toEqual(
      refusal(400, 'Bad Request: message text is empty'),
    );
    const long = { chat_id: CHAT, text: 'x'.repeat(4_097) };
    expect(await call('sendMessage', long)).toMatchObject({ status: 400 });
    expect(api.sentMessages()).toEqual([]);
  });

  it('reads HTML strictly', async () => {
    for (const wrong of ['<b>open', '<b>a</i>', '<h1>a</h1>', 'a & b', 'a < b', '&nbsp;', '</b>']) {
      expect(await html(wrong), wrong).toMatchObject({
        status: 400,
        answer: { description: expect.stringContaining("can't parse entities") as string },
      });
    }
    await html('a &lt;b&gt; <b>c <i>d</i></b><pre><code class="language-ts">e</code></pre>');
    expect(api.sentMessages()).toMatchObject([
      {
        text: 'a <b> c de',
        entities: [
          { type: 'bold', offset: 6, length: 3 },
          { type: 'italic', offset: 8, length: 1 },
          { type: 'pre', offset: 9, length: 1, language: 'ts' },
        ],
      },
    ]);
  });

  it('knows which messages can be replied to', async () => {
    expect(await call('sendMessage', reply(7, false))).toEqual(
      refusal(400, 'Bad Request: message to be replied not found'),
    );
    await call('sendMessage', reply(7, true));
    await call('sendMessage', reply(1, false));
    expect(api.sentMessages().map(({ replyTo }) => replyTo)).toEqual([null, 1]);
  });

  it('writes to known topics only', async () => {
    const inTopic = { chat_id: CHAT, text: 'x', message_thread_id: 5 };
    expect(await call('sendMessage', inTopic)).toEqual(
      refusal(400, 'Bad Request: message thread not found'),
    );
    api.addTopic(CHAT, 5);
    expect(await call('sendMessage', inTopic)).toMatchObject({ status: 200 });
  });

  it('bounds what a button carries', async () => {
    expect(await call('sendMessage', button('é'.repeat(33)))).toMatchObject({ status: 400 });
    expect(await call('sendMessage', button(''))).toMatchObject({ status: 400 });
    expect(await call('sendMessage', button('é'.repeat(32)))).toMatchObject({ status: 200 });
  });

  it('edits and deletes what the bot sent, and tells when an edit changes nothing', async () => {
    api.updates.text('from a person');
    await call('sendMessage', { chat_id: CHAT, text: 'before' });
    const edit = (message_id: number, text: string): ReturnType<typeof call> =>
      call('editMessageText', { chat_id: CHAT, message_id, text });
    expect(await edit(1, 'x')).toEqual(refusal(400, "Bad Request: message can't be edited"));
    expect(await edit(9, 'x')).toEqual(refusal(400, 'Bad Request: message to edit not found'));
    expect(await edit(2, 'after')).toMatchObject({ status: 200 });
    expect(await edit(2, 'after')).toMatchObject({
      status: 400,
      answer: { description: expect.stringContaining('message is not modified') as string },
    });
    expect(api.sentMessages()).toMatchObject([{ text: 'after', editCount: 1 }]);
    await call('deleteMessage', { chat_id: CHAT, message_id: 2 });
    expect(api.sentMessages()).toEqual([]);
  });

  it('deletes nothing that is 48 hours old', async () => {
    await call('sendMessage', { chat_id: CHAT, text: 'old' });
    api.age(48 * 3_600_000);
    await call('sendMessage', { chat_id: CHAT, text: 'young' });
    const remove = (message_id: number): ReturnType<typeof call> =>
      call('deleteMessage', { chat_id: CHAT, message_id });
    expect(await remove(1)).toEqual(refusal(400, "Bad Request: message can't be deleted"));
    expect(await remove(2)).toMatchObject({ status: 200 });
    expect(api.sentMessages().map(({ text }) => text)).toEqual(['old']);
  });

  it('keeps documents and refuses empty ones', async () => {
    expect(await upload('')).toEqual(refusal(400, 'Bad Request: file must be non-empty'));
    await upload('# Title');
    const [message] = api.sentMessages();
    expect(message?.document?.fileName).toBe('answer.md');
    expect(message?.document?.content.toString()).toBe('# Title');
  });
});

describe('signs', () => {
  it('takes only actions and reactions that Telegram has', async () => {
    api.updates.text('hello');
    const react = (emoji: string): ReturnType<typeof call> =>
      call('setMessageReaction', {
        chat_id: CHAT,
        message_id: 1,
        reaction: [{ type: 'emoji', emoji }],
      });
    expect(await react('✅')).toEqual(refusal(400, 'Bad Request: REACTION_INVALID'));
    expect(await react('👀')).toMatchObject({ status: 200 });
    expect(api.messages()).toMatchObject([{ reaction: ['👀'] }]);
    expect(await call('sendChatAction', { chat_id: CHAT, action: 'thinking' })).toMatchObject({
      status: 400,
    });
    await call('sendChatAction', { chat_id: CHAT, action: 'typing' });
    expect(api.chatActions).toMatchObject([{ chat: CHAT, action: 'typing' }]);
  });

  it('takes an answer to a press that it knows and that is not too old', async () => {
    await call('sendMessage', {
      chat_id: CHAT,
      text: 'x',
      reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data: 'go:1' }]] },
    });
    const [message] = await api.sent(1);
    if (message === undefined) throw new Error('nothing sent');
    const fresh = api.updates.press(message, 'Go').callback_query;
    const old = api.updates.press(message, 'go:1', { expired: true }).callback_query;
    expect(fresh?.data).toBe('go:1');
    const answer = (id: string | undefined): ReturnType<typeof call> =>
      call('answerCallbackQuery', { callback_query_id: id, text: 'Done' });
    expect(await answer(fresh?.id)).toMatchObject({ status: 200 });
    expect(await answer(old?.id)).toMatchObject({ status: 400 });
    expect(await answer('12')).toMatchObject({ status: 400 });
    expect(api.presses.get(fresh?.id ?? '')?.answers).toEqual([{ text: 'Done', showAlert: false }]);
    expect(() => api.updates.press(message, 'Stop')).toThrow('no button');
  });
});

describe('the bot', () => {
  it('checks commands', async () => {
    expect(await commands('Start', 'x')).toEqual(refusal(400, 'Bad Request: BOT_COMMAND_INVALID'));
    expect(await commands('start', '')).toMatchObject({ status: 400 });
    expect(await commands('start', 'Says hello')).toMatchObject({ status: 200 });
    expect(api.commands).toEqual([{ command: 'start', description: 'Says hello' }]);
  });

  it('checks webhooks and refuses getUpdates while one is set', async () => {
    const set = (params: object): ReturnType<typeof call> => call('setWebhook', params);
    const url = 'https://claudio.example/hook';
    expect(await set({ url: 'http://claudio.example/hook' })).toMatchObject({ status: 400 });
    expect(await set({ url: 'https://claudio.example:8080/' })).toMatchObject({ status: 400 });
    expect(await set({ url, secret_token: 'no spaces' })).toMatchObject({ status: 400 });
    expect(await set({ url, secret_token: 'abc' })).toMatchObject({
      answer: { description: 'Webhook was set' },
    });
    expect(await set({ url, secret_token: 'abc' })).toMatchObject({
      answer: { description: 'Webhook is already set' },
    });
    expect(await call('getUpdates', {})).toMatchObject({ status: 409 });
    await call('deleteWebhook', {});
    void api.say('waiting');
    expect(await call('getUpdates', {})).toMatchObject({
      answer: { result: [{ message: { text: 'waiting' } }] },
    });
  });

  it('gives the content of a photo that a person sent', async () => {
    const { message } = api.updates.photo({ content: Buffer.from('pixels'), caption: 'Look' });
    const file_id = message?.photo?.at(-1)?.file_id;
    const { answer } = await call('getFile', { file_id });
    expect(answer).toMatchObject({ result: { file_path: 'photos/file_3.jpg' } });
    const url = `${api.root}/file/bot${api.token}/photos/file_3.jpg`;
    expect(await (await request(url)).body.text()).toBe('pixels');
  });
});
