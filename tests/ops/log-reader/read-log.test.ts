import {
  appendFileSync,
  mkdirSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { readLastLines } from '../../../src/ops/log-reader/last-lines.ts';
import type { LogFilter } from '../../../src/ops/log-reader/line.ts';
import { levelNamed, readLog } from '../../../src/ops/log-reader/read-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ALL: LogFilter = { level: null, turn: null };

function lines(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) =>
    JSON.stringify({
      level: (from + index) % 10 === 0 ? 'error' : 'info',
      time: '2026-01-15T12:00:00.000Z',
      event: 'line',
      turn: from + index,
    }),
  );
}

function fileOf(content: readonly string[]): string {
  return content.map((line) => `${line}\n`).join('');
}

async function read(path: string, count: number, filter = ALL) {
  const got: string[] = [];
  const faults: string[] = [];
  await readLog(
    path,
    { count, follow: false, filter },
    (line) => got.push(line),
    (sentence) => faults.push(sentence),
    new AbortController().signal,
  );
  return { got, faults };
}

test('the last lines come in order, from the file and then from those before it', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  writeFileSync(`${path}.3.gz`, gzipSync(fileOf(lines(1, 100))));
  writeFileSync(`${path}.2.gz`, gzipSync(fileOf(lines(101, 200))));
  // The one that is being packed is there twice.
  writeFileSync(`${path}.1`, fileOf(lines(201, 300)));
  writeFileSync(`${path}.1.gz`, gzipSync(fileOf(lines(201, 300))));
  writeFileSync(path, fileOf(lines(301, 320)));
  expect((await read(path, 5)).got).toEqual(lines(316, 320));
  expect((await read(path, 150)).got).toEqual(lines(171, 320));
  expect((await read(path, 1000)).got).toEqual(lines(1, 320));
  const errors = await read(path, 4, { level: 'error', turn: null });
  expect(errors.got).toEqual([290, 300, 310, 320].flatMap((number) => lines(number, number)));
  const turn = await read(path, 50, { level: null, turn: 42 });
  expect(turn.got).toEqual(lines(42, 42));
});

test('no more is read of a large log than is needed', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  writeFileSync(path, fileOf(lines(1, 100_000)));
  const file = await open(path, 'r');
  onTestFinished(() => file.close());
  let readBytes = 0;
  const counted = {
    stat: () => file.stat(),
    read: async (buffer: Buffer, offset: number, length: number, position: number) => {
      readBytes += length;
      return await file.read(buffer, offset, length, position);
    },
  } as unknown as Parameters<typeof readLastLines>[0];
  const { lines: got } = await readLastLines(counted, path, 50, 5, () => true);
  expect(got).toEqual(lines(99_951, 100_000));
  expect(readBytes).toBeLessThan(300_000);
});

test('lines of any length and any characters are read backwards as they are forwards', async () => {
  const folder = temporaryFolder();
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
    fc.integer({ min: 60_000, max: 200_000 }).map((length) => 'ä'.repeat(length)),
  );
  const line = text
    .map((one) => one.replaceAll(/[\r\n]/gu, ' '))
    .filter((one) => one.trim() !== '');
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.nat(15), async (all, count) => {
      const path = join(folder, 'claudio.log');
      writeFileSync(path, fileOf(all));
      expect((await read(path, count)).got).toEqual(count === 0 ? [] : all.slice(-count));
    }),
    { numRuns: 60 },
  );
});

test('a line that is being written waits until it is whole; one that is broken is shown', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  writeFileSync(path, `${fileOf(lines(1, 1))}{"half\n${fileOf(lines(2, 2))}{"level":"in`);
  expect((await read(path, 50)).got).toEqual([...lines(1, 1), '{"half', ...lines(2, 2)]);
});

test('an older log that is damaged is told, and the others are read', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  writeFileSync(path, fileOf(lines(11, 12)));
  writeFileSync(`${path}.1.gz`, 'no gzip at all');
  writeFileSync(`${path}.2.gz`, gzipSync(fileOf(lines(1, 10))).subarray(0, 30));
  const { got, faults } = await read(path, 50);
  expect(got).toEqual(lines(11, 12));
  expect(faults).toEqual([
    expect.stringMatching(/claudio\.log\.1\.gz cannot be read: incorrect header check\.$/u),
    expect.stringMatching(/claudio\.log\.2\.gz cannot be read: unexpected end of file\.$/u),
  ]);
});

test('without a log, or with one that cannot be read, there is a sentence', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  await expect(read(path, 50)).rejects.toMatchObject({
    code: 'log.missing',
    message: `There is no log yet: ${path} is not there.`,
  });
  mkdirSync(path);
  await expect(read(path, 50)).rejects.toMatchObject({ code: 'log.unreadable' });
});

test('a level that is none is told from those that are', () => {
  expect(levelNamed('WARN')).toBe('warn');
  expect(() => levelNamed('eror')).toThrow('There is no level eror. Did you mean error?');
  expect(() => levelNamed('loud')).toThrow('There is no level loud.');
});

/** Follows a log; `until` resolves when so many lines have come. */
function follow(path: string, count = 50) {
  const over = new AbortController();
  const got: string[] = [];
  const waiting = new Set<() => void>();
  const done = readLog(
    path,
    { count, follow: true, filter: ALL },
    (line) => {
      got.push(line);
      for (const look of waiting) look();
    },
    () => undefined,
    over.signal,
  );
  const end = async () => {
    over.abort();
    await done;
  };
  onTestFinished(end);
  const until = (lineCount: number) =>
    new Promise<readonly string[]>((resolve) => {
      const look = () => {
        if (got.length < lineCount) return;
        waiting.delete(look);
        resolve(got);
      };
      waiting.add(look);
      look();
    });
  return { got, until, end };
}

test('a log that is followed goes on across its rotation, losing and doubling nothing', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  writeFileSync(path, fileOf(lines(1, 3)));
  const { until, end } = follow(path, 2);
  expect(await until(2)).toEqual(lines(2, 3));
  const [four = ''] = lines(4, 4);
  appendFileSync(path, four.slice(0, 20));
  appendFileSync(path, `${four.slice(20)}\n`);
  expect(await until(3)).toEqual(lines(2, 4));
  for (let generation = 0; generation < 3; generation += 1) {
    const number = 5 + generation * 2;
    appendFileSync(path, fileOf(lines(number, number)));
    renameSync(path, `${path}.1`);
    writeFileSync(path, fileOf(lines(number + 1, number + 1)));
    expect(await until(3 + (generation + 1) * 2)).toEqual(lines(2, number + 1));
  }
  await end();
});

test('a log that is emptied, or taken away and made anew, is followed all the same', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  writeFileSync(path, fileOf(lines(1, 3)));
  const { until } = follow(path);
  await until(3);
  truncateSync(path, 0);
  appendFileSync(path, fileOf(lines(4, 4)));
  await until(4);
  unlinkSync(path);
  writeFileSync(path, fileOf(lines(5, 5)));
  expect(await until(5)).toEqual(lines(1, 5));
});
