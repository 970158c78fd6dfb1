import type { MessageEntity } from '@grammyjs/types';
import { jsx } from 'hono/jsx';
import { renderToString } from 'hono/jsx/dom/server';
import { describe, expect, test, vi } from 'vitest';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { Formatted } from '../../src/playground/formatted.tsx';
import { ogg, png } from '../support/files.ts';
import { pageWorld, type PageWorld } from './page-world.ts';

const HOSTILE = `"><img src=x onerror=alert(1)><script>alert(2)</script>`;
const ESCAPED = '&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;alert(2)&lt;/script&gt;';

function formatted(text: string, entities: readonly MessageEntity[]): string {
  return renderToString(jsx(Formatted, { text, entities }));
}

describe('a text with entities', () => {
  test.each<[string, string, MessageEntity[], string]>([
    ['no entities', 'a < b & c', [], 'a &lt; b &amp; c'],
    [
      'bold, italic, underline, strike and code',
      'b i u s c',
      [
        { type: 'bold', offset: 0, length: 1 },
        { type: 'italic', offset: 2, length: 1 },
        { type: 'underline', offset: 4, length: 1 },
        { type: 'strikethrough', offset: 6, length: 1 },
        { type: 'code', offset: 8, length: 1 },
      ],
      '<strong>b</strong> <em>i</em> <u>u</u> <s>s</s> <code>c</code>',
    ],
    [
      'offsets in UTF-16 units',
      '👍👍 bold 👍',
      [{ type: 'bold', offset: 5, length: 4 }],
      '👍👍 <strong>bold</strong> 👍',
    ],
    [
      'one within the other, whatever their order',
      'bold and italic',
      [
        { type: 'italic', offset: 9, length: 6 },
        { type: 'bold', offset: 0, length: 15 },
      ],
      '<strong>bold and <em>italic</em></strong>',
    ],
    [
      'the same bounds',
      'both',
      [
        { type: 'italic', offset: 0, length: 4 },
        { type: 'bold', offset: 0, length: 4 },
      ],
      '<strong><em>both</em></strong>',
    ],
    [
      'a spoiler, which can be reached by keyboard',
      'psst',
      [{ type: 'spoiler', offset: 0, length: 4 }],
      '<span class="spoiler" tabindex="0">psst</span>',
    ],
    [
      'code with a language, and the line that it ends',
      'x\nlet a;\ny',
      [{ type: 'pre', language: 'js', offset: 2, length: 6 }],
      'x\n<pre tabindex="0"><span class="language">js</span><code>let a;</code></pre>y',
    ],
    [
      'a quotation, and one that opens',
      'quoted\nlong',
      [
        { type: 'blockquote', offset: 0, length: 6 },
        { type: 'expandable_blockquote', offset: 7, length: 4 },
      ],
      '<blockquote>quoted</blockquote><blockquote><details><summary>long</summary>long</details></blockquote>',
    ],
    [
      'links to the web',
      'here http://a.example b.example',
      [
        { type: 'text_link', offset: 0, length: 4, url: 'https://a.example/?q="x"' },
        { type: 'url', offset: 5, length: 16 },
        { type: 'url', offset: 22, length: 9 },
      ],
      '<a href="https://a.example/?q=%22x%22" target="_blank" rel="noopener noreferrer">here</a> ' +
        '<a href="http://a.example/" target="_blank" rel="noopener noreferrer">http://a.example</a> ' +
        '<a href="https://b.example/" target="_blank" rel="noopener noreferrer">b.example</a>',
    ],
    [
      'links to anything else: only their words',
      'one two three',
      [
        { type: 'text_link', offset: 0, length: 3, url: 'javascript:alert(1)' },
        { type: 'text_link', offset: 4, length: 3, url: ' JaVaScRiPt:alert(1)' },
        { type: 'text_link', offset: 8, length: 5, url: 'data:text/html,<script>' },
      ],
      'one two three',
    ],
    [
      'mentions and commands',
      '@somebody /start',
      [
        { type: 'mention', offset: 0, length: 9 },
        { type: 'bot_command', offset: 10, length: 6 },
      ],
      '<span class="mention">@somebody</span> <span class="mention">/start</span>',
    ],
    [
      'markup in all that they hold',
      HOSTILE,
      [
        { type: 'bold', offset: 0, length: HOSTILE.length },
        { type: 'text_link', offset: 0, length: 4, url: `https://a.example/${HOSTILE}` },
        { type: 'pre', language: HOSTILE, offset: 10, length: 5 },
      ],
      '<strong><a href="https://a.example/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E%3Cscript%3Ealert(2)%3C/script%3E" target="_blank" rel="noopener noreferrer">&quot;&gt;&lt;i</a>mg src' +
        `<pre tabindex="0"><span class="language">${ESCAPED}</span><code>=x on</code></pre>` +
        'error=alert(1)&gt;&lt;script&gt;alert(2)&lt;/script&gt;</strong>',
    ],
    [
      'those that overlap, are empty or out of bounds: no text is lost, none is there twice',
      'abcdef',
      [
        { type: 'bold', offset: 0, length: 4 },
        { type: 'italic', offset: 2, length: 4 },
        { type: 'code', offset: 5, length: 0 },
        { type: 'underline', offset: 4, length: 99 },
        { type: 'strikethrough', offset: 50, length: 2 },
        { type: 'spoiler', offset: -3, length: 2 },
      ],
      '<strong>ab<em>cd</em></strong><u>ef</u>',
    ],
  ])('is shown with %s', (_, text, entities, html) => {
    expect(formatted(text, entities)).toBe(html);
  });
});

