import { eq } from 'drizzle-orm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { conversations, messages, toolUses, turns } from '../../drizzle/schema.ts';
import { lastDays } from '../../src/console/usage-days.ts';
import { percentile } from '../../src/console/usage-tally.ts';
import { formatDollars, startOfDay } from '../../src/core/format.ts';
import { createUsageReport } from '../../src/turns/usage.ts';
import { conversation } from '../support/inbound.ts';
import { fillWithMessages } from '../support/many-messages.ts';
import { COMPLETE, consoleWorld, eventsOf, readable } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MARKUP = `<script>alert(1)</script>"><img src=x onerror=alert(1)>`;

afterEach(() => {
  vi.unstubAllEnvs();
});

type World = ReturnType<typeof consoleWorld>;

/** Adds a turn that has ended, by default a minute ago and after ten seconds. Returns its id. */
function addTurn(
  { database, clock }: World,
  more: Partial<typeof turns.$inferInsert> & {
    readonly chat?: string;
    readonly author?: string;
    readonly tools?: readonly string[];
  } = {},
): number {
  const { chat, author = 'Owner', tools = [], ...turn } = more;
  const { id: conversationId, destination, channel } = conversation(chat);
  const endedAtMs = turn.endedAtMs ?? clock.now() - MINUTE_MS;
  const queuedAtMs = endedAtMs - 10_000;
  const personId = '42';
  const { orm } = database;
  orm
    .insert(conversations)
    .values({ id: conversationId, destination, channel, chat: chat ?? '42', createdAtMs: 0 })
    .onConflictDoNothing()
    .run();
  const messageId = orm
    .insert(messages)
    .values({ conversationId, role: 'person', personId, author, text: 'hi', createdAtMs: 0 })
    .returning({ id: messages.id })
    .get().id;
  const turnId = orm
    .insert(turns)
    .values({
      conversationId,
      messageId,
      personId,
      queuedAtMs,
      endedAtMs,
      status: 'done',
      model: 'opus',
      requestedModel: 'opus',
      ...turn,
    })
    .returning({ id: turns.id })
    .get().id;
  for (const tool of tools) {
    orm
      .insert(toolUses)
      .values({ turnId, attempt: 1, tool, summary: '', startedAtMs: queuedAtMs })
      .run();
  }
  return turnId;
}

/** The rows of a table, by its caption: the cells of each as text. */
function table(html: string, caption: string): readonly (readonly string[])[] {
  const found = [...html.matchAll(/<table>.*?<\/table>/gsu)].find(([text]) =>
    text.includes(`<caption class="visually-hidden">${caption}</caption>`),
  );
  const rows = [...(found?.[0] ?? '').matchAll(/<tr>(.*?)<\/tr>/gsu)];
  return rows.map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gsu)].map(([, cell = '']) =>
      readable(cell).trim(),
    ),
  );
}

/** What is said of the whole period, by the columns of the table. */
async function totals(world: World): Promise<Readonly<Record<string, string>>> {
  const [columns = [], , period = []] = table(await world.page('/usage'), 'Totals');
  return Object.fromEntries(columns.map((name, at) => [name, period[at] ?? '']));
}

function withBudgets(lines: string): World {
  return consoleWorld({ files: { 'service.env': `${COMPLETE['service.env']}${lines}\n` } });
}

/** The page as it comes. */
async function asked(world: World) {
  const answer = await world.ask('/usage', { headers: { cookie: await world.enter() } });
  expect(answer.headers.get('content-type')).toBe('text/html; charset=UTF-8');
  expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
  return eventsOf(answer);
}

