import { expect, test } from 'vitest';
import { attachments, reactions, recalls } from '../../drizzle/schema.ts';
import { createConversationStore } from '../../src/inbox/conversations.ts';
import { testClock } from '../support/clock.ts';
import { conversation } from '../support/inbound.ts';
import { memoryWorld } from '../support/memory.ts';
import { linkOf, elementOf, MARKUP, OWN_SECRET, talkWorld } from './talk-world.ts';
import { consoleWorld, readable } from './world.ts';

const PATH = '/conversations/telegram%3A1%3A42';

/** The ids of the messages of a page, in order. */
function shownIds(html: string): readonly number[] {
  return [...html.matchAll(/<article id="message-(\d+)"/gu)].map(([, id]) => Number(id));
}

test('a conversation is shown in the order of the talk, each answer right behind its question', async () => {
  const { say, open } = talkWorld();
  const first = say('One?');
  const second = say('Two?');
  const during = say('Which one?', { role: 'claude', author: null, duringMessageId: first });
  const answer = say('One.', { role: 'claude', author: null, answersMessageId: first });
  const { html, text, status } = await open(PATH);
  expect(status).toBe(200);
  expect(shownIds(html)).toEqual([first, during, answer, second]);
  expect(text).toContain('main, chat 42');
});

test('people, Claude, commands and what was overheard are told apart', async () => {
  const { say, open } = talkWorld();
  const ids = [
    say('for Claude'),
    say('from Claude', { role: 'claude', author: null }),
    say('/status', { role: 'command' }),
    say('to others', { role: 'overheard', author: 'Ben' }),
  ];
  const { html } = await open(PATH);
  const headOf = (id: number) =>
    readable(elementOf(html, `message-${id}`).split('</p>')[0] ?? '').trim();
  expect(ids.map(headOf)).toEqual([
    'Ann just now',
    'Claude just now',
    'Ann Command just now',
    'Ben Overheard just now',
  ]);
  expect(html).toContain(`aria-label="Message ${ids[3]} of Ben (overheard)"`);
});

test('quotes, forwards, what came along and what was said in it are all there', async () => {
  const { say, open, database } = talkWorld();
  const id = say('Look\nat this', {
    quote: { author: 'Ben', text: 'the old plan' },
    forwardedFrom: 'Cleo',
  });
  const usual = { messageId: id, fileId: 'f', isQuoted: false, platformMessageId: '1' };
  database.orm
    .insert(attachments)
    .values([
      { ...usual, kind: 'file', name: 'plan.pdf', sizeBytes: 1_250_000 },
      { ...usual, kind: 'speech', sizeBytes: 900, durationMs: 12_000, transcript: 'Buy milk.' },
      { ...usual, kind: 'image', sizeBytes: 45_300, isQuoted: true },
    ])
    .run();
  const { html } = await open(PATH);
  const shown = readable(elementOf(html, `message-${id}`));
  expect(shown).toContain('Forwarded from Cleo');
  expect(shown).toContain('In reply to Ben the old plan');
  expect(shown).toContain('plan.pdf , a file, 1.3 MB');
  expect(shown).toContain('a recording, 900 bytes, 12 s What is said in it Buy milk.');
  expect(shown).toContain('a picture, 45 KB, of the message that this replies to');
  expect(html).toContain('Look<br/>at this');
});

test('edits are told: what stood there before, what it was changed to, and what Claude was told instead', async () => {
  const { say, open } = talkWorld();
  say('new words', { formerText: 'old words', changedText: 'newest words' });
  say('/review 7', { instruction: 'Review number 7.' });
  const { text } = await open(PATH);
  expect(text).toContain(
    'Edited; what it said before old words new words Changed since to newest words',
  );
  expect(text).toContain('/review 7 What Claude was told Review number 7.');
});

