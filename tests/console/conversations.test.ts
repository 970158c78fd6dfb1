import { expect, test } from 'vitest';
import { conversations } from '../../drizzle/schema.ts';
import { conversationOf } from '../../src/core/conversation.ts';
import { linkOf, MARKUP, noteScans, OWN_SECRET, talkWorld } from './talk-world.ts';
import { consoleWorld } from './world.ts';

/** The headings of the conversations of a page, in order. */
function listed(html: string): readonly string[] {
  return [
    ...html.matchAll(/<h2><bdi><a href="\/conversations\/([^"]*)">([^<]*)<\/a><\/bdi><\/h2>/gu),
  ].map(([, id = '', people = '']) => `${decodeURIComponent(id)}: ${people}`);
}

/** Their chats, which are numbers. */
function chatsOf(html: string): readonly number[] {
  return listed(html).map((line) => Number(line.split(':')[2]));
}

test('each conversation is shown with who talks there, where, what was chosen, how much and the last words', async () => {
  const { say, open, conversations: store } = talkWorld();
  say('Is it done?', {}, '7');
  say('Yes, since noon.', { role: 'claude', author: null }, '7');
  say('Thank you!', { author: 'Ben' }, '7');
  store.chooseProject('telegram:1:7', 'garden');
  store.chooseMode('telegram:1:7', 'plan', '42');
  store.chooseModel('telegram:1:7', 'opus');
  const { status, text, html } = await open('/conversations');
  expect(status).toBe(200);
  expect(listed(html)).toEqual(['telegram:1:7: Ben and Ann']);
  expect(text).toContain(
    'Ben: Thank you! main, chat 7 · project garden · mode plan · model opus · 3 messages · just now',
  );
});

test('an empty database says so, and a search field is always there', async () => {
  const { open } = talkWorld();
  const { text, html } = await open('/conversations');
  expect(text).toContain('Nothing was said yet.');
  expect(html).toMatch(/<form[^>]*action="\/search"/u);
  expect(html).toMatch(/<label>[^<]*<input[^>]*name="q"/u);
});

test('the one with the latest message comes first, also where Claude answered what was asked long before', async () => {
  const { say, open } = talkWorld();
  const first = say('first', {}, '1');
  say('second', {}, '2');
  say('third', {}, '3');
  const order = async () => listed((await open('/conversations')).html).map((line) => line.at(11));
  expect(await order()).toEqual(['3', '2', '1']);
  say('answer', { role: 'claude', author: null, answersMessageId: first }, '1');
  expect(await order()).toEqual(['1', '3', '2']);
});

test('the last words are those of the newest message, without secrets and on one line', async () => {
  const { say, open } = talkWorld();
  say(`My key\nis ${OWN_SECRET}`);
  const { text } = await open('/conversations');
  expect(text).toContain('Ann: My key is ‹masked: my own secret›');
  expect(text).not.toContain(OWN_SECRET);
});

test('markup in names and texts is text', async () => {
  const { say, open } = talkWorld();
  say(MARKUP, { author: MARKUP });
  const { html, text } = await open('/conversations');
  expect(html).not.toContain('<script>alert');
  expect(html).not.toContain('<img');
  expect(text).toContain(MARKUP.slice(0, 40));
});