describe('what turns came to', () => {
  test('today and the period: how they ended, how long the answers took, tokens and cost', async () => {
    const world = consoleWorld();
    const now = world.clock.now();
    const used = {
      inputTokenCount: 1200,
      outputTokenCount: 300,
      cacheReadTokenCount: 45_000,
      cacheWriteTokenCount: 2000,
      costUsd: 0.25,
    };
    addTurn(world, used);
    addTurn(world, { status: 'failed', model: null });
    addTurn(world, { ...used, endedAtMs: now - 3 * DAY_MS, queuedAtMs: now - 3 * DAY_MS - 60_000 });
    addTurn(world, { status: 'cancelled', model: null, endedAtMs: now - 3 * DAY_MS });
    addTurn(world, { status: 'interrupted', model: null, endedAtMs: now - 3 * DAY_MS });
    addTurn(world, { status: 'queued', model: null, endedAtMs: null });
    // Longer ago than what is shown.
    addTurn(world, { ...used, endedAtMs: now - 31 * DAY_MS });
    expect(table(await world.page('/usage'), 'Totals')).toEqual([
      // prettier-ignore
      ['Period', 'Turns', 'Cost', 'Done', 'Failed', 'Cancelled', 'Interrupted', 'Median', '95th percentile', 'Tokens in', 'Out', 'Cache read', 'Cache write'],
      ['Today', '2', '$0.25', '1', '1', '0', '0', '10 s', '10 s', '1.2K', '300', '45K', '2K'],
      [
        'Last 30 days',
        '5',
        '$0.50',
        '2',
        '1',
        '1',
        '1',
        '10 s',
        '1 min',
        '2.4K',
        '600',
        '90K',
        '4K',
      ],
    ]);
  });

  test('by model, by conversation, by person and by tool, the dearest first and ten at most', async () => {
    const world = consoleWorld();
    for (let nth = 1; nth <= 12; nth += 1) {
      addTurn(world, {
        chat: String(100 + nth),
        personId: String(nth),
        author: `Person ${nth}`,
        model: `model-${nth}`,
        costUsd: nth,
        outputTokenCount: 10 * nth,
        tools: Array.from({ length: nth }, () => `Tool${nth}`),
      });
    }
    const html = await world.page('/usage?days=7');
    expect(table(html, 'By model')).toHaveLength(13);
    expect(table(html, 'By model')[1]?.slice(0, 2)).toEqual(['model-12', '1']);
    expect(table(html, 'By conversation')).toHaveLength(11);
    expect(table(html, 'By conversation')[1]).toEqual([
      'Person 12 main, chat 112',
      '1',
      '120',
      '$12.00',
    ]);
    expect(html).toContain('href="/conversations/telegram%3A1%3A112"');
    expect(table(html, 'By person')).toHaveLength(11);
    expect(table(html, 'By person')[1]).toEqual(['Person 12', '1', '120', '$12.00']);
    expect(table(html, 'By tool').slice(0, 2)).toEqual([
      ['Tool', 'Uses'],
      ['Tool12', '12'],
    ]);
    expect(table(html, 'By tool')).toHaveLength(11);
    // The dearest by themselves, the others together.
    expect(table(html, 'Turns, by model')[0]).toEqual([
      'Day',
      'model-12',
      'model-11',
      'model-10',
      'model-9',
      'other models',
    ]);
    expect(table(html, 'Turns, by model').at(-1)?.slice(1)).toEqual(['1', '1', '1', '1', '8']);
  });

  test('charts show day by day what the tables sum up', async () => {
    vi.stubEnv('TZ', 'UTC');
    const world = consoleWorld();
    const before = world.clock.now() - DAY_MS;
    addTurn(world, { costUsd: 1, outputTokenCount: 1500 });
    addTurn(world, { model: 'haiku', costUsd: 0.5 });
    addTurn(world, { status: 'failed', model: null, endedAtMs: before });
    addTurn(world, { endedAtMs: before, queuedAtMs: before - 2000 });
    addTurn(world, { endedAtMs: before, queuedAtMs: before - 4000 });
    addTurn(world, { endedAtMs: before, queuedAtMs: before - 90_000 });
    const html = await world.page('/usage?days=7');
    expect(html.match(/<svg viewBox/gu)).toHaveLength(6);
    expect(table(html, 'Turns, by model').slice(-2)).toEqual([
      ['Jan 14', '3', '0', '1'],
      ['Jan 15', '1', '1', '0'],
    ]);
    expect(table(html, 'Turns, by how they ended').slice(-2)).toEqual([
      ['Jan 14', '3', '1'],
      ['Jan 15', '2', '0'],
    ]);
    expect(table(html, 'Time to answer, median').slice(-3)).toEqual([
      ['Jan 13', '–', '–'],
      ['Jan 14', '4 s', '–'],
      ['Jan 15', '10 s', '10 s'],
    ]);
    expect(table(html, 'Time to answer, 95th percentile').at(-2)?.[1]).toBe('1 min 30 s');
    expect(table(html, 'Tokens, by model').at(-1)).toEqual(['Jan 15', '1.5K', '0']);
    expect(table(html, 'Cost, by model').at(-1)).toEqual(['Jan 15', '$1.00', '$0.50']);
  });

  test.each([
    ['?days=7', 7],
    ['?days=30', 30],
    ['?days=90', 90],
    ['', 30],
    ['?days=31', 30],
    ['?days=-7', 30],
    ['?days=7.0', 30],
    [`?days=${encodeURIComponent(MARKUP)}`, 30],
  ])('/usage%s shows %d days', async (query, dayCount) => {
    const world = consoleWorld();
    addTurn(world);
    const html = await world.page(`/usage${query}`);
    expect(table(html, 'Turns, by model')).toHaveLength(dayCount + 1);
    expect(html).toContain(`<a href="/usage?days=${dayCount}" aria-current="page">`);
    expect(html).not.toContain('alert(1)');
  });

  test('where nothing has happened it says so', async () => {
    const html = await consoleWorld().page('/usage');
    expect(readable(html)).toContain('Nothing yet.');
    expect(html).not.toContain('<svg viewBox');
  });

  test('names and models are text, whatever they are', async () => {
    const world = consoleWorld();
    addTurn(world, { author: MARKUP, model: MARKUP, tools: [MARKUP], chat: MARKUP });
    const html = await world.page('/usage');
    expect(html).not.toMatch(/<script>|<img|style=/u);
    expect(table(html, 'By person')[1]?.[0]).toBe(MARKUP);
    expect(table(html, 'By model')[1]?.[0]).toBe(MARKUP);
    expect(table(html, 'By tool')[1]?.[0]).toBe(MARKUP);
    expect(table(html, 'By conversation')[1]?.[0]).toBe(`${MARKUP} main, chat ${MARKUP}`);
  });

  test('who asked in a shell, and whom nobody knows', async () => {
    const world = consoleWorld();
    addTurn(world, { personId: 'shell', costUsd: 2 });
    addTurn(world, { personId: null, costUsd: 1 });
    const people = table(await world.page('/usage'), 'By person');
    expect(people.map(([name]) => name)).toEqual(['Person', 'in a shell', 'unknown']);
  });

  test('of many turns that ended at the same moment, all count', async () => {
    const world = consoleWorld();
    const endedAtMs = world.clock.now() - 2 * DAY_MS;
    world.database.transaction(() => {
      for (let nth = 0; nth < 450; nth += 1) addTurn(world, { endedAtMs, tools: ['Bash'] });
    });
    const html = await world.page('/usage');
    expect(table(html, 'Totals')[2]?.[1]).toBe('450');
    expect(table(html, 'By tool')[1]).toEqual(['Bash', '450']);
  });

  test('the sums are those that /status tells', async () => {
    const world = consoleWorld();
    const nowMs = world.clock.now();
    fillWithMessages(world.database, { messageCount: 3000, dayCount: 40, nowMs });
    const [, today = [], period = []] = table(await world.page('/usage'), 'Totals');
    const usage = createUsageReport(world.database);
    for (const [row, daysBefore] of [
      [today, 0],
      [period, 29],
    ] as const) {
      const { turnCount, costUsd } = usage.since(startOfDay(nowMs, daysBefore));
      expect(turnCount).toBeGreaterThan(10);
      expect(row.slice(1, 3)).toEqual([turnCount.toLocaleString('en'), formatDollars(costUsd)]);
    }
  });

  test('an answer that came before its question took no time', async () => {
    const world = consoleWorld();
    addTurn(world, { queuedAtMs: world.clock.now() });
    expect(table(await world.page('/usage'), 'Totals')[1]?.slice(0, 5)).toEqual([
      'Today',
      '1',
      '$0.00',
      '1',
      '0 s',
    ]);
  });
});

