import BetterSqlite3 from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { PAGES } from '../../src/console/frame.tsx';
import { fillWithMessages } from '../support/many-messages.ts';
import { consoleWorld } from './world.ts';

const MESSAGE_COUNT = 100_000;
const CONVERSATION = 'telegram:1:1000';
/** A machine that is busy with other things keeps that, and a page that looks at all rows does not. */
const FIRST_BYTE_MS = 1500;
const WHOLE_PAGE_MS = 10_000;
/** To write down all messages, on a busy machine. */
const PATIENCE_MS = 180_000;

/** The tables that grow with each message. */
const LARGE = new Set(['messages', 'turns', 'deliveries', 'tool_uses', 'audit']);

/** Collects what is read from databases, as SQL, until it is told to stop. */
function listenToReads() {
  const sqlite = new BetterSqlite3(':memory:');
  const statement: unknown = Object.getPrototypeOf(sqlite.prepare('SELECT 1'));
  sqlite.close();
  const heard = new Set<string>();
  const spies = (['get', 'all', 'iterate'] as const).map((method) => {
    const prototype = statement as BetterSqlite3.Statement;
    const read = prototype[method];
    return vi.spyOn(prototype, method).mockImplementation(function listen(
      this: BetterSqlite3.Statement,
      ...parameters: unknown[]
    ) {
      heard.add(this.source);
      return Reflect.apply(read, this, parameters);
    });
  });
  return {
    heard,
    stop: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

/** How a statement reads large tables from end to end, however few rows it is to return. */
function scansOf(sqlite: BetterSqlite3.Database, source: string): readonly string[] {
  const plan = sqlite.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${source}`);
  const names = [...source.matchAll(/[@:$](\w+)/gu)].map(([, name = '']) => [name, 1]);
  const unnamed = source.split('?').length - 1;
  const steps = plan
    .all(
      ...(names.length > 0
        ? [Object.fromEntries(names)]
        : Array.from({ length: unnamed }, () => 1)),
    )
    .map(({ detail }) => detail);
  // In the order of an index, it stops with the last row that was asked for.
  const isSorted = steps.some((detail) => detail.includes('USE TEMP B-TREE'));
  if (/\blimit\b/iu.test(source) && !isSorted) return [];
  // What has not ended yet, or has failed: few at any time.
  const few = sqlite
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'",
    )
    .pluck()
    .all();
  return steps.filter((detail) => {
    const [, table = '', index = ''] = /^SCAN (\w+)(?:.* INDEX (\w+))?/u.exec(detail) ?? [];
    return LARGE.has(table) && !few.includes(index) && !detail.includes('VIRTUAL TABLE');
  });
}

test(
  `with ${MESSAGE_COUNT.toLocaleString('en')} messages, each page answers soon, reads no table from end to end, and lets others go on`,
  { timeout: PATIENCE_MS },
  async () => {
    const world = consoleWorld({ hasMemory: true });
    const { $client: sqlite } = world.database.orm;
    const nowMs = world.clock.now();
    fillWithMessages(world.database, { messageCount: MESSAGE_COUNT, dayCount: 30, nowMs });
    expect(sqlite.prepare('SELECT count(*) FROM messages').pluck().get()).toBe(MESSAGE_COUNT);
    expect(sqlite.prepare('SELECT count(*) FROM conversations').pluck().get()).toBeGreaterThan(
      5000,
    );
    const cookie = await world.enter();
    const oldest = sqlite
      .prepare<[string], number>('SELECT min(id) FROM turns WHERE conversation_id = ?')
      .pluck()
      .get(CONVERSATION);
    const conversation = encodeURIComponent(CONVERSATION);
    const paths = [
      ...PAGES.map(({ path }) => path),
      '/conversations?before=50000',
      '/conversations?after=50000',
      '/usage?days=7',
      '/usage?days=90',
      `/conversations/${conversation}`,
      `/conversations/${conversation}?turn=${oldest}`,
      '/search?q=certificate',
      '/search?q=rounding+price',
      `/search?q=rounding+price&conversation=${conversation}`,
      '/audit?event=turn.ended',
      '/memories?q=garden',
    ];
    let roundCount = 0;
    let isCounting = true;
    const reads = listenToReads();
    const stop = () => {
      isCounting = false;
      reads.stop();
    };
    onTestFinished(stop);
    const count = () => {
      roundCount += 1;
      if (isCounting) setImmediate(count);
    };
    count();

    for (const path of paths) {
      const roundsBefore = roundCount;
      const askedMs = performance.now();
      const answer = await world.ask(path, { headers: { cookie } });
      expect(answer.status, path).toBe(200);
      const reader = answer.body?.getReader();
      const first = await reader?.read();
      const firstMs = performance.now() - askedMs;
      expect(first?.value?.length, path).toBeGreaterThan(100);
      while ((await reader?.read())?.done === false);
      const wholeMs = performance.now() - askedMs;
      expect(firstMs, `the first byte of ${path}`).toBeLessThan(FIRST_BYTE_MS);
      expect(wholeMs, `all of ${path}`).toBeLessThan(WHOLE_PAGE_MS);
      // All turns are looked at once, no more than 200 of them at a time.
      if (path === '/usage') {
        expect(roundCount - roundsBefore).toBeGreaterThan(MESSAGE_COUNT / 2 / 200);
      }
    }
    stop();

    const selects = [...reads.heard].filter((source) => /^\s*(?:select|with)\b/iu.test(source));
    expect(selects.length).toBeGreaterThan(20);
    const scans = selects.flatMap((source) =>
      scansOf(sqlite, source).map((step) => ({ step, source })),
    );
    expect(scans).toEqual([]);
    // And it would be told.
    expect(scansOf(sqlite, 'SELECT id FROM messages WHERE text = ? LIMIT 1')).toEqual([]);
    expect(scansOf(sqlite, 'SELECT count(*) FROM messages WHERE text = ?')).toHaveLength(1);
  },
);
