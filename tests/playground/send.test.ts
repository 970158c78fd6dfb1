import { describe, expect, onTestFinished, test } from 'vitest';
import { OWNER, type StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import { splitText } from '../../src/playground/send.ts';
import { gif, jpeg, ogg, png } from '../support/files.ts';
import { pageWorld, type PageWorld } from './page-world.ts';

const HOSTILE = `"><img src=x onerror=alert(1)>`;
const MB = 1_024 * 1_024;
const QUIET = { accept: 'text/plain' };

function updatesOf({ api }: PageWorld) {
  return api.queued.map(({ update }) => update);
}

function file(name: string, content: Buffer | string, type = ''): File {
  const bytes = typeof content === 'string' ? content : new Uint8Array(content);
  return new File([bytes], name, { type });
}

/** The only message of the bot, with a button. */
async function asked(world: PageWorld): Promise<StoredMessage> {
  await world.call('sendMessage', {
    chat_id: OWNER.id,
    text: 'Which?',
    reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data: 'go:1' }]] },
  });
  const [message] = world.api.sentMessages();
  if (message === undefined) throw new Error('no message');
  return message;
}

describe('a text', () => {
  test('becomes an update and is answered at once, whether or not anybody takes it', async () => {
    const world = await pageWorld();
    const answer = await world.post('/send', { text: 'hello\r\nthere /status\r\n' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    expect(updatesOf(world)).toMatchObject([
      { message: { text: 'hello\nthere /status', from: { id: OWNER.id } } },
    ]);
    expect(world.api.deliveries).toEqual([]);
  });

  test('that starts with a slash is a command', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: '/status now' });
    expect(updatesOf(world)[0]?.message?.entities).toEqual([
      { type: 'bot_command', offset: 0, length: 7 },
    ]);
  });

  test('replies to a message, unless that is gone', async () => {
    const world = await pageWorld();
    await asked(world);
    await world.post('/send', { text: 'this one', reply: '1' });
    await world.post('/send', { text: 'nothing', reply: '99' });
    expect(updatesOf(world)).toMatchObject([
      { message: { text: 'this one', reply_to_message: { message_id: 1, text: 'Which?' } } },
      { message: { text: 'nothing' } },
    ]);
    expect(updatesOf(world)[1]?.message).not.toHaveProperty('reply_to_message');
  });

  test('that is too long goes in several messages, cut between words, of which the first replies', async () => {
    const world = await pageWorld();
    await asked(world);
    const words = 'word '.repeat(1_700).trim();
    await world.post('/send', { text: words, reply: '1' });
    const texts = updatesOf(world).map(({ message }) => message?.text ?? '');
    expect(texts.map(({ length }) => length)).toEqual([4_094, 4_094, 309]);
    expect(texts.join(' ')).toBe(words);
    expect(updatesOf(world).map(({ message }) => message?.reply_to_message?.message_id)).toEqual([
      1,
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['a'.repeat(10), ['aaaa', 'aaaa', 'aa']],
    ['one\ntwo three', ['one', 'two', 'thre', 'e']],
    ['👍👍👍', ['👍👍', '👍']],
    ['a👍👍', ['a👍', '👍']],
    ['', []],
  ])('is cut without losing or halving a character: %j', (text, parts) => {
    expect(splitText(text, 4)).toEqual(parts);
  });

  test('that is blank is refused, and nothing is sent', async () => {
    const world = await pageWorld();
    const answer = await world.post('/send', { text: '  \r\n ' }, QUIET);
    expect([answer.status, await answer.text()]).toEqual([
      400,
      'Write something, or attach a file.',
    ]);
    expect(updatesOf(world)).toEqual([]);
  });
});

describe('files', () => {
  test('a picture is a photo with its caption', async () => {
    const world = await pageWorld();
    const content = png(4, 4);
    await world.post('/send', { text: HOSTILE, files: [file('a.png', content, 'text/html')] });
    const [update] = updatesOf(world);
    expect(update?.message).toMatchObject({ caption: HOSTILE });
    expect(update?.message?.photo).toHaveLength(3);
    const [message] = world.api.messages();
    if (message === undefined) expect.unreachable();
    expect(world.api.updates.attached(message)).toMatchObject({ kind: 'photo', content });
  });

  test('several pictures are an album, other files are documents, and the caption stands once', async () => {
    const world = await pageWorld();
    await asked(world);
    await world.post('/send', {
      text: 'all of them',
      reply: '1',
      files: [
        file('notes.txt', 'notes', 'text/plain'),
        file('a.png', png(4, 4)),
        file('b.jpg', jpeg()),
        file('moving.gif', gif(), 'image/gif'),
        file('fake.png', 'no picture', 'image/png'),
      ],
    });
    const messages = updatesOf(world).map(({ message }) => message);
    expect(
      messages.map((message) => (message?.photo ? 'photo' : message?.document?.file_name)),
    ).toEqual(['photo', 'photo', 'notes.txt', 'moving.gif', 'fake.png']);
    expect(messages.map((message) => message?.caption)).toEqual([
      'all of them',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const [first, second, third] = messages;
    expect(first?.media_group_id).toMatch(/^\d+$/u);
    expect(second?.media_group_id).toBe(first?.media_group_id);
    expect(third).not.toHaveProperty('media_group_id');
    expect(third?.document).toMatchObject({ mime_type: 'text/plain', file_size: 5 });
    expect(messages.every((message) => message?.reply_to_message?.message_id === 1)).toBe(true);
  });

  test('a document alone has the caption, and the name that it came with', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: 'read this', files: [file(`../${HOSTILE}`, 'x')] });
    expect(updatesOf(world)).toMatchObject([
      { message: { caption: 'read this', document: { file_name: `../${HOSTILE}` } } },
    ]);
  });

  test('a form without scripts sends an empty one where none was chosen: that counts as none', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: 'hello', files: [file('', '')] });
    expect(updatesOf(world)).toMatchObject([{ message: { text: 'hello' } }]);
  });

  test.each<[string, () => File[], string, number, string]>([
    [
      'one of more than 20 MB',
      () => [file('small.txt', 'x'), file(`${HOSTILE}.zip`, Buffer.alloc(20 * MB + 1))],
      'mine',
      413,
      `“${HOSTILE}.zip” has 21 MB. A bot can fetch files of up to 20 MB.`,
    ],
    ['an empty one', () => [file('empty.txt', '')], 'mine', 400, '“empty.txt” is empty.'],
    [
      'more than ten',
      () => Array.from({ length: 11 }, (_, index) => file(`${index}.txt`, 'x')),
      'mine',
      413,
      'At most 10 files go at once; these are 11.',
    ],
    [
      'a caption that is too long',
      () => [file('a.txt', 'x')],
      'x'.repeat(1_025),
      400,
      'A caption has at most 1,024 characters; this has 1,025.',
    ],
  ])(
    '%s: says so, sends nothing and keeps what was typed',
    async (_, files, text, status, words) => {
      const world = await pageWorld();
      await asked(world);
      const quiet = await world.post('/send', { text, files: files() }, QUIET);
      expect([quiet.status, await quiet.text()]).toEqual([status, words]);
      const page = await world.post('/send', { text, files: files(), reply: '1' });
      expect(page.status).toBe(status);
      const html = await page.text();
      expect(html).toContain(`>${text}</textarea>`);
      expect(html).toContain('<input type="hidden" name="reply" value="1"/>');
      expect(html).toMatch(/<p id="refused" class="refused" role="alert">[^<]+<\/p>/u);
      expect(html).not.toContain(HOSTILE);
      expect(updatesOf(world)).toEqual([]);
    },
  );

  test('more than all files together may have is refused before it is read', async () => {
    const world = await pageWorld();
    const answer = await world.post(
      '/send',
      { text: 'mine' },
      { ...QUIET, 'content-length': String(300 * MB) },
    );
    expect([answer.status, await answer.text()]).toEqual([
      413,
      'That is more than goes at once. Send fewer or smaller files.',
    ]);
    expect(updatesOf(world)).toEqual([]);
  });
});