describe('days', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-25', 25],
    ['Europe/Berlin', '2026-10-24', 24],
    // There, no clock shows the midnight that this day begins with.
    ['Africa/Cairo', '2024-04-26', 23],
  ])(
    'in %s, %s has %d hours, and a turn of its last one counts there',
    async (zone, date, hours) => {
      vi.stubEnv('TZ', zone);
      const world = consoleWorld();
      const noon = new Date(`${date}T12:00:00`);
      world.clock.set(noon.getTime() + 2 * DAY_MS);
      const [day, next] = lastDays(world.clock.now(), 3);
      if (day === undefined || next === undefined) throw new Error('no days');
      expect((day.endMs - day.startMs) / HOUR_MS).toBe(hours);
      expect(day.endMs).toBe(next.startMs);
      addTurn(world, { endedAtMs: day.startMs });
      addTurn(world, { endedAtMs: day.endMs - 1 });
      addTurn(world, { endedAtMs: day.endMs });
      const rows = table(await world.page('/usage?days=7'), 'Turns, by model');
      expect(rows.slice(-4).map(([, count]) => count)).toEqual(['0', '2', '1', '0']);
    },
  );

  test('all days of a year follow each other without gaps', () => {
    vi.stubEnv('TZ', 'America/New_York');
    const days = lastDays(Date.UTC(2026, 11, 31, 12), 365);
    expect(days).toHaveLength(365);
    for (const [at, day] of days.entries()) {
      expect(day.endMs).toBeGreaterThan(day.startMs);
      if (at > 0) expect(day.startMs).toBe(days[at - 1]?.endMs);
    }
  });
});

