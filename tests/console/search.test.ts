import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { foundIn } from '../../src/console/found-words.ts';
import { linkOf, MARKUP, OWN_SECRET, talkWorld } from './talk-world.ts';
import { readable } from './world.ts';

/** What was found on a page: each excerpt, the words that were found between brackets. */
function found(html: string): readonly string[] {
  return html
    .split('<article')
    .slice(1)
    .map((article) => /<p dir="auto">(.*?)<\/p>/su.exec(article)?.[1] ?? '')
    .map((excerpt) => readable(excerpt.replaceAll('<mark>', '[').replaceAll('</mark>', ']')));
}

/** The second words of what was found, which are numbers. */
function numbers(html: string): readonly number[] {
  return found(html).map((words) => Number(words.split(' ')[1]));
}

test('messages that hold all the words are found in all conversations, the newest first', async () => {
  const { say, open } = talkWorld();
  say('The kitchen needs paint', {}, '1');
  say('An invoice for the kitchen', {}, '2');
  say('The INVOICE, for a new Kitchen!', { role: 'claude', author: null }, '1');
  const { html, text } = await open('/search?q=invoice+kitchen');
  expect(found(html)).toEqual([
    'The [INVOICE], for a new [Kitchen]!',
    'An [invoice] for the [kitchen]',
  ]);
  expect(text).toContain('Claude, just now');
  expect(html).toContain('value="invoice kitchen"');
});

test('each leads to its message on the page of its conversation that holds it', async () => {
  const { say, open } = talkWorld();
  const id = say('needle');
  for (let nth = 0; nth < 60; nth += 1) say('hay');
  const { html } = await open('/search?q=needle');
  const link = linkOf(html, 'Ann') ?? '';
  expect(link).toBe(`/conversations/telegram%3A1%3A42?message=${id}#message-${id}`);
  expect((await open(link)).html).toContain(`id="message-${id}"`);
});

test('without words there is a sentence, and nothing to find has another', async () => {
  const { say, open } = talkWorld();
  say('hello');
  expect((await open('/search')).text).toContain('Type some words');
  expect((await open('/search?q=+')).text).toContain('Type some words');
  expect((await open('/search?q=%22*!')).text).toContain(
    'There is no word in that, and no number.',
  );
  expect((await open('/search?q=nothing')).text).toContain('No message holds these words.');
});

test('case and accents do not matter, and commands and what was overheard are found too', async () => {
  const { say, open } = talkWorld();
  say('Das Café in ZÜRICH', { role: 'overheard' });
  say('/remember zurich', { role: 'command' });
  expect(found((await open('/search?q=zürich')).html)).toEqual([
    '/remember [zurich]',
    'Das Café in [ZÜRICH]',
  ]);
  expect(found((await open('/search?q=CAFE')).html)).toEqual(['Das [Café] in ZÜRICH']);
});

test('the last word is the beginning of a word where few messages hold it as it is', async () => {
  const { say, open } = talkWorld();
  say('It was deployed');
  say('Let us deploy');
  expect(found((await open('/search?q=deploy')).html)).toEqual([
    'Let us [deploy]',
    'It was [deployed]',
  ]);
  // Three letters begin too many words.
  expect(found((await open('/search?q=dep')).html)).toEqual([]);
  for (let nth = 0; nth < 26; nth += 1) say('deploy');
  expect(found((await open('/search?q=deploy')).html)).not.toContain('It was [deployed]');
});

test('there are 25 on a page, and a cursor leads to the older ones', async () => {
  const { say, open } = talkWorld();
  for (let nth = 1; nth <= 60; nth += 1) say(`needle ${nth}`);
  const first = await open('/search?q=needle');
  expect(numbers(first.html)).toEqual(Array.from({ length: 25 }, (_, index) => 60 - index));
  expect(linkOf(first.html, 'Back')).toBeUndefined();
  const second = await open(linkOf(first.html, 'Older') ?? '');
  expect(numbers(second.html)).toEqual(Array.from({ length: 25 }, (_, index) => 35 - index));
  const third = await open(linkOf(second.html, 'Older') ?? '');
  expect(numbers(third.html)).toEqual(Array.from({ length: 10 }, (_, index) => 10 - index));
  expect(linkOf(third.html, 'Older')).toBeUndefined();
  expect(numbers((await open(linkOf(third.html, 'Back') ?? '')).html)).toEqual(numbers(first.html));
});

test('one conversation can be searched alone, and everything from there', async () => {
  const { say, open } = talkWorld();
  say('needle here', {}, '1');
  say('needle there', {}, '2');
  const conversation = await open('/conversations/telegram%3A1%3A1');
  expect(conversation.html).toContain(
    '<input type="hidden" name="conversation" value="telegram:1:1"/>',
  );
  const { html, text } = await open('/search?q=needle&conversation=telegram%3A1%3A1');
  expect(found(html)).toEqual(['[needle] here']);
  expect(text).toContain('Only in Ann .');
  expect(found((await open(linkOf(html, 'Search everywhere') ?? '')).html)).toHaveLength(2);
});

