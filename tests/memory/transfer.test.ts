import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MEMORY_KINDS, type Memory, type NewMemory } from '../../src/core/memory.ts';
import { linesOf, type Line } from '../../src/memory/lines.ts';
import { createMemoryStore } from '../../src/memory/store.ts';
import {
  allMemories,
  exported,
  exportedLine,
  importMemories,
  readLine,
} from '../../src/memory/transfer.ts';
import { openVectorIndex } from '../../src/memory/vectors.ts';
import { testClock } from '../support/clock.ts';
import { testDatabase } from '../support/database.ts';

const SCOPE = 'telegram:1:42';
const DAY_MS = 24 * 3_600_000;
const NOW_MS = testClock().now();

function openStore(clock = testClock()) {
  const database = testDatabase();
  const store = createMemoryStore({ database, clock, vectors: openVectorIndex(database) });
  return { database, store };
}

/** In chunks of so many bytes. */
async function* streamOf(bytes: string | Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(bytes);
  for (let at = 0; at < all.byteLength; at += size) {
    yield await Promise.resolve(all.subarray(at, at + size));
  }
}

async function linesIn(bytes: string | Uint8Array, size?: number): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for await (const line of linesOf(streamOf(bytes, size))) lines.push(line);
  return lines;
}

/** Imports into a store of its own, and tells what came of it. */
async function imported(bytes: string | Uint8Array, into = openStore()) {
  const told: string[] = [];
  const counts = await importMemories({
    store: into.store,
    stream: streamOf(bytes),
    scopeOf: (scope) => scope ?? SCOPE,
    commit: (work) => Promise.resolve(into.database.transaction(work)),
    refused: (lineNumber, reason) => told.push(`${lineNumber}: ${reason}`),
  });
  return { counts, told, store: into.store };
}

const WORDS = [
  'deploys',
  'go',
  'out',
  'on',
  'Tuesdays',
  'naïve',
  '東京',
  '🦊',
  '"quoted"',
  '\\',
  '</memory>',
  "it's",
  'OR',
  '{"a":1}',
  '\u2028',
  '\u202Eabc',
  '%s',
  '🏳️‍🌈',
];
const sentence = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 12 })
  .map((words) => `w ${words.join(' ')}`);
const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null });
const newMemory = fc.record<NewMemory>({
  kind: fc.constantFrom(...MEMORY_KINDS),
  text: sentence,
  context: fc.option(sentence, { nil: null }),
  outcome: fc.option(sentence, { nil: null }),
  trigger: fc.option(sentence, { nil: null }),
  importance: share,
  confidence: share,
  source: fc.constantFrom('told' as const, 'learned' as const, 'noted' as const),
  createdAtMs: fc.integer({ min: 0, max: testClock().now() - DAY_MS }),
});

/** Without what another home gives it. */
function shown(memory: Memory) {
  const { id, source, ...rest } = exported(memory, NOW_MS);
  return { isNumbered: id > 0, isFrom: source.length > 0, ...rest };
}

test('what was exported and taken in elsewhere is the same there, with its dates', async () => {
  let comparedCount = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(newMemory, fc.constantFrom(SCOPE, 'telegram:1:-100200300')), {
        minLength: 1,
        maxLength: 12,
      }),
      async (memories) => {
        const first = openStore();
        for (const [memory, scope] of memories) {
          expect(first.store.remember(scope, memory).kind).not.toBe('refused');
        }
        const all = [...allMemories(first.store, { isWhole: true })].flat();
        const { counts, told, store } = await imported(
          all.map((one) => `${exportedLine(one, NOW_MS)}\n`).join(''),
        );
        expect({ counts, told }).toEqual({
          counts: {
            rememberedCount: all.length,
            knownCount: 0,
            historyCount: 0,
            refusedCount: 0,
          },
          told: [],
        });
        const there = [...allMemories(store, { isWhole: true })].flat();
        expect(there.map(({ source }) => source)).toEqual(all.map(() => 'imported'));
        expect(there.map(shown)).toEqual(all.map(shown));
        comparedCount += all.length;
      },
    ),
    { numRuns: 40 },
  );
  expect(comparedCount).toBeGreaterThan(40);
});

