import { describe, expect, test, vi } from 'vitest';
import { createNowLists } from '../../src/console/now-lists.tsx';
import { site } from './now-site.ts';
import { nowWorld } from './now-world.ts';

const MARKUP = '<script>alert(1)</script>"><img src=x onerror=alert(2)>';
const ESCAPED = '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x onerror=alert(2)&gt;';
const SECRET = ['gh', 'p_', 'aB3dE5fG7h'.repeat(4)].join('');
const MINUTE_MS = 60_000;
/** In a plan: a table that is looked at as a whole, but for what few rows a partial index has. */
const READ_THROUGH =
  /SCAN (?:turns|messages|deliveries|conversations|tool_uses|questions|approvals)\b(?! USING (?:COVERING )?INDEX (?:turns_active|turns_one_running|turns_interrupted|deliveries_waiting|deliveries_failed)\b)/u;

test('where nothing happens, each list says so in a friendly word', async () => {
  const { list } = site();
  expect(await list('running')).toEqual(['Running', 'Nothing runs. Claude has time for you.']);
  expect(await list('waiting')).toEqual(['Waiting', 'Nothing waits.']);
  expect(await list('interrupted')).toEqual(['Interrupted', 'Nothing was interrupted.']);
  expect(await list('failed')).toEqual([
    'Not delivered',
    'Everything that was said has arrived, or is on its way.',
  ]);
  expect(await list('today')).toEqual(['Today', 'No turn has ended today.']);
});

describe('what runs', () => {
  test('is shown with who asked, where, in what words, on which model, since when, and what it does', async () => {
    const { run, list, section, clock } = site();
    const { uses } = run('why is the build red?');
    clock.advance(2 * MINUTE_MS);
    expect(await list('running')).toEqual([
      'Running',
      'why is the build red?',
      'Running',
      'Owner · Owner (main, chat 42) · haiku · began 2 min ago',
      'Thinking',
      'Stop “why is the build red?”',
    ]);
    for (const name of ['one', 'two', 'three', 'four', 'five']) uses('Read', `Reading ${name}.ts`);
    expect((await list('running')).slice(4, 8)).toEqual([
      'Reading five.ts',
      'Reading four.ts',
      'Reading three.ts',
      'Reading two.ts',
    ]);
    const html = await section('running');
    expect(html).toContain('href="/conversations/telegram%3A1%3A42?turn=1#turn-1"');
    expect(html).toContain('href="/conversations/telegram%3A1%3A42"');
    expect(html).toContain('<form method="post" action="/turns/1/stop" data-quiet');
  });

  test('says that it stops, and offers that no more; one that is to begin anew can still be stopped', async () => {
    const { run, acts, press, messages, list, section } = site();
    const { turnId } = run('paint it red');
    messages.keepChange(1, 'paint it blue');
    press(`restart:${turnId}`);
    expect(await list('running')).toContain('Starting over');
    expect(await section('running')).toContain('action="/turns/1/stop"');
    acts.stop(turnId);
    expect(await list('running')).toContain('Stopping');
    expect(await section('running')).not.toContain('action=');
  });

  test('says what it asks a person, and that it waits to be allowed something', async () => {
    const { run, list, approvals, conversations, questions } = site();
    const { turnId, asks } = run('paint it');
    asks('Which *colour*?', ['red']);
    expect(await list('running')).toEqual(
      expect.arrayContaining(['Waits for an answer', 'It asks in the chat: “Which *colour*?”']),
    );
    questions.withdraw(turnId);
    expect(await list('running')).not.toContain('Waits for an answer');
    approvals.ask(
      {
        turnId,
        attempt: 1,
        conversation: conversations.get('telegram:1:42'),
        folder: '/',
        personId: '42',
      },
      {
        tool: 'Bash',
        subject: { tool: 'Bash', markdown: 'Run `make`', pattern: '', further: null },
        inputDigest: '',
      },
    );
    expect(await list('running')).toEqual(
      expect.arrayContaining([
        'Waits to be allowed',
        'It asks in the chat to be allowed to use Bash. The conversation',
      ]),
    );
  });

  test('shows what was typed in a shell as such, and what came without words by what came', async () => {
    const { ask, begin, list } = site();
    ask({ text: '  ', sender: { id: 'shell', name: 'ada' } });
    begin();
    expect((await list('running')).slice(1, 4)).toEqual([
      '(no words)',
      'Running',
      'ada, in a shell · ada (main, chat 42) · haiku · began just now',
    ]);
  });
});

test('what waits is listed by conversation, in its order, each with a way to cancel it', async () => {
  const { run, arrive, list, section } = site();
  run('runs');
  arrive('in another chat', '77');
  arrive('first');
  arrive('second');
  expect(await list('waiting')).toEqual([
    'Waiting',
    'Owner (main, chat 42)',
    'first',
    'Owner, asked just now',
    'Cancel “first”',
    'second',
    'Owner, asked just now',
    'Cancel “second”',
    'Owner (main, chat 77)',
    'in another chat',
    'Owner, asked just now',
    'Cancel “in another chat”',
  ]);
  const html = await section('waiting');
  expect(html.match(/action="[^"]*"/gu)).toEqual([
    'action="/turns/3/cancel"',
    'action="/turns/4/cancel"',
    'action="/turns/2/cancel"',
  ]);
  expect(html).toContain('href="/conversations/telegram%3A1%3A77?turn=2#turn-2"');
});