test('what is far behind in one conversation is found by looking further back', async () => {
  const { say, open, database, clock } = talkWorld();
  say('needle of long ago', {}, '1');
  say('in between', {}, '2');
  database.orm.$client.exec(
    `INSERT INTO messages (conversation_id, role, text, created_at_ms)
     WITH RECURSIVE one (nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM one WHERE nth < 4100)
     SELECT 'telegram:1:2', 'person', 'needle', nth FROM one`,
  );
  const path = '/search?q=needle&conversation=telegram:1:1';
  // Where no time passes, it goes on by itself.
  expect(found((await open(path)).html)).toEqual(['[needle] of long ago']);
  let elapsedMs = 0;
  const ticking = vi.spyOn(clock, 'elapsed').mockImplementation(() => (elapsedMs += 1000));
  const near = await open(path);
  ticking.mockRestore();
  expect(found(near.html)).toEqual([]);
  expect(near.text).toContain('None of the latest messages here holds these words.');
  const further = await open(linkOf(near.html, 'Look further back') ?? '');
  expect(found(further.html)).toEqual(['[needle] of long ago']);
  expect(linkOf(further.html, 'Older')).toBeUndefined();
});

test('words that are all common are found together, and where they never meet it ends', async () => {
  const { say, open, database } = talkWorld();
  say('red 1 needle', {}, '1');
  database.orm.$client.exec(
    `INSERT INTO messages (conversation_id, role, text, created_at_ms)
     WITH RECURSIVE one (nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM one WHERE nth < 3000)
     SELECT 'telegram:1:1', 'person', iif(nth % 2 = 0, 'red', 'blue'), nth FROM one`,
  );
  for (let nth = 2; nth <= 30; nth += 1) say(`red ${nth} blue`, {}, '1');
  const first = await open('/search?q=blue+red');
  expect(numbers(first.html)).toEqual(Array.from({ length: 25 }, (_, nth) => 30 - nth));
  const second = await open(linkOf(first.html, 'Older') ?? '');
  expect(numbers(second.html)).toEqual([5, 4, 3, 2]);
  expect(linkOf(second.html, 'Older')).toBeUndefined();
  expect(numbers((await open('/search?q=red+needle')).html)).toEqual([1]);
});

test('markup is text, also where words of it are found', async () => {
  const { say, open } = talkWorld();
  say(`${MARKUP} needle`, { author: MARKUP });
  for (const query of ['needle', 'script', 'img onerror']) {
    const { html } = await open(`/search?q=${encodeURIComponent(query)}`);
    expect(html).toContain('<mark>');
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<img');
  }
  const { html } = await open(
    `/search?q=${encodeURIComponent(MARKUP)}&conversation=${encodeURIComponent(MARKUP)}`,
  );
  expect(html).not.toContain('<script>alert');
  expect(html).not.toContain('<img');
});

test('a secret is masked before a part of it is shown', async () => {
  const { say, open } = talkWorld();
  say(`The key ${OWN_SECRET} is mine`);
  const { html } = await open('/search?q=secret+mine');
  expect(found(html)).toEqual(['The key ‹masked: my own [secret]› is [mine]']);
  expect(html).not.toContain(OWN_SECRET);
  expect(html).not.toContain('own-test');
});

test.each([
  'q=a&before=-1',
  'q=a&before=99999999999999999999',
  'q=a&before=x',
  'q=%00a',
  'q=%ff',
  'q=a%22+OR+%22b',
  'q=a*+NEAR(b)+-c+^d+text:e',
  'q=a&conversation=none',
  'q=a&conversation=%00',
  `q=${'word+'.repeat(2000)}`,
  `q=${'x'.repeat(9000)}`,
])('a search for %s is answered', async (query) => {
  const { say, open } = talkWorld();
  say('a b');
  expect((await open(`/search?${query}`)).status).toBe(200);
});

test('no statement for it reads all messages', async () => {
  const { say, scansOf } = talkWorld();
  say('hello');
  const paths = [
    '/search',
    '/search?q=hello&before=9',
    '/search?q=hell&conversation=telegram:1:42',
  ];
  expect(await scansOf(paths)).toEqual([]);
});

test('an excerpt has the words in it, however far behind they stand', () => {
  const text = `${'hay '.repeat(500)}a needle ${'hay '.repeat(500)}`;
  const stretches = foundIn(text, 'needle', false);
  expect(stretches.filter(({ isFound }) => isFound)).toEqual([{ text: 'needle', isFound: true }]);
  const whole = stretches.map((stretch) => stretch.text).join('');
  expect(whole.length).toBeLessThan(400);
  expect(whole).toMatch(/^… hay.* a needle hay.* …$/u);
});

test('an excerpt is a part of its text, whatever stands in both', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, query) => {
      const whole = foundIn(text, query, true)
        .map((stretch) => stretch.text)
        .join('')
        .replace(/^… /u, '')
        .replace(/ …$/u, '');
      const line = text.replaceAll(/\s+/gu, ' ').trim().toWellFormed();
      expect(line).toContain(whole.toWellFormed());
    }),
  );
});