test('what is taken in counts as used now, and keeps the date on which it was made', async () => {
  const clock = testClock(Date.UTC(2026, 10, 21));
  const into = openStore(clock);
  await imported(
    [
      '{"kind":"semantic","text":"One from long ago","created":"2019-03-01T10:00:00+02:00","confidence":0.9}',
      '{"kind":"semantic","text":"One of today"}',
      '{"kind":"semantic","text":"One of the time to come","created":"2099-01-01"}',
    ].join('\n'),
    into,
  );
  const [future, today, old] = into.store.list({ limit: 9 });
  const createdAtMs = Date.UTC(2019, 2, 1, 8);
  expect(old).toMatchObject({
    createdAtMs,
    confidence: 0.9,
    accessCount: 2,
    recentAccessesMs: [clock.now(), createdAtMs],
  });
  for (const one of [today, future]) {
    expect(one).toMatchObject({
      createdAtMs: clock.now(),
      accessCount: 1,
      recentAccessesMs: [clock.now()],
    });
  }
});

test('an export says what is left of a confidence by now, so that taking it in makes nothing surer', async () => {
  const clock = testClock();
  const first = openStore(clock);
  const fact = { kind: 'semantic', source: 'told', confidence: 0.9 } as const;
  first.store.remember(SCOPE, { ...fact, text: 'The office is in Berlin' });
  first.store.remember(SCOPE, { kind: 'episodic', source: 'told', text: 'Moved the office' });
  clock.advance(120 * DAY_MS);
  const lines = first.store.list({ limit: 9 }).map((one) => exportedLine(one, clock.now()));
  const { store } = await imported(lines.join('\n'), openStore(clock));
  const [fresh, episode] = store.list({ limit: 9 });
  expect(fresh?.confidence).toBeCloseTo(0.45);
  expect(episode?.confidence).toBeNull();
  // What is kept is as it was.
  expect(first.store.find(1)?.confidence).toBe(0.9);
});

test('the same twice is known the second time', async () => {
  const into = openStore();
  const line = '{"kind":"procedural","text":"Run the migrations first","trigger":"a deploy"}\n';
  expect((await imported(line, into)).counts.rememberedCount).toBe(1);
  expect((await imported(line + line, into)).counts).toMatchObject({
    rememberedCount: 0,
    knownCount: 2,
  });
  expect(into.store.list({ isWhole: true, limit: 9 })).toHaveLength(1);
});

test('all are walked through, the oldest first, each once, also where some are forgotten meanwhile', () => {
  const { store } = openStore();
  for (let number = 1; number <= 350; number += 1) {
    store.remember(SCOPE, { kind: 'semantic', text: `fact number ${number}`, source: 'told' });
  }
  const seen: number[] = [];
  for (const page of allMemories(store, { isWhole: false })) {
    seen.push(...page.map(({ id }) => id));
    store.forget(seen.slice(-20));
    store.forget([seen.length + 15, 345]);
  }
  expect(seen.toSorted((one, other) => one - other)).toEqual(seen);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBeGreaterThan(340);
});

test('history is in an export, flagged, and is not taken in', async () => {
  const first = openStore();
  const remember = (text: string) => {
    const outcome = first.store.remember(SCOPE, { kind: 'semantic', text, source: 'told' });
    if (outcome.kind === 'refused') throw new Error(outcome.reason);
    return outcome.memory.id;
  };
  const old = remember('The office is in Berlin');
  first.store.supersede(old, remember('The office is in Hamburg'));
  const lines = [...allMemories(first.store, { isWhole: true })]
    .flat()
    .map((one) => exportedLine(one, NOW_MS));
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { text: 'The office is in Berlin', status: 'superseded' },
    { text: 'The office is in Hamburg', status: 'live' },
  ]);
  const { counts, store } = await imported(lines.join('\n'));
  expect(counts).toMatchObject({ rememberedCount: 1, historyCount: 1 });
  expect(store.list({ isWhole: true, limit: 9 }).map(({ text }) => text)).toEqual([
    'The office is in Hamburg',
  ]);
});