test('what was interrupted is listed with what it was at and what it had asked, the latest first', async () => {
  const { run, list, section } = site();
  const first = run('one');
  first.uses('Bash', 'Running make');
  first.end('interrupted');
  const second = run('two');
  second.asks('Which?');
  second.end('interrupted');
  expect(await list('interrupted')).toEqual([
    'Interrupted',
    'two',
    'Owner · Owner (main, chat 42) · interrupted just now',
    'It waits for an answer in the chat, which starts it again: “Which?”',
    'Retry “two”',
    'Discard “two”',
    'one',
    'Owner · Owner (main, chat 42) · interrupted just now',
    'It was at: Running make',
    'Retry “one”',
    'Discard “one”',
  ]);
  expect((await section('interrupted')).match(/action="[^"]*"/gu)).toEqual([
    'action="/turns/2/retry"',
    'action="/turns/2/discard"',
    'action="/turns/1/retry"',
    'action="/turns/1/discard"',
  ]);
});

test('the numbers of today are those of the machine’s day', async () => {
  const { run, list, clock } = site();
  run('yesterday').end('done', 5);
  clock.advance(24 * 60 * MINUTE_MS);
  for (const [seconds, costUsd] of [
    [10, 0.5],
    [90, 0.25],
    [20, 0.25],
  ] as const) {
    const { end } = run('x');
    clock.advance(seconds * 1000);
    end('done', costUsd);
  }
  const { end } = run('y');
  clock.advance(3_000_000);
  end('cancelled');
  expect(await list('today')).toEqual([
    'Today',
    'Turns',
    '4',
    'Cost',
    '$1.00',
    'Median time',
    '20 s',
  ]);
});

test('no list shows more than 50 rows, and each says how many there are beside', async () => {
  const world = site({ maxQueueSize: 1000 });
  for (let n = 0; n < 73; n += 1) {
    world.run('x').end('interrupted');
    world.run('r', `r${n}`);
    world.part({});
    world.part({ status: 'pending', reason: 'away', endedAtMs: null });
  }
  for (let n = 0; n < 73; n += 1) world.arrive('w');
  for (const id of ['running', 'waiting', 'interrupted']) {
    const lines = await world.list(id);
    expect(lines.at(-1), id).toBe('and 23 more');
    expect(
      lines.filter((line) => /^(?:Stop|Cancel|Retry) “/u.test(line)),
      id,
    ).toHaveLength(50);
  }
  const lines = await world.list('failed');
  expect(lines.filter((line) => line === 'Failed')).toHaveLength(50);
  expect(lines.filter((line) => line === 'Held up')).toHaveLength(50);
  expect(lines.filter((line) => line === 'and 23 more')).toHaveLength(2);
});

test('markup in words, names, tools, questions and reasons is shown and does nothing', async () => {
  const { ask, begin, part, page } = site();
  const sender = { id: '42', name: MARKUP };
  ask({ text: MARKUP, sender });
  const interrupted = begin();
  interrupted.uses('Bash', MARKUP);
  interrupted.asks(MARKUP);
  interrupted.end('interrupted');
  ask({ text: MARKUP, sender });
  const running = begin();
  running.uses('Bash', 'before');
  running.uses('Bash', MARKUP);
  running.uses('Bash', MARKUP);
  running.asks(MARKUP);
  ask({ text: MARKUP, sender });
  const file = { path: '/x', name: MARKUP };
  part({ part: { text: MARKUP, files: [file] }, reason: MARKUP });
  part({ part: { text: MARKUP }, status: 'pending', reason: MARKUP, endedAtMs: null }, MARKUP);
  const html = await page(`/?told=${encodeURIComponent(MARKUP)}`);
  expect(html).not.toContain('<script>alert');
  expect(html).not.toContain('<img');
  expect(html.split(ESCAPED).length).toBeGreaterThan(15);
});

test('a secret in what was asked is masked, though its turn still needs it', async () => {
  const { run, arrive, page, messages } = site();
  run(`log in with ${SECRET}`);
  arrive(`and with ${SECRET}`);
  arrive(`${'x '.repeat(980)}${SECRET}`);
  const html = await page();
  expect(html).not.toContain(SECRET.slice(0, 12));
  expect(html.match(/‹masked: GitHub token›/gu)?.length).toBeGreaterThanOrEqual(2);
  expect(messages.get(1).text).toContain(SECRET);
});

test('no list is read through all that there ever was', () => {
  const world = nowWorld();
  const prepare = vi.spyOn(world.database.orm.$client, 'prepare');
  createNowLists(world)();
  const selects = [...new Set(prepare.mock.calls.map(([sql]) => sql))].filter((sql) =>
    sql.startsWith('select'),
  );
  prepare.mockRestore();
  expect(selects.length).toBeGreaterThanOrEqual(12);
  for (const sql of selects) {
    const parameters = Array.from({ length: sql.split('?').length - 1 }, () => 1);
    const plan = JSON.stringify(
      world.database.orm.$client.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters),
    );
    expect(plan, sql).not.toMatch(READ_THROUGH);
    expect(plan, sql).not.toMatch(/USING (?:COVERING )?INDEX turns_(?:ended|by_message)/u);
  }
});