test('many people are counted, and a thread and a bot that is gone have their names', async () => {
  const { say, open, conversations: store, database } = talkWorld();
  for (const author of ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve']) say('hello', { author });
  const thread = conversationOf({ channel: 'telegram', bot: '9', chat: '-5', thread: '77' });
  store.ensure(thread);
  say('in a thread', { conversationId: thread.id, author: null });
  expect(database.orm.select().from(conversations).all()).toHaveLength(2);
  const { html, text } = await open('/conversations');
  expect(listed(html)).toEqual([
    'telegram:9:-5:77: telegram:9, chat -5, thread 77',
    'telegram:1:42: Eve, Dan, Cleo and 2 others',
  ]);
  expect(text).toContain('Somebody: in a thread');
});

test('there are fifty on a page, and cursors lead to the others and back', async () => {
  const { say, open } = talkWorld();
  for (let chat = 1; chat <= 120; chat += 1) say('hello', {}, String(chat));
  const first = await open('/conversations');
  expect(chatsOf(first.html)).toEqual(Array.from({ length: 50 }, (_, index) => 120 - index));
  expect(linkOf(first.html, 'Newer')).toBeUndefined();
  const second = await open(linkOf(first.html, 'Older') ?? '');
  expect(chatsOf(second.html)).toEqual(Array.from({ length: 50 }, (_, index) => 70 - index));
  const third = await open(linkOf(second.html, 'Older') ?? '');
  expect(chatsOf(third.html)).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
  expect(linkOf(third.html, 'Older')).toBeUndefined();
  const back = await open(linkOf(third.html, 'Newer') ?? '');
  expect(chatsOf(back.html)).toEqual(chatsOf(second.html));
  expect(chatsOf((await open(linkOf(back.html, 'Newer') ?? '')).html)).toEqual(chatsOf(first.html));
});

test.each([
  'before=-1',
  'before=0',
  'before=99999999999999999999',
  'before=x',
  'after=%00',
  'before=1&before=2',
  'after=1.5',
])('a list with %s is a list', async (query) => {
  const { say, open } = talkWorld();
  say('hello');
  expect((await open(`/conversations?${query}`)).status).toBe(200);
});

test('before the first there is nothing, and a way back', async () => {
  const { say, open } = talkWorld();
  say('hello');
  const { text, html } = await open('/conversations?before=1');
  expect(text).toContain('There are none that are older.');
  expect(html).toContain('<a href="/conversations">Back to the newest</a>');
});

test('a conversation with very many messages is counted so far and no further', async () => {
  const { say, open, database } = talkWorld();
  say('the first');
  database.orm.$client.exec(
    `INSERT INTO messages (conversation_id, role, text, created_at_ms)
     WITH RECURSIVE one (nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM one WHERE nth < 10000)
     SELECT 'telegram:1:42', 'person', 'hello', nth FROM one`,
  );
  expect((await open('/conversations')).text).toContain('over 1000 messages');
});

test('conversations that ended long ago are found behind very many messages of another', async () => {
  const { say, open, database } = talkWorld();
  for (let chat = 1; chat <= 60; chat += 1) say('hello', {}, String(chat));
  say('the first of many', {}, '99');
  database.orm.$client.exec(
    `INSERT INTO messages (conversation_id, role, text, created_at_ms)
     WITH RECURSIVE one (nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM one WHERE nth < 4000)
     SELECT 'telegram:1:99', 'person', 'hello', nth FROM one`,
  );
  const first = await open('/conversations');
  expect(chatsOf(first.html)).toEqual([99, ...Array.from({ length: 49 }, (_, nth) => 60 - nth)]);
  const second = await open(linkOf(first.html, 'Older') ?? '');
  expect(chatsOf(second.html)).toEqual(Array.from({ length: 11 }, (_, nth) => 11 - nth));
  const back = await open(linkOf(second.html, 'Newer') ?? '');
  expect(chatsOf(back.html)).toEqual(chatsOf(first.html));
});

test('no statement for it reads all messages, and one that did would be noticed', async () => {
  const { say, scansOf, database } = talkWorld();
  say('hello');
  expect(
    await scansOf(['/conversations', '/conversations?before=9', '/conversations?after=1']),
  ).toEqual([]);
  const noted = noteScans(database);
  database.orm.$client.prepare('SELECT id FROM messages WHERE text = ?').all('hello');
  expect(noted()).toEqual([expect.stringContaining('SCAN messages')]);
});

test('it is a page of the console', async () => {
  const { page } = consoleWorld();
  expect(await page('/conversations')).toContain('<h1>Conversations</h1>');
  expect(await page('/search')).toContain('<h1>Search</h1>');
  expect(await page('/conversations/none')).toContain('<h1>Not found</h1>');
});