/** The bubble of a message, as the page has it. */
async function bubble(world: PageWorld, id: number): Promise<string> {
  const html = await world.html();
  return new RegExp(`<article id="m${id}".*?</article>`, 's').exec(html)?.[0] ?? '';
}

function bubbleLinks(html: string): readonly (string | undefined)[] {
  return [...html.matchAll(/<a href="([^"]+)" data-compose/gu)].map(([, to]) => to);
}

describe('the chat', () => {
  test('says below its name that the echo answers, and nothing of the kind where Claude does', async () => {
    const world = await pageWorld();
    expect(await world.html()).toMatch(
      /<\/header><p class="notice">You talk to the echo, not to Claude\. <a href="#panel">/u,
    );
    world.settings.agent = { kind: 'claude', remedy: null };
    const html = await world.html();
    expect(html).not.toMatch(/class="notice"|echo/u);
    expect(html).toContain('travels the whole way to Claude Code and back.');
  });

  test('leads back to itself: from the panel, and to reply or edit', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: 'hello' });
    const html = await world.html();
    expect(html).toMatch(/<section id="chat" class="chat"/u);
    expect(html).toMatch(/<a class="to-chat" href="#chat">\s*Back to the chat/u);
    expect(bubbleLinks(html)).toEqual(['/?reply=1#chat', '/?edit=1#chat']);
  });

  test('has nothing but a word of welcome at first, and none of it when something was said', async () => {
    const world = await pageWorld();
    expect(await world.html()).toContain(
      'Say hello: what you write travels the whole way to the echo, which answers here, and back.',
    );
    await world.call('sendMessage', { chat_id: OWNER.id, text: 'hello' });
    const html = await world.html();
    expect(html).not.toContain('Say hello');
    expect(html).toMatch(/<div id="log"[^>]*role="log"[^>]*data-parts/u);
  });

  test('shows one’s own messages apart from the bot’s, with who said it, the time, and what was edited', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: 'first' });
    await world.call('sendMessage', { chat_id: OWNER.id, text: 'second' });
    const own = await bubble(world, 1);
    expect(own).toContain('class="bubble own"');
    expect(own).toContain('>You:<');
    expect(own).toMatch(/<time datetime="20\d\d-[^"]+Z">\d\d:\d\d<\/time>/u);
    expect(own).not.toContain('edited');
    const theirs = await bubble(world, 2);
    expect(theirs).toContain('class="bubble theirs"');
    expect(theirs).toContain('>Claudio:<');

    await world.call('editMessageText', { chat_id: OWNER.id, message_id: 2, text: 'changed' });
    expect(await bubble(world, 2)).toContain('changed');
    expect(await bubble(world, 2)).toContain('edited');
  });

  test('marks how far one’s own message has come, in words', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: 'hello' });
    expect(await bubble(world, 1)).toMatch(/<span class="mark sent">.*✓.* sent<\/span>/u);
  });

  test('quotes what is replied to, and says so where it is gone', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: HOSTILE });
    const reply_parameters = { message_id: 1 };
    await world.call('sendMessage', { chat_id: OWNER.id, text: 'because', reply_parameters });
    await world.call('sendMessage', { chat_id: OWNER.id, text: 'to be deleted' });
    await world.post('/send', { text: 'why?', reply: '3' });
    await world.call('deleteMessage', { chat_id: OWNER.id, message_id: 3 });
    expect(await bubble(world, 2)).toContain(
      `<a class="quote" href="#m1"><strong>You</strong> ${ESCAPED}</a>`,
    );
    expect(await bubble(world, 3)).toBe('');
    expect(await bubble(world, 4)).toContain('A message that is gone');
  });

  test('shows photos as pictures, an album as one bubble, sounds with a player and other files by name and size', async () => {
    const world = await pageWorld();
    const picture = new Uint8Array(png(4, 4));
    await world.post('/send', { files: [new File([picture], 'a.png')], text: 'look' });
    await world.post('/send', {
      files: [new File([picture], 'a.png'), new File([picture], 'b.png')],
    });
    await world.post('/send', { files: [new File(['x'.repeat(3000)], `${HOSTILE}.txt`)] });
    await world.post('/voice', {
      recording: new File([new Uint8Array(ogg())], 'v', { type: 'audio/ogg;codecs=opus' }),
      duration: '7400',
    });
    expect(await bubble(world, 1)).toMatch(/<img src="\/files\/[\w-]+\/1" alt="Photo"/u);
    expect(await bubble(world, 1)).toContain('look');
    const album = await bubble(world, 2);
    expect(album).toContain('class="files album"');
    expect(album.match(/<img /gu)).toHaveLength(2);
    expect(await bubble(world, 3)).toBe('');
    const document = await bubble(world, 4);
    expect(document).toContain(`download="${ESCAPED}.txt"`);
    expect(document).toContain(`<strong dir="auto">${ESCAPED}.txt</strong>`);
    expect(document).toContain('3 KB');
    expect(await bubble(world, 5)).toMatch(
      /<audio controls="" preload="metadata" src="\/files\/[\w-]+\/5" aria-label="Voice note, 7 s">/u,
    );
  });

  test('shows what only claims to be a picture or a sound as a file', async () => {
    const world = await pageWorld();
    world.api.updates.photo({ content: Buffer.from('<script>alert(1)</script>') });
    world.api.updates.voice({ content: Buffer.from('<svg onload=alert(1)>') });
    for (const id of [1, 2]) {
      const html = await bubble(world, id);
      expect(html).toContain('class="file"');
      expect(html).not.toMatch(/<img|<audio/u);
    }
  });

  test('has the bot’s buttons as forms, and links to the web beside them', async () => {
    const world = await pageWorld();
    const inline_keyboard = [
      [
        { text: HOSTILE, callback_data: 'go:1' },
        { text: 'Site', url: 'https://a.example/x' },
      ],
      [{ text: 'Bad', url: 'javascript:alert(1)' }],
    ];
    await world.call('sendMessage', {
      chat_id: OWNER.id,
      text: 'Which?',
      reply_markup: { inline_keyboard },
    });
    const html = await bubble(world, 1);
    expect(html).toContain('<form class="keyboard" method="post" action="/press" data-quiet');
    expect(html).toContain(`<button type="submit" name="data" value="go:1">${ESCAPED}</button>`);
    expect(html).toContain('href="https://a.example/x" target="_blank" rel="noopener noreferrer"');
    expect(html).toContain('<span>Bad</span>');
    expect(html).not.toContain('javascript:');
  });

  test('shows the reactions of both sides', async () => {
    const world = await pageWorld();
    await world.call('sendMessage', { chat_id: OWNER.id, text: 'hello' });
    await world.post('/react', { message: '1', emoji: '👍' });
    const reaction = [{ type: 'emoji', emoji: '👀' }];
    await world.call('setMessageReaction', { chat_id: OWNER.id, message_id: 1, reaction });
    const html = await bubble(world, 1);
    expect(html).toContain('👀<span class="visually-hidden"> from Claudio</span>');
    expect(html).toContain('👍<span class="visually-hidden"> from you</span>');
    expect(html).toContain('value="👍" aria-pressed="true"');
  });

  test('shows that the bot types until a message comes or five seconds are over', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const world = await pageWorld();
      const typing = async () => (await world.html()).includes('class="presence typing"');
      const act = () => world.call('sendChatAction', { chat_id: OWNER.id, action: 'typing' });
      expect(await typing()).toBe(false);
      await act();
      expect(await typing()).toBe(true);
      vi.setSystemTime(Date.now() + 4_999);
      expect(await typing()).toBe(true);
      vi.setSystemTime(Date.now() + 1);
      expect(await typing()).toBe(false);
      await act();
      vi.setSystemTime(Date.now() + 1);
      await world.call('sendMessage', { chat_id: OWNER.id, text: 'done' });
      expect(await typing()).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test('says so when the service is down', async () => {
    const world = await pageWorld();
    world.settings.service = { ...world.settings.service, state: 'down', pid: null };
    expect(await world.html()).toContain('away: the service is down');
  });

  test('shows an answer in the making until it comes', async () => {
    const world = await pageWorld();
    const draft = { chat_id: OWNER.id, draft_id: 1, text: 'half an <b>answer</b>' };
    await world.call('sendMessageDraft', { ...draft, parse_mode: 'HTML' });
    const making = async () =>
      /<div id="making">(.*?)<div id="toasts"/su.exec(await world.html())?.[1] ?? '';
    expect(await making()).toContain('half an <strong>answer</strong>');
    await world.call('sendMessage', { chat_id: OWNER.id, text: 'all of it' });
    expect(await making()).not.toContain('half an');
  });

  test('shows the answer to a press for a few seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const world = await pageWorld();
      await world.call('sendMessage', {
        chat_id: OWNER.id,
        text: 'Which?',
        reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data: 'go:1' }]] },
      });
      await world.post('/press', { message: '1', data: 'go:1' });
      expect(await world.html()).not.toContain('class="toast"');
      const [callback_query_id] = world.api.presses.keys();
      await world.call('answerCallbackQuery', { callback_query_id, text: HOSTILE });
      expect(await world.html()).toContain(`class="toast">${ESCAPED}</p>`);
      vi.setSystemTime(Date.now() + 5_000);
      expect(await world.html()).not.toContain('class="toast"');
    } finally {
      vi.useRealTimers();
    }
  });

  test('shows a rich message as it was written', async () => {
    const world = await pageWorld();
    await world.call('sendRichMessage', {
      chat_id: OWNER.id,
      rich_message: { markdown: `# Title\n\n${HOSTILE}` },
    });
    expect(await bubble(world, 1)).toContain(`# Title\n\n${ESCAPED}`);
  });

  test('keeps to the last hundred bubbles', async () => {
    const world = await pageWorld();
    for (let count = 1; count <= 105; count += 1) world.api.updates.text(`number ${count}`);
    const html = await world.html();
    expect(html.match(/<article /gu)).toHaveLength(100);
    expect(html).not.toContain('id="m5"');
    expect(html).toContain('id="m6"');
    expect(html).toContain('id="m105"');
  });

  test('has a composer with all that it takes, also without scripts', async () => {
    const world = await pageWorld();
    await world.call('setMyCommands', {
      commands: [{ command: 'status', description: `What runs ${HOSTILE}` }],
    });
    const html = await world.html();
    expect(html).toMatch(
      /<form id="composer" class="composer" method="post" action="\/send" enctype="multipart\/form-data"/u,
    );
    expect(html).toContain('<textarea id="text" name="text"');
    expect(html).toContain('<input type="file" name="files" multiple=""/>');
    expect(html).toContain(
      `<datalist id="commands"><option value="/status">What runs ${ESCAPED}</option></datalist>`,
    );
    expect(/<noscript>.*<\/noscript>/su.exec(html)?.[0]).toContain('list="commands"');
    // What needs scripts is not there without them.
    expect(html).toContain('<button id="record" type="button" hidden=""');
  });

  test('turns the composer to a message by a plain link: to reply, and to edit one’s own', async () => {
    const world = await pageWorld();
    await world.post('/send', { text: HOSTILE });
    await world.call('sendMessage', { chat_id: OWNER.id, text: 'an answer' });
    const reply = await world.html('/?reply=2');
    expect(reply).toContain('<input type="hidden" name="reply" value="2"/>');
    expect(reply).toContain('<strong>Reply to</strong> an answer');
    expect(reply).toContain('>Send</button></div></form>');
    const edit = await world.html('/?edit=1');
    expect(edit).toContain('<input type="hidden" name="edit" value="1"/>');
    expect(edit).toContain(`dir="auto">${ESCAPED}</textarea>`);
    expect(edit).toContain('>Save</button></div></form>');
    for (const path of ['/?edit=2', '/?edit=99', '/?reply=99', '/?reply=x"']) {
      expect(await world.html(path)).toContain('<div id="about" class="about"></div>');
    }
  });
});