test('a turn is shown with what it used and did, in its details', async () => {
  const { turn, open, database } = talkWorld();
  const { turnId, messageId, uses, end } = turn('Why is the build red?', {
    text: 'Because of the lock file.',
    usage: {
      inputTokenCount: 1200,
      outputTokenCount: 34,
      cacheReadTokenCount: 5600,
      cacheWriteTokenCount: 7,
      costUsd: 0.0123,
    },
  });
  uses('Bash', 'Running npm ci');
  uses('Read', 'Reading package.json');
  end();
  database.orm
    .insert(reactions)
    .values({
      conversationId: 'telegram:1:42',
      turnId,
      platformMessageId: '99',
      personId: '42',
      // Turns a line around.
      personName: 'Ann\u202E',
      emoji: '👍',
      atMs: 1,
    })
    .run();
  const { html } = await open(PATH);
  const details = elementOf(html, `turn-${turnId}`);
  expect(elementOf(html, `message-${messageId}`)).toContain(details);
  expect(details).not.toMatch(/^<details[^>]* open/u);
  const words = readable(details);
  expect(words).toContain(`Turn ${turnId} Done claude-haiku · 16 s · $0.0123`);
  expect(words).toContain('Waited 2 s');
  expect(words).toContain('Ran 16 s');
  expect(words).toContain('Model claude-haiku (asked for haiku)');
  expect(words).toContain('Tokens 1,200 in, 34 out, 5,600 from the cache, 7 into the cache');
  expect(words).toContain('Ann reacted 👍');
  expect(words).toMatch(/Bash Running npm ci after 3 s Read Reading package\.json after 6 s/u);
});

test.each([
  ['failed', 'overloaded', 'Failed', 'Failed because Claude was overloaded'],
  ['failed', 'unusable', 'Failed', 'Failed because nothing of the message could be used'],
  ['failed', 'constructor', 'Failed', 'Failed because constructor'],
  ['interrupted', 'interrupted', 'Interrupted', 'Failed because the service stopped while it ran'],
  ['cancelled', null, 'Cancelled', 'Model haiku'],
] as const)('a turn that was %s because of %s says so', async (status, failure, badge, words) => {
  const { turn, open } = talkWorld();
  const { turnId, end } = turn('Do it.', { text: 'No.', status, failure, model: null });
  end();
  const shown = readable(elementOf((await open(PATH)).html, `turn-${turnId}`));
  expect(shown).toContain(`Turn ${turnId} ${badge}`);
  expect(shown).toContain(words);
});

test('a turn that waits and one that runs say for how long', async () => {
  const { turn, arrive, open, clock } = talkWorld();
  const { turnId, uses } = turn('First.', { text: '' });
  uses('Bash', 'Running a test');
  const waiting = arrive('Second.');
  clock.advance(65_000);
  const { html } = await open(PATH);
  expect(readable(elementOf(html, `turn-${turnId}`))).toContain('Ran 1 min 8 s so far');
  expect(readable(elementOf(html, `turn-${turnId}`))).toContain('Doing Running a test');
  expect(readable(elementOf(html, `turn-${waiting}`))).toContain('Waited 1 min 5 s so far');
});

test('the memories that came to mind are named, and lead to their pages', async () => {
  const world = talkWorld();
  const { remember } = memoryWorld({ database: world.database, clock: world.clock });
  const { turnId, end } = world.turn('When is the deploy?', { text: 'On Tuesday.' });
  end();
  const [best, other] = [remember('Deploys are on Tuesdays'), remember('Ann likes tea')];
  const why = { turnId, similarity: 0.5, activation: 0.5, atMs: 1 };
  world.database.orm
    .insert(recalls)
    .values([
      { ...why, memoryId: other.id, place: 2, score: 0.4, foundBy: 'words' },
      { ...why, memoryId: best.id, place: 1, score: 0.91, foundBy: 'both' },
    ])
    .run();
  const details = elementOf((await world.open(PATH)).html, `turn-${turnId}`);
  expect(details).toContain(`<a href="/memories/${best.id}">Deploys are on Tuesdays</a>`);
  expect(readable(details)).toContain(
    'Deploys are on Tuesdays 91 %, found by meaning and words Ann likes tea 40 %, found by its words',
  );
});

test('many tools are shown so far, and the others counted', async () => {
  const { turn, open } = talkWorld();
  const { turnId, uses } = turn('Work.', { text: '' });
  for (let nth = 1; nth <= 103; nth += 1) uses('Bash', `Step ${nth} of it`);
  const details = readable(elementOf((await open(PATH)).html, `turn-${turnId}`));
  expect(details).toContain('Step 100 of it');
  expect(details).not.toContain('Step 101 of it');
  expect(details).toContain('and 3 more');
});

