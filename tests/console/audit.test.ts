import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { auditPage } from '../../src/console/audit.tsx';
import type { AuditEntry } from '../../src/policy/audit.ts';
import { linkOf, MARKUP, noteScans, OWN_SECRET, talkWorld } from './talk-world.ts';
import { consoleWorld, readable } from './world.ts';

/** The pages, and a log to write to. */
function world() {
  const talk = talkWorld();
  const { audit, clock } = talk;
  const write = (entry: Partial<AuditEntry> & { readonly event: string }) => {
    clock.advance(60_000);
    audit.write({ conversationId: 'telegram:1:42', personId: '42', ...entry });
  };
  return { ...talk, write };
}

/** The rows of the table of a page, a line each. */
function rows(html: string): readonly string[] {
  return html
    .split('<tr>')
    .slice(2)
    .map((row) => readable((row.split('</tr>')[0] ?? '').replaceAll('</td>', ' |')).trim());
}

/** The numbers of the entries of a page, in order. */
function idsOf(html: string): readonly number[] {
  return rows(html).map((row) => Number(row.split(' ')[0]));
}

test('entries are shown in plain words, the newest first, with who, what, the decision and the details', async () => {
  const { write, turn, open } = world();
  const { turnId, end } = turn('Hello', { text: 'Hello.' });
  end();
  write({ event: 'command.status' });
  write({
    event: 'access.refused',
    personId: '777',
    conversationId: 'telegram:1:777',
    decision: 'refused',
  });
  write({
    event: 'tool.used',
    personId: '',
    turnId,
    details: { tool: 'Bash', inputDigest: 'ab'.repeat(32) },
  });
  const { html, status } = await open('/audit');
  expect(status).toBe(200);
  expect(rows(html)).toEqual([
    `5 just now | | Claude used a tool | | Turn ${turnId} | tool: Bash, inputDigest: abababababab… |`,
    '4 1 min ago | 777 | turned away | refused | telegram:1:777 | |',
    '3 2 min ago | Owner (42) | typed /status | | telegram:1:42 | |',
    `2 3 min ago | Owner (42) | Claude is done | done | Turn ${turnId} | model: claude-haiku, costUsd: 0 |`,
    `1 3 min ago | Owner (42) | asked Claude | | Turn ${turnId} | model: haiku |`,
  ]);
  expect(html).toContain('<span class="badge bad">refused</span>');
  expect(html).toContain('<span class="badge ok">done</span>');
  expect(html).toContain(`href="/conversations/telegram%3A1%3A42?turn=${turnId}#turn-${turnId}"`);
  // A stranger’s conversation has no page.
  expect(html).not.toContain('href="/conversations/telegram%3A1%3A777');
});

test('an empty log says so', async () => {
  expect((await world().open('/audit')).text).toContain('Nothing like that is in the audit log.');
});

test('entries are filtered by what happened and by who, each of which can be chosen', async () => {
  const { write, open } = world();
  write({ event: 'command.status' });
  write({ event: 'command.status', personId: '7' });
  write({ event: 'press.stop', personId: '7' });
  const found = async (query: string) => idsOf((await open(`/audit?${query}`)).html);
  expect(await found('event=command.status')).toEqual([2, 1]);
  expect(await found('person=7')).toEqual([3, 2]);
  expect(await found('event=command.status&person=7')).toEqual([2]);
  expect(await found('event=command.')).toEqual([]);
  const { html } = await open('/audit?event=press.stop&person=7');
  expect(html).toMatch(/<option value="press\.stop" selected[^>]*>pressed stop<\/option>/u);
  expect(html).toMatch(/<option value="7" selected[^>]*>7<\/option>/u);
  expect(html).toContain('<option value="shell">A shell on this machine</option>');
  expect(linkOf(html, '7')).toBe('/audit?person=7');
});

test('there are a hundred on a page, and a cursor leads to the older ones, with the filter', async () => {
  const { write, open, database } = world();
  database.transaction(() => {
    for (let nth = 1; nth <= 250; nth += 1) write({ event: 'command.status' });
  });
  for (const query of ['', '?event=command.status', '?person=42']) {
    const first = await open(`/audit${query}`);
    expect(idsOf(first.html)).toEqual(Array.from({ length: 100 }, (_, index) => 250 - index));
    const second = await open(linkOf(first.html, 'Older') ?? '');
    expect(idsOf(second.html)[0]).toBe(150);
    const third = await open(linkOf(second.html, 'Older') ?? '');
    expect(idsOf(third.html)).toEqual(Array.from({ length: 50 }, (_, index) => 50 - index));
    expect(linkOf(third.html, 'Older')).toBeUndefined();
    expect(linkOf(third.html, 'Back to the newest')).toBe(`/audit${query}`);
  }
});

test('what is rare is found however far behind it stands', async () => {
  const { write, open, database } = world();
  database.transaction(() => {
    write({ event: 'pairing.asked', personId: '7' });
    write({ event: 'command.help', personId: '7' });
    for (let nth = 1; nth <= 4100; nth += 1) write({ event: 'command.status' });
  });
  expect(rows((await open('/audit?event=pairing.asked')).html)).toHaveLength(1);
  expect(rows((await open('/audit?person=7')).html)).toHaveLength(2);
  expect(rows((await open('/audit?person=7&event=command.help')).html)).toHaveLength(1);
  expect(rows((await open('/audit?person=7&event=command.status')).html)).toHaveLength(0);
});

