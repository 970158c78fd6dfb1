import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { memories } from '../../drizzle/schema.ts';
import { createMemories } from '../../src/console/memories-rows.ts';
import { memoriesPage } from '../../src/console/memories.tsx';
import { createMask } from '../../src/core/mask.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { memoryWorld, SCOPE } from '../support/memory.ts';
import { testBots } from '../support/people.ts';
import { linkOf, elementOf, MARKUP, noteScans, OWN_SECRET } from './talk-world.ts';
import { consoleWorld, readable } from './world.ts';

const DAY_MS = 86_400_000;

/** The page of the memories, on a real memory. */
function world(options: { readonly isOff?: boolean; readonly isEnabled?: boolean } = {}) {
  const memory = memoryWorld();
  const { database, clock, store } = memory;
  const parts = {
    database,
    clock,
    bots: testBots(),
    mask: createMask(() => [OWN_SECRET]),
    memory: options.isOff === true ? null : store,
    settings: { MEMORY_ENABLED: options.isEnabled ?? true },
    audit: createAudit({ database, clock }),
  };
  const app = new Hono().route('/', memoriesPage(parts));
  const open = async (path: string, init?: RequestInit) => {
    const answer = await app.request(path, init);
    const html = await answer.text();
    return { status: answer.status, headers: answer.headers, html, text: readable(html) };
  };
  return { ...memory, parts, open };
}

function shownIds(html: string): readonly number[] {
  return [...html.matchAll(/<article id="memory-(\d+)"/gu)].map(([, id]) => Number(id));
}

test('what is remembered is shown, the newest first, with what is known of it', async () => {
  const { remember, store, say, open, clock } = world();
  const messageId = say('We deploy on Tuesdays');
  const fact = remember('Deploys are on Tuesdays', {
    source: 'learned',
    confidence: 0.9,
    messageIds: [messageId],
  });
  const event = remember('The build broke', {
    kind: 'episodic',
    importance: 0.7,
    context: 'a new lock file',
    outcome: 'it was put back',
  });
  const procedure = remember('Run the tests first', { kind: 'procedural', trigger: 'a deploy' });
  clock.advance(2 * DAY_MS);
  store.accessed([fact.id]);
  store.accessed([fact.id]);
  const { html, status } = await open('/memories');
  expect(status).toBe(200);
  expect(shownIds(html)).toEqual([procedure.id, event.id, fact.id]);
  const words = (id: number) => readable(elementOf(html, `memory-${id}`));
  expect(words(fact.id)).toContain(
    `Deploys are on Tuesdays Memory ${fact.id} · Fact, learned from a chat, in Owner, 90 % sure · 2 days ago · used 2 times, last just now`,
  );
  expect(words(fact.id)).toContain('It came from “We deploy on Tuesdays” Owner, 2 days ago');
  expect(html).toContain(
    `href="/conversations/telegram%3A1%3A42?message=${messageId}#message-${messageId}"`,
  );
  expect(words(event.id)).toContain(
    'The build broke About: a new lock file Outcome: it was put back',
  );
  expect(words(event.id)).toContain('Event, you told me, in Owner, 70 % important');
  expect(words(procedure.id)).toContain('When: a deploy');
  expect(words(procedure.id)).toContain('not used yet');
});

test('where nothing is remembered, it says so', async () => {
  expect((await world().open('/memories')).text).toContain('Nothing is remembered yet.');
});

test('memories are found by their words, by conversation and by kind', async () => {
  const { remember, open } = world();
  const tea = remember('Ann likes green tea');
  const event = remember('Ann spilled her tea', { kind: 'episodic' });
  const other = remember('Ben likes tea', {}, 'telegram:1:-9');
  const idsOf = async (query: string) => shownIds((await open(`/memories?${query}`)).html);
  expect(await idsOf('q=tea')).toEqual([other.id, event.id, tea.id]);
  expect(await idsOf('q=ann+tea')).toEqual([event.id, tea.id]);
  expect(await idsOf('q=TEA&kind=semantic')).toEqual([other.id, tea.id]);
  expect(await idsOf(`scope=${SCOPE}`)).toEqual([event.id, tea.id]);
  expect(await idsOf(`scope=${SCOPE}&kind=episodic&q=spilled`)).toEqual([event.id]);
  expect(await idsOf('kind=episodic')).toEqual([event.id]);
  expect(await idsOf('kind=nonsense')).toEqual([other.id, event.id, tea.id]);
  const { html, text } = await open('/memories?q=coffee&kind=episodic');
  expect(text).toContain('No memory fits.');
  expect(html).toContain('value="coffee"');
  expect(html).toMatch(/<option value="episodic" selected="">|<option value="episodic" selected>/u);
  expect(html).toContain('<option value="telegram:1:-9">telegram:1:-9</option>');
  expect((await open('/memories?q=%22*')).text).toContain(
    'There is no word in that, and no number.',
  );
});