test('the newest page comes first, and cursors lead to the older ones and back, whatever stands between', async () => {
  const { say, open } = talkWorld();
  const all: number[] = [];
  for (let nth = 1; nth <= 40; nth += 1) {
    const question = say(`question ${nth}`);
    const during = say('hm', { duringMessageId: question });
    all.push(
      question,
      during,
      say('answer', { role: 'claude', author: null, answersMessageId: question }),
    );
  }
  const newest = await open(PATH);
  expect(shownIds(newest.html)).toEqual(all.slice(70));
  expect(linkOf(newest.html, '↓ Newer')).toBeUndefined();
  const older = await open(linkOf(newest.html, '↑ Older') ?? '');
  expect(shownIds(older.html)).toEqual(all.slice(20, 70));
  const oldest = await open(linkOf(older.html, '↑ Older') ?? '');
  expect(shownIds(oldest.html)).toEqual(all.slice(0, 20));
  expect(linkOf(oldest.html, '↑ Older')).toBeUndefined();
  const back = await open(linkOf(oldest.html, '↓ Newer') ?? '');
  expect(shownIds(back.html)).toEqual(all.slice(20, 70));
  const end = await open(linkOf(back.html, '↓ Newer') ?? '');
  expect(shownIds(end.html)).toEqual(all.slice(70));
});

test('a link to a message or a turn shows the page that holds it, the turn open', async () => {
  const { say, turn, open } = talkWorld();
  for (let nth = 0; nth < 60; nth += 1) say('before');
  const { turnId, messageId, end } = turn('Here!', { text: 'Yes.' });
  end();
  for (let nth = 0; nth < 60; nth += 1) say('after');
  const byMessage = await open(`${PATH}?message=${messageId}`);
  expect(shownIds(byMessage.html)).toHaveLength(50);
  expect(shownIds(byMessage.html)).toContain(messageId);
  expect(byMessage.html).not.toContain('<details id="turn-1" open');
  const byTurn = await open(`${PATH}?turn=${turnId}`);
  expect(shownIds(byTurn.html)).toEqual(shownIds(byMessage.html));
  expect(elementOf(byTurn.html, `turn-${turnId}`)).toMatch(/^<details id="turn-\d+" open/u);
  for (const words of ['↑ Older', '↓ Newer']) {
    expect((await open(linkOf(byTurn.html, words) ?? '')).status).toBe(200);
  }
});

test.each([
  '/conversations/telegram%3A1%3A77',
  '/conversations/%00',
  '/conversations/..%2f..%2fetc',
  '/conversations/%ff',
  `${PATH}?message=999`,
  `${PATH}?message=-1`,
  `${PATH}?message=99999999999999999999`,
  `${PATH}?turn=999`,
  `${PATH}?turn=x`,
])('%s is not there, which a page says', async (path) => {
  const { say, open } = talkWorld();
  say('hello');
  say('elsewhere', {}, '43');
  const { status, html, text } = await open(path);
  expect(status).toBe(404);
  expect(html).toContain('<nav aria-label="Pages">');
  expect(text).toContain('There is no');
});

test('a message of another conversation is not in this one', async () => {
  const { say, turn, open } = talkWorld();
  say('hello');
  const elsewhere = turn('elsewhere', { text: 'ok' }, '43');
  expect((await open(`${PATH}?message=${elsewhere.messageId}`)).status).toBe(404);
  expect((await open(`${PATH}?turn=${elsewhere.turnId}`)).status).toBe(404);
});

test.each([
  'before=-1',
  'before=1',
  'before=99999999999999999999',
  'after=x',
  'after=999999',
  'before=1e3',
])('a conversation with %s is shown', async (query) => {
  const { say, open } = talkWorld();
  say('hello');
  expect((await open(`${PATH}?${query}`)).status).toBe(200);
});

test('the cursor of a message that is gone by now still leads on', async () => {
  const { say, open, database } = talkWorld();
  const ids = [say('one'), say('two'), say('three')];
  database.orm.$client.prepare('DELETE FROM messages WHERE id = ?').run(ids[1]);
  expect(shownIds((await open(`${PATH}?before=${ids[1]}`)).html)).toEqual([ids[0]]);
});