describe('days that are over', () => {
  test('a turn that ends on one of them after all counts at once', async () => {
    const world = consoleWorld();
    addTurn(world, { endedAtMs: world.clock.now() - 2 * DAY_MS });
    expect(await totals(world)).toMatchObject({ Turns: '1', Done: '1' });
    // The clock was wrong for a while.
    addTurn(world, { endedAtMs: world.clock.now() - 2 * DAY_MS });
    expect(await totals(world)).toMatchObject({ Turns: '2', Done: '2' });
  });

  test('a turn that is deleted, or runs again, counts there no more', async () => {
    const world = consoleWorld();
    const endedAtMs = world.clock.now() - 2 * DAY_MS;
    const forgotten = addTurn(world, { endedAtMs });
    const again = addTurn(world, { endedAtMs, status: 'interrupted' });
    addTurn(world, { endedAtMs });
    expect(await totals(world)).toMatchObject({ Turns: '3', Done: '2', Interrupted: '1' });
    const { orm } = world.database;
    orm.delete(turns).where(eq(turns.id, forgotten)).run();
    expect(await totals(world)).toMatchObject({ Turns: '2', Done: '1', Interrupted: '1' });
    orm.update(turns).set({ status: 'queued', endedAtMs: null }).where(eq(turns.id, again)).run();
    expect(await totals(world)).toMatchObject({ Turns: '1', Done: '1' });
  });

  test('they are added up once; what changes there unseen shows after ten minutes', async () => {
    const world = consoleWorld();
    const endedAtMs = world.clock.now() - 2 * DAY_MS;
    const turnId = addTurn(world, { endedAtMs, status: 'interrupted', model: null });
    expect(await totals(world)).toMatchObject({ Turns: '1', Interrupted: '1' });
    const { orm } = world.database;
    orm.update(turns).set({ status: 'cancelled' }).where(eq(turns.id, turnId)).run();
    world.clock.advance(9 * MINUTE_MS);
    expect(await totals(world)).toMatchObject({ Turns: '1', Interrupted: '1' });
    world.clock.advance(MINUTE_MS);
    expect(await totals(world)).toMatchObject({ Turns: '1', Cancelled: '1' });
  });

  test('a hundred of them are kept and no more: the first goes first', async () => {
    const world = consoleWorld();
    const rightMs = world.clock.now();
    const endedAtMs = rightMs - 2 * DAY_MS;
    addTurn(world, { endedAtMs, status: 'interrupted', model: null });
    expect(await totals(world)).toMatchObject({ Interrupted: '1' });
    world.clock.set(rightMs + 200 * DAY_MS);
    await world.page('/usage?days=90');
    world.clock.set(rightMs);
    world.database.orm.update(turns).set({ status: 'cancelled' }).run();
    expect(await totals(world)).toMatchObject({ Cancelled: '1' });
  });

  test('a day that is over no more, because the clock was set back, is added up each time', async () => {
    const world = consoleWorld();
    const rightMs = world.clock.now();
    addTurn(world, { status: 'interrupted', model: null });
    world.clock.set(rightMs + DAY_MS);
    expect(await totals(world)).toMatchObject({ Turns: '1', Interrupted: '1' });
    world.clock.set(rightMs);
    world.database.orm.update(turns).set({ status: 'cancelled' }).run();
    expect(await totals(world)).toMatchObject({ Turns: '1', Cancelled: '1' });
  });
});