test('a button verifies the chain, and the page says what came of it', async () => {
  const { write, open } = world();
  write({ event: 'command.status' });
  write({ event: 'command.help' });
  const before = await open('/audit');
  expect(before.text).toContain('Nobody has looked since the service started.');
  expect(before.html).toContain('<form method="post" action="/audit/verify">');
  const answer = await open('/audit/verify', { method: 'POST' });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/audit']);
  const { text } = await open('/audit');
  expect(text).toMatch(
    /Unbroken 2 entries\. The last one’s hash stands for all of them: [\da-f]{64} Looked at just now/u,
  );
});

test('a chain that was broken is told, with the entry', async () => {
  const { write, open, database } = world();
  for (const name of ['one', 'two', 'three']) write({ event: `command.${name}` });
  database.orm.$client.exec('DROP TRIGGER audit_unchanged');
  database.orm.$client.exec("UPDATE audit SET event = 'command.other' WHERE id = 2");
  await open('/audit/verify', { method: 'POST' });
  const { text, html } = await open('/audit');
  expect(text).toMatch(
    /Broken Entry 2 of 2026-01-15T\S+ was changed, or .* The 1 before it are as they were written\./u,
  );
  expect(html).toContain('<p role="alert">');
});

test('verifying holds nobody up for long, and two at once are one', async () => {
  const { write, database, parts, open } = world();
  database.transaction(() => {
    for (let nth = 1; nth <= 6000; nth += 1) write({ event: 'command.status' });
  });
  const app = auditPage(parts);
  let turnCount = 0;
  const over = new AbortController();
  const watched = (async () => {
    while (!over.signal.aborted) {
      await setImmediate();
      turnCount += 1;
    }
  })();
  const answers = await Promise.all([
    app.request('/audit/verify', { method: 'POST' }),
    app.request('/audit/verify', { method: 'POST' }),
  ]);
  over.abort();
  await watched;
  expect(answers.map(({ status }) => status)).toEqual([303, 303]);
  // Others had their turn after each five hundred.
  expect(turnCount).toBeGreaterThanOrEqual(12);
  expect(await (await app.request('/audit')).text()).toContain('6000 entries');
  expect((await open('/audit')).text).toContain('Nobody has looked');
});

test('what is written while the chain is verified does not break it', async () => {
  const { write, database, open } = world();
  database.transaction(() => {
    for (let nth = 1; nth <= 3000; nth += 1) write({ event: 'command.status' });
  });
  const answer = open('/audit/verify', { method: 'POST' });
  await setImmediate();
  write({ event: 'command.help' });
  await answer;
  expect((await open('/audit')).text).toMatch(/Unbroken 300[01] entries/u);
});

test.each([
  'before=-1',
  'before=x',
  'before=99999999999999999999',
  'event=%00',
  'person=%ff',
  `event=${'x'.repeat(9000)}`,
  'event=a&event=b',
  'person=%27+OR+1',
])('a list with %s is a list', async (query) => {
  const { write, open } = world();
  write({ event: 'command.status' });
  expect((await open(`/audit?${query}`)).status).toBe(200);
});

test('entries that were changed by hand are shown as far as they can be', async () => {
  const { write, open, database } = world();
  write({ event: 'command.status' });
  database.orm.$client.exec('DROP TRIGGER audit_unchanged');
  database.orm.$client.exec(
    "UPDATE audit SET at_ms = 9e18, event = 'constructor', details = '{not json', decision = 'constructor', turn_id = -1",
  );
  write({ event: 'command.status' });
  database.orm.$client.exec(
    "UPDATE audit SET at_ms = 'soon', event = x'00ff', person_id = x'01', details = x'02', decision = x'03' WHERE id = 2",
  );
  const { status, html } = await open('/audit');
  expect(status).toBe(200);
  expect(rows(html)).toHaveLength(2);
  expect(rows(html)[0]).toMatch(/^2 soon /u);
  expect(rows(html)[1]).toContain('constructor');
  expect(rows(html)[1]).toContain('{not json');
});

test('markup and secrets in entries do no harm', async () => {
  const { open, database } = world();
  database.orm.$client
    .prepare(
      "INSERT INTO audit (at_ms, event, conversation_id, person_id, decision, details, text) VALUES (1, ?, ?, ?, ?, json_object('name', ?), ?)",
    )
    .run(MARKUP, MARKUP, MARKUP, MARKUP, `${MARKUP}${OWN_SECRET}`, `${MARKUP}${OWN_SECRET}`);
  for (const path of [
    '/audit',
    `/audit?event=${encodeURIComponent(MARKUP)}&person=${encodeURIComponent(MARKUP)}`,
  ]) {
    const { html } = await open(path);
    expect(rows(html)).toHaveLength(1);
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<img');
    expect(html).not.toContain(OWN_SECRET);
  }
});

test('no statement for it reads all of the log, the messages or the turns', async () => {
  const { write, database, parts } = world();
  write({ event: 'command.status' });
  const noted = noteScans(database);
  const app = auditPage(parts);
  for (const query of [
    '',
    '?before=9',
    '?event=press.stop',
    '?person=7',
    '?event=press.stop&person=7',
  ]) {
    expect((await app.request(`/audit${query}`)).status).toBe(200);
  }
  expect(noted()).toEqual([]);
});

test('it is a page of the console', async () => {
  const { page } = consoleWorld();
  const html = await page('/audit');
  expect(html).toContain('<h1>Audit</h1>');
  // That somebody came in stands in the log.
  expect(rows(html)[0]).toContain('came in to the console');
});