test('there are fifty on a page, and a cursor leads to the older ones', async () => {
  const { remember, open } = world();
  for (let nth = 1; nth <= 120; nth += 1) remember(`memory of number ${nth}`);
  const first = await open('/memories?q=memory');
  expect(shownIds(first.html)).toEqual(Array.from({ length: 50 }, (_, index) => 120 - index));
  const second = await open(linkOf(first.html, 'Older') ?? '');
  expect(shownIds(second.html)[0]).toBe(70);
  const third = await open(linkOf(second.html, 'Older') ?? '');
  expect(shownIds(third.html)).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
  expect(linkOf(third.html, 'Older')).toBeUndefined();
  expect(linkOf(third.html, 'Back to the newest')).toBe('/memories?q=memory');
});

test('what is rare is found by looking further back, and no page looks at all there is', async () => {
  const { remember, database, open } = world();
  const rare = remember('how to begin', { kind: 'procedural' });
  database.orm.$client.exec(
    `INSERT INTO memories (scope, kind, text, source, created_at_ms, access_count, recent_accesses_ms)
     WITH RECURSIVE one (nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM one WHERE nth < 4100)
     SELECT '${SCOPE}', 'semantic', 'fact ' || nth, 'told', nth, 1, '[1]' FROM one`,
  );
  const near = await open('/memories?kind=procedural');
  expect(shownIds(near.html)).toEqual([]);
  expect(near.text).toContain('None of the latest ones fits. There are older ones.');
  const further = await open(linkOf(near.html, 'Look further back') ?? '');
  expect(shownIds(further.html)).toEqual([rare.id]);
});

test('what a later memory took the place of is history: it leads there and back', async () => {
  const { remember, store, open } = world();
  const former = remember('Ann lives in Bern');
  const later = remember('Ann lives in Basel');
  store.supersede(former.id, later.id);
  const list = await open('/memories');
  expect(shownIds(list.html)).toEqual([later.id]);
  expect(list.text).toContain('It took the place of Ann lives in Bern');
  const page = await open(linkOf(list.html, 'Ann lives in Bern') ?? '');
  expect(page.status).toBe(200);
  expect(page.text).toContain('replaced since by something newer');
  expect(page.text).toContain('Replaced by Ann lives in Basel');
  expect(linkOf(page.html, 'Ann lives in Basel')).toBe(`/memories/${later.id}`);
});

test('what was made of events names them', async () => {
  const { remember, store, open } = world();
  const event = remember('Ann asked for tea', { kind: 'episodic' });
  const fact = remember('Ann likes tea', { source: 'distilled', episodeIds: [event.id] });
  store.distilled([event.id]);
  const { text, html } = await open(`/memories/${fact.id}`);
  expect(text).toContain('It was made of Ann asked for tea');
  expect((await open(linkOf(html, 'Ann asked for tea') ?? '')).text).toContain('summed up since');
});