test('markup in every text and name is text', async () => {
  const { say, turn, open, database } = talkWorld();
  const { uses, end } = turn(MARKUP, { text: MARKUP, model: MARKUP });
  uses(MARKUP, MARKUP);
  end();
  const id = say(MARKUP, {
    author: MARKUP,
    quote: { author: MARKUP, text: MARKUP },
    forwardedFrom: MARKUP,
    formerText: MARKUP,
    changedText: MARKUP,
    instruction: MARKUP,
  });
  const file = { messageId: id, kind: 'file', fileId: 'f', isQuoted: false } as const;
  database.orm
    .insert(attachments)
    .values({ ...file, platformMessageId: '1', name: MARKUP, transcript: MARKUP })
    .run();
  const { html } = await open(PATH);
  expect(html).not.toMatch(/<script(?! type="module" src="\/assets\/)/u);
  expect(html).not.toContain('<img');
  expect(html.split('&lt;script&gt;').length).toBeGreaterThan(12);
});

test('secrets that were kept as they are are masked on the way out, wherever they stand', async () => {
  const { say, turn, open, database } = talkWorld();
  const secret = `before ${OWN_SECRET} after`;
  const { uses, end } = turn(secret, { text: secret });
  uses('Bash', secret);
  end();
  const id = say(secret, {
    quote: { author: 'Ben', text: secret },
    formerText: secret,
    changedText: secret,
    instruction: secret,
  });
  const file = { messageId: id, kind: 'file', fileId: 'f', isQuoted: false } as const;
  database.orm
    .insert(attachments)
    .values({ ...file, platformMessageId: '1', name: secret, transcript: secret })
    .run();
  const { html, text } = await open(PATH);
  expect(html).not.toContain(OWN_SECRET);
  expect(text.split('‹masked: my own secret›').length).toBeGreaterThan(9);
});

test('an endless text is cut, and what is left out is counted', async () => {
  const { say, open } = talkWorld();
  say(`${'a b '.repeat(6000)}the end`);
  const { text } = await open(PATH);
  expect(text).toContain('[4007 more characters]');
  expect(text).not.toContain('the end');
});

test('Markdown of Claude is shown as what it means, and that of people as they wrote it', async () => {
  const { say, open } = talkWorld();
  say('**not bold**');
  say('# Found\n\nIt is **here**, see `a.ts`.\n\n- one\n- two\n\n```ts\nconst a = 1 < 2;\n```', {
    role: 'claude',
    author: null,
  });
  const { html } = await open(PATH);
  expect(html).toContain('**not bold**');
  expect(html).toContain('<h2 dir="auto">Found</h2>');
  expect(html).toContain('It is <strong>here</strong>, see <code>a.ts</code>.');
  expect(html).toContain('<ul dir="auto"><li>one</li><li>two</li></ul>');
  expect(html).toContain('<code>const a = 1 &lt; 2;</code>');
});

test('the first piece of the page is there before the messages are', async () => {
  const { say, app } = talkWorld();
  for (let nth = 0; nth < 50; nth += 1) say('hello');
  const answer = await app.request(PATH);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=UTF-8');
  const first = await answer.body?.getReader().read();
  const html = new TextDecoder().decode(first?.value);
  expect(html).toContain('<h1>Ann</h1>');
  expect(html).not.toContain('<article');
});

test('the page is whole: it ends as it should, and its ids are there once', async () => {
  const { turn, open } = talkWorld();
  turn('Hello.', { text: 'Hello.' }).end();
  const { html } = await open(PATH);
  expect(html.endsWith('</html>')).toBe(true);
  expect(html).not.toContain('pieces');
  const ids = [...html.matchAll(/ id="([^"]+)"/gu)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('no statement for it reads all messages, turns or tools', async () => {
  const { turn, scansOf } = talkWorld();
  turn('Hello.', { text: 'Hello.' }).end();
  const queries = ['', '?before=2', '?after=1', '?message=1', '?turn=1'];
  expect(await scansOf(queries.map((query) => `${PATH}${query}`))).toEqual([]);
});

test('it is a page of the console, with all that protects those', async () => {
  const { ask, enter, page, database } = consoleWorld();
  createConversationStore(database, testClock()).ensure(conversation());
  const answer = await ask(PATH, { headers: { cookie: await enter() } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(readable(await answer.text())).toContain('Nothing is here.');
  expect(await page(PATH)).toContain('<h1>main, chat 42</h1>');
  expect((await ask(PATH)).status).toBe(401);
});