describe('a line that cannot be taken is told with its number and why, and the others are taken', () => {
  test.each([
    ['is no JSON', '{"kind":"semantic",', /^2: is no JSON$/u],
    ['is no object', '["semantic"]', /^2: must be an object$/u],
    ['is null', 'null', /^2: must be an object$/u],
    ['has no kind', '{"text":"x"}', /^2: kind must be episodic, semantic or procedural$/u],
    ['has no text', '{"kind":"semantic"}', /^2: text is missing$/u],
    ['has a number as its text', '{"kind":"semantic","text":1}', /^2: text must be a text$/u],
    [
      'has a misspelt name',
      '{"kind":"semantic","texts":"x"}',
      /^2: has names that mean nothing: texts$/u,
    ],
    ['has a text of blanks', '{"kind":"semantic","text":" \\n"}', /^2: There are no words in it/u],
    [
      'is too long',
      JSON.stringify({ kind: 'semantic', text: 'long '.repeat(300) }),
      /^2: It is too long/u,
    ],
    ['has a NUL', '{"kind":"semantic","text":"a\\u0000b"}', /^2: text holds what is no text$/u],
    [
      'has half a character',
      '{"kind":"semantic","text":"a\\ud800"}',
      /^2: text holds what is no text$/u,
    ],
    [
      'has too much confidence',
      '{"kind":"semantic","text":"x","confidence":1.1}',
      /^2: confidence must be a number from 0 to 1$/u,
    ],
    [
      'has no date in created',
      '{"kind":"semantic","text":"x","created":"yesterday"}',
      /^2: created must be a date/u,
    ],
    [
      'names no chat',
      '{"kind":"semantic","text":"x","scope":"../../etc"}',
      /^2: scope must name a chat/u,
    ],
    [
      'misspells a name',
      '{"kind":"semantic","text":"x","contxt":"y"}',
      /^2: has names that mean nothing: contxt$/u,
    ],
    [
      'holds a secret',
      JSON.stringify({ kind: 'semantic', text: `the token is ghp_${'aB3dE6gH9j'.repeat(4)}` }),
      /^2: It looks as if it holds a secret/u,
    ],
    [
      'is longer than 100 KB',
      `{"kind":"semantic","text":"${'x'.repeat(110_000)}"}`,
      /^2: is longer than 100 KB$/u,
    ],
  ])('because it %s', async (_, line, reason) => {
    const { counts, told, store } = await imported(
      `{"kind":"semantic","text":"the one before"}\n${line}\n{"kind":"semantic","text":"the one after"}`,
    );
    expect(counts).toMatchObject({ rememberedCount: 2, refusedCount: 1 });
    expect(told).toEqual([expect.stringMatching(reason)]);
    expect(store.list({ limit: 9 })).toHaveLength(2);
  });

  test('because its bytes are no UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"kind":"semantic","text":"'),
      Buffer.from([0xff, 0xfe, 0xc3]),
      Buffer.from('"}\n{"kind":"semantic","text":"the one after"}'),
    ]);
    const { counts, told } = await imported(bytes);
    expect(counts).toMatchObject({ rememberedCount: 1, refusedCount: 1 });
    expect(told).toEqual(['1: is no text in UTF-8']);
  });

  test('and what is told quotes nothing of it', () => {
    for (const line of [
      '{"hunter2',
      '{"kind":"hunter2","text":"x"}',
      '{"kind":"semantic","text":{"hunter2":1}}',
    ]) {
      expect(JSON.stringify(readLine(line))).not.toContain('hunter2');
    }
  });
});

test('lines end with LF or CRLF, the last one with nothing; a mark of the byte order and blanks are no content', async () => {
  expect(await linesIn('\uFEFFone\r\n\r\n  \ntwo\nthree')).toEqual([
    { number: 1, kind: 'text', text: 'one' },
    { number: 4, kind: 'text', text: 'two' },
    { number: 5, kind: 'text', text: 'three' },
  ]);
  expect(await linesIn('')).toEqual([]);
});

test('lines are the same in whatever chunks they come', async () => {
  const text = `{"a":"東京 🦊"}\r\n\n${'x'.repeat(500)}\nlast`;
  const whole = await linesIn(text);
  expect(whole).toHaveLength(3);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 700 }), async (size) => {
      expect(await linesIn(text, size)).toEqual(whole);
    }),
  );
});

test('a file is read no further than it was taken in, and a line without an end is not kept', async () => {
  const { database, store } = openStore();
  let producedCount = 0;
  const ahead: number[] = [];
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (; producedCount < 1000; producedCount += 1) {
      const line = `{"kind":"semantic","text":"fact number ${producedCount}"}\n`;
      yield await Promise.resolve(Buffer.from(line));
    }
    for (let count = 0; count < 50; count += 1) {
      yield await Promise.resolve(Buffer.alloc(1_000_000, 'x'));
    }
  }
  let takenCount = 0;
  const counts = await importMemories({
    store,
    stream: endless(),
    scopeOf: () => SCOPE,
    commit: (work) => {
      ahead.push(producedCount - takenCount);
      const result = database.transaction(work);
      takenCount = store.list({ limit: 2000 }).length;
      return Promise.resolve(result);
    },
    refused: () => undefined,
  });
  expect(counts).toMatchObject({ rememberedCount: 1000, refusedCount: 1 });
  expect(Math.max(...ahead)).toBeLessThanOrEqual(100);
  expect(ahead.length).toBeGreaterThanOrEqual(10);
});