describe('a voice note', () => {
  test('goes with what the browser really recorded and how long it is', async () => {
    const world = await pageWorld();
    await asked(world);
    const recording = file(
      'voice',
      Buffer.from('\u001A\u0045\u00DF\u00A3webm', 'latin1'),
      'audio/webm;codecs=opus',
    );
    await world.post('/voice', { recording, duration: '3600.4', reply: '1' });
    await world.post('/voice', { recording: file('v', ogg(), 'audio/ogg'), duration: '12' });
    expect(updatesOf(world)).toMatchObject([
      {
        message: {
          voice: { mime_type: 'audio/webm', duration: 4, file_size: 8 },
          reply_to_message: { message_id: 1 },
        },
      },
      { message: { voice: { mime_type: 'audio/ogg', duration: 1 } } },
    ]);
  });

  test.each([
    ['nothing', {}],
    ['an empty recording', { recording: file('v', '', 'audio/ogg') }],
    ['something else', { recording: file('v', '<script>', 'text/html') }],
  ])('that is %s is refused', async (_, fields) => {
    const world = await pageWorld();
    const answer = await world.post('/voice', { duration: '1000', ...fields }, QUIET);
    expect([answer.status, await answer.text()]).toEqual([
      400,
      'There is nothing to be heard in this recording.',
    ]);
    expect(updatesOf(world)).toEqual([]);
  });
});