test('forgetting asks first, and then it is gone for good, and the audit log says so', async () => {
  const { remember, store, say, open, database } = world();
  const messageId = say('Ann lives in Basel, and likes tea');
  const former = remember('Ann lives in Bern');
  const one = remember('Ann lives in Basel', { messageIds: [messageId] });
  remember('Ann likes tea', { messageIds: [messageId] });
  store.supersede(former.id, one.id);
  const list = await open('/memories');
  const link = linkOf(elementOf(list.html, `memory-${one.id}`), 'Forget') ?? '';
  expect(link).toBe(`/memories/${one.id}/forget`);
  const question = await open(link);
  expect(question.text).toContain('Shall I forget this? Ann lives in Basel');
  expect(question.text).toContain('What is forgotten cannot be brought back.');
  expect(question.text).toContain('1 other memory came from the same messages, and stays.');
  expect(question.html).toContain(`<form method="post" action="${link}">`);
  expect(store.find(one.id)).not.toBeNull();

  const answer = await open(link, { method: 'POST' });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/memories?forgotten=1']);
  expect([store.find(one.id), store.find(former.id)]).toEqual([null, null]);
  expect((await open('/memories?forgotten=1')).text).toContain('Forgotten: 1 memory.');
  expect((await open(link, { method: 'POST' })).status).toBe(404);
  const entries = database.orm.query.audit.findMany().sync();
  expect(entries).toMatchObject([
    {
      event: 'console.forget',
      personId: 'shell',
      conversationId: SCOPE,
      decision: 'done',
      details: { memory: one.id },
    },
  ]);
});

test.each([
  '/memories/999',
  '/memories/0',
  '/memories/-1',
  '/memories/x',
  '/memories/1e1',
  '/memories/99999999999999999999',
  '/memories/999/forget',
  '/memories/%00/forget',
])('%s is not there, which a page says', async (path) => {
  const { remember, open } = world();
  remember('something');
  const { status, html, text } = await open(path);
  expect(status).toBe(404);
  expect(html).toContain('<nav aria-label="Pages">');
  expect(text).toContain('There is no such memory, or it was forgotten.');
  if (path.endsWith('forget')) expect((await open(path, { method: 'POST' })).status).toBe(404);
});

test.each([
  'before=-1',
  'before=x',
  'before=99999999999999999999',
  'forgotten=-3',
  'forgotten=x',
  'scope=%00',
  'q=%00',
  'q=%ff',
  'q=a%22+OR+b:(c',
  `q=${'a+'.repeat(4000)}`,
])('a list with %s is a list', async (query) => {
  const { remember, open } = world();
  remember('something');
  expect((await open(`/memories?${query}`)).status).toBe(200);
});

test('markup and secrets in what is remembered do no harm', async () => {
  const { database, clock, say, open } = world();
  const text = `${MARKUP} ${OWN_SECRET}`;
  const messageId = say(text);
  const [row] = database.orm
    .insert(memories)
    .values({
      scope: MARKUP,
      kind: 'episodic',
      text,
      context: text,
      outcome: text,
      trigger: text,
      source: 'imported',
      createdAtMs: clock.now(),
      accessCount: 1,
      recentAccessesMs: [clock.now()],
    })
    .returning()
    .all();
  database.orm.$client
    .prepare('INSERT INTO memory_sources (memory_id, message_id) VALUES (?, ?)')
    .run(row?.id, messageId);
  for (const path of [
    '/memories',
    `/memories?q=script&scope=${encodeURIComponent(MARKUP)}`,
    `/memories/${row?.id}`,
    `/memories/${row?.id}/forget`,
  ]) {
    const { html } = await open(path);
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<img');
    expect(html).not.toContain(OWN_SECRET);
  }
});

test('where the memory is turned off, it says how to turn it on', async () => {
  const off = world({ isOff: true, isEnabled: false });
  for (const path of ['/memories', '/memories/1', '/memories/1/forget']) {
    expect((await off.open(path)).text).toContain('The memory is turned off');
  }
  const { html } = await off.open('/memories');
  expect(html).toContain('<code>claudio config set MEMORY_ENABLED 1</code>');
  const broken = await world({ isOff: true }).open('/memories');
  expect(broken.text).toContain('The memory could not be opened');
});

test('no statement for it reads all memories or messages', async () => {
  const { remember, say, parts, store } = world();
  remember('something', { messageIds: [say('said')] });
  const noted = noteScans(parts.database);
  const app = memoriesPage(parts);
  for (const path of [
    '/memories',
    '/memories?q=something',
    `/memories?scope=${SCOPE}&kind=semantic`,
    '/memories/1',
    '/memories/1/forget',
  ]) {
    expect((await app.request(path)).status).toBe(200);
  }
  expect(createMemories(parts.database, store).scopes()).toEqual([SCOPE]);
  expect(noted()).toEqual([]);
});

test('it is a page of the console', async () => {
  const { page } = consoleWorld();
  expect(await page('/memories')).toContain('<h1>Memories</h1>');
});