describe('budgets', () => {
  test('those in force are shown with what is used of them, of all people and of each', async () => {
    const world = withBudgets(
      'BUDGET_PER_DAY=5\nBUDGET_PER_MONTH=100\nPERSON_BUDGET_PER_DAY=2\nPERSON_BUDGET_PER_MONTH=3',
    );
    const now = world.clock.now();
    addTurn(world, { costUsd: 1.5 });
    addTurn(world, { costUsd: 1, personId: '7', author: 'Member' });
    // On the second of the month, before the days that are shown.
    addTurn(world, { costUsd: 2, personId: '7', author: 'Member', endedAtMs: now - 13 * DAY_MS });
    // In the month before.
    addTurn(world, { costUsd: 50, endedAtMs: now - 16 * DAY_MS });
    const html = await world.page('/usage?days=7');
    const section = /<h2 id="budgets">.*?<\/section>/su.exec(html)?.[0] ?? '';
    expect(readable(section)).toBe(
      ' Budgets All together, today $2.50 of $5.00 All together, this month $4.50 of $100.00 Owner, today $1.50 of $2.00 Member, today $1.00 of $2.00 Member, this month $3.00 of $3.00 Owner, this month $1.50 of $3.00 ',
    );
    expect(section).toContain('<progress max="5" value="2.5" aria-label="All together, today">');
    // Each day is there once, whatever the budgets are of.
    expect(table(html, 'Turns, by model')).toHaveLength(8);
    expect(table(html, 'Totals')[2]?.[1]).toBe('2');
  });

  test('what is more than a budget fills it, and one of nothing has nothing to fill', async () => {
    const world = withBudgets('BUDGET_PER_DAY=1\nBUDGET_PER_MONTH=0');
    addTurn(world, { costUsd: 3 });
    const html = await world.page('/usage');
    expect(html).toContain('<progress max="1" value="1"');
    expect(readable(html)).toContain('All together, this month $3.00 of $0.00');
    expect(html.match(/<progress/gu)).toHaveLength(1);
  });

  test('a person’s budget of which nobody has spent anything', async () => {
    const html = await withBudgets('PERSON_BUDGET_PER_DAY=1').page('/usage');
    expect(readable(html)).toContain('Nothing is spent of them this month.');
  });

  test('where none is set there is nothing about them', async () => {
    expect(await consoleWorld().page('/usage')).not.toContain('Budgets');
  });
});

describe('on its way', () => {
  test('the head of the page goes out before anything is added up, and the end closes what it opened', async () => {
    const world = consoleWorld();
    const page = await asked(world);
    const head = (await page.until(/<\/nav>/u)).text;
    expect(head).toMatch(/^<!doctype html><html lang="en"><head>/u);
    expect(head).toContain('<h1>Usage</h1>');
    expect(head).not.toContain('Totals');
    const { text } = await page.until(/<\/html>/u);
    expect(text).toContain('By tool');
    expect(text.match(/<section/gu)?.length).toBe(text.match(/<\/section>/gu)?.length);
    expect(text.match(/<div/gu)?.length).toBe(text.match(/<\/div>/gu)?.length);
  });

  test('when the service stops, the page ends where it is', async () => {
    const world = consoleWorld();
    const page = await asked(world);
    await page.until(/<h1>/u);
    world.ended.abort();
    const { text } = await page.until(/<\/html>/u);
    expect(text).not.toContain('By tool');
    expect(world.lines.some(({ event }) => event === 'usage.broken')).toBe(false);
  });

  test('a fault on the way is told on the page and written to the log', async () => {
    const world = consoleWorld();
    const page = await asked(world);
    await page.until(/<h1>/u);
    world.database.close();
    const { text } = await page.until(/<\/html>/u);
    expect(text).toContain('<p role="alert">The rest of this page could not be made.');
    expect(world.lines.some(({ event }) => event === 'usage.broken')).toBe(true);
  });
});

test('a percentile is the nearest rank, and there is none of nothing', () => {
  const some = Float64Array.from([1, 2, 3, 4]);
  expect([0, 0.25, 0.5, 0.95, 1].map((share) => percentile(some, share))).toEqual([1, 1, 2, 4, 4]);
  expect(percentile(new Float64Array(), 0.5)).toBeNull();
});