describe('an edit', () => {
  test('changes a message of one’s own', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: 'frist' });
    expect((await world.post('/send', { text: 'first', edit: '1' })).status).toBe(303);
    expect(updatesOf(world)[1]).toMatchObject({
      edited_message: { message_id: 1, text: 'first' },
    });
    expect(world.api.messages()).toMatchObject([{ text: 'first', editCount: 1 }]);
  });

  test('changes a caption, which may be empty', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: 'caption', files: [file('a.png', png(4, 4))] });
    await world.post('/send', { text: '', edit: '1' });
    expect(updatesOf(world)[1]?.edited_message).not.toHaveProperty('caption');
    expect(updatesOf(world)[1]).toHaveProperty('edited_message.photo');
  });

  test('that changes nothing sends nothing', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: 'same' });
    expect((await world.post('/send', { text: 'same ', edit: '1' })).status).toBe(303);
    expect(updatesOf(world)).toHaveLength(1);
  });

  test.each([
    ['of the bot’s message', '1', 'mine now', 404, 'That message is gone.'],
    ['of none', '99', 'mine', 404, 'That message is gone.'],
    ['to nothing', '2', ' ', 400, 'A message cannot be empty.'],
    [
      'to too much',
      '2',
      'x'.repeat(4_097),
      400,
      'A message has at most 4,096 characters; this has 4,097.',
    ],
  ])('%s is refused', async (_, edit, text, status, words) => {
    const world = await pageWorld();
    await asked(world);
    await world.post('/send', { text: 'mine' });
    const answer = await world.post('/send', { text, edit }, QUIET);
    expect([answer.status, await answer.text()]).toEqual([status, words]);
    expect(updatesOf(world)).toHaveLength(1);
    expect(world.api.messages()).toMatchObject([{ text: 'Which?' }, { text: 'mine' }]);
  });
});

describe('a reaction', () => {
  test('is one emoji, and the same once more takes it back', async () => {
    const world = await pageWorld();
    const message = await asked(world);
    const presses = ['👍', '🔥', '🔥'] as const;
    const now: (readonly string[])[] = [];
    for (const emoji of presses) {
      expect((await world.post('/react', { message: '1', emoji })).status).toBe(303);
      now.push(world.api.updates.reactionsTo(message));
    }
    expect(now).toEqual([['👍'], ['🔥'], []]);
    // A bot that has not asked for reactions gets none.
    expect(updatesOf(world)).toEqual([]);
  });

  test('is delivered to a bot that asked for reactions', async () => {
    const world = await pageWorld();
    await asked(world);
    await world.call('setWebhook', {
      url: 'http://127.0.0.1:9',
      allowed_updates: ['message', 'message_reaction'],
    });
    await world.post('/react', { message: '1', emoji: '👍' });
    await world.post('/react', { message: '1', emoji: '👍' });
    expect(updatesOf(world)).toMatchObject([
      { message_reaction: { message_id: 1, old_reaction: [], new_reaction: [{ emoji: '👍' }] } },
      { message_reaction: { message_id: 1, old_reaction: [{ emoji: '👍' }], new_reaction: [] } },
    ]);
  });

  test.each([
    ['with something else', { message: '1', emoji: HOSTILE }, 400],
    ['with nothing', { message: '1' }, 400],
    ['to a message that is gone', { message: '99', emoji: '👍' }, 404],
    ['to nothing', { emoji: '👍' }, 404],
  ])('%s is refused', async (_, fields, status) => {
    const world = await pageWorld();
    await asked(world);
    expect((await world.post('/react', fields, QUIET)).status).toBe(status);
    expect(updatesOf(world)).toEqual([]);
  });
});

describe('a press on a button', () => {
  test('is delivered with what the button carries, also where it has gone meanwhile', async () => {
    const world = await pageWorld();
    const message = await asked(world);
    await world.post('/press', { message: '1', data: 'go:1' });
    message.replyMarkup = null;
    await world.post('/press', { message: '1', data: 'go:1' });
    expect(updatesOf(world)).toMatchObject([
      { callback_query: { data: 'go:1', from: { id: OWNER.id }, message: { message_id: 1 } } },
      { callback_query: { data: 'go:1' } },
    ]);
  });

  test.each([
    ['of a message that is gone', { message: '99', data: 'go:1' }, 404],
    ['without data', { message: '1' }, 400],
    ['with more data than a button has', { message: '1', data: 'ä'.repeat(33) }, 400],
  ])('%s is refused', async (_, fields, status) => {
    const world = await pageWorld();
    await asked(world);
    expect((await world.post('/press', fields, QUIET)).status).toBe(status);
    expect(updatesOf(world)).toEqual([]);
  });
});

test('nothing that is sent waits for a service that is not there, nor fails when the playground ends', async () => {
  const world = await pageWorld();
  await world.call('setWebhook', { url: 'http://127.0.0.1:9' });
  await asked(world);
  const rejected: unknown[] = [];
  const note = (reason: unknown) => void rejected.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const answers = await Promise.all([
    world.post('/send', { text: 'hello' }),
    world.post('/send', { files: [file('a.txt', 'x')] }),
    world.post('/press', { message: '1', data: 'go:1' }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
  await world.api.until('two tries', () => world.api.deliveries.length >= 2 || null);
  await world.api.close();
  await new Promise(setImmediate);
  expect(rejected).toEqual([]);
  expect(world.api.deliveries.every(({ status }) => status === null)).toBe(true);
});
