import {
  chmodSync,
  chownSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createAudit } from '../../src/policy/audit.ts';
import { createKeptFile } from '../../src/policy/kept-file.ts';
import { cpuTimeMs } from '../support/cpu-time.ts';
import { testClock } from '../support/clock.ts';
import { testDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { unprivileged } from '../support/unprivileged.ts';

/** A file whose text is in force in capitals, unless it is not all letters. */
function world() {
  const path = join(temporaryFolder(), 'words.txt');
  const database = testDatabase();
  const clock = testClock(Date.now());
  const told: string[] = [];
  let parseCount = 0;
  /** What a service that was just started sees. */
  const start = () =>
    createKeptFile<string>({
      database,
      clock,
      path,
      name: 'words.txt',
      parse: (text) => {
        parseCount += 1;
        return /^[a-z]+$/u.test(text)
          ? { ok: text.toUpperCase() }
          : { fault: `${text} is no word.` };
      },
      initial: 'initial',
      fallback: 'fallback',
      onFault: (markdown) => told.push(markdown),
      onMended: (markdown) => told.push(markdown),
      audit: createAudit({ database, clock }),
    });
  let kept = start();
  return {
    path,
    database,
    clock,
    told,
    parseCount: () => parseCount,
    current: () => kept.current(),
    restart: () => {
      kept = start();
    },
    /** Writes it as if that had been some time ago. */
    write: (text: string, agoMs = 60_000) => {
      writeFileSync(path, text, { mode: 0o600 });
      const at = new Date(clock.now() - agoMs);
      utimesSync(path, at, at);
    },
  };
}

const unusable = (text: string, rest = 'The version before stays in force until you correct it.') =>
  `**words.txt** cannot be used. ${text} is no word. ${rest}`;

describe('a file of the person’s own', () => {
  test('is in force as soon as it is written or changed, without a word, and is told of when it is gone', () => {
    const { write, current, told, path } = world();
    expect(current()).toBe('initial');
    write('one');
    expect(current()).toBe('ONE');
    write('two', 50_000);
    expect(current()).toBe('TWO');
    rmSync(path);
    expect(told).toEqual([]);
    expect([current(), current()]).toEqual(['initial', 'initial']);
    expect(told).toEqual(['**words.txt** is gone: what comes with Claudio counts now.']);
  });

  test('is written down with each version: taken, refused and gone, by its digest alone', () => {
    const { write, current, path, database } = world();
    for (const text of ['one', '1']) {
      write(text);
      current();
    }
    rmSync(path);
    current();
    const rows = database.orm.query.audit.findMany().sync();
    expect(rows).toMatchObject([
      { event: 'words.changed', decision: 'accepted', personId: '', text: null },
      { event: 'words.changed', decision: 'refused' },
      { event: 'words.changed', decision: 'gone', details: { digest: null } },
    ]);
    expect(rows[0]?.details).toEqual({
      digest: '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed',
    });
  });

  test('that is wrong leaves the version before in force, over restarts too, and is told once', () => {
    const { write, current, told, restart } = world();
    write('one');
    current();
    write('1');
    expect([current(), current()]).toEqual(['ONE', 'ONE']);
    restart();
    expect(current()).toBe('ONE');
    expect(told).toEqual([unusable('1')]);
    write('2');
    expect([current(), current()]).toEqual(['ONE', 'ONE']);
    write('2', 50_000);
    current();
    expect(told).toEqual([unusable('1'), unusable('2')]);
    restart();
    write('two');
    expect([current(), current()]).toEqual(['TWO', 'TWO']);
    expect(told.slice(2)).toEqual(['**words.txt** is right again, and in force.']);
  });

  test('that was never right leaves the strict fallback in force, and what is initial when it is gone', () => {
    const { write, current, told, path } = world();
    write('1');
    expect(current()).toBe('fallback');
    rmSync(path);
    expect(current()).toBe('initial');
    expect(told).toEqual([
      unusable(
        '1',
        'There is no earlier version of it that was right, so what comes with Claudio, at its strictest, is in force until you correct it.',
      ),
      '**words.txt** is gone: what comes with Claudio counts now.',
    ]);
  });

  test('is told of anew where the transaction in which that was done came to nothing', () => {
    const { write, current, told, database } = world();
    write('1');
    expect(() =>
      database.transaction(() => {
        current();
        throw new Error('disk full');
      }),
    ).toThrow('disk full');
    expect(told.splice(0)).toHaveLength(1);
    database.transaction(() => current());
    current();
    expect(told).toHaveLength(1);
  });

  test('that was right only in a transaction that came to nothing is kept with the next look', () => {
    const { write, current, database, restart } = world();
    write('one');
    expect(() =>
      database.transaction(() => {
        current();
        throw new Error('disk full');
      }),
    ).toThrow('disk full');
    current();
    write('1');
    restart();
    expect(current()).toBe('ONE');
  });

  test('that is still being written is not told of before it has settled', () => {
    const { write, current, told, clock } = world();
    write('one');
    current();
    write('1', 300);
    expect(current()).toBe('ONE');
    expect(told).toEqual([]);
    clock.advance(1000);
    expect(current()).toBe('ONE');
    expect(told).toEqual([unusable('1')]);
  });

  test('that changes twice within one tick of the clock is not missed', () => {
    const { write, current } = world();
    write('one', 0);
    expect(current()).toBe('ONE');
    write('two', 0);
    expect(current()).toBe('TWO');
  });

  test('is not read again while it stays as it is', () => {
    const { write, current, parseCount } = world();
    write('one');
    const startMs = cpuTimeMs();
    for (let count = 0; count < 1000; count += 1) current();
    expect(parseCount()).toBe(1);
    expect((cpuTimeMs() - startMs) / 1000).toBeLessThan(1);
  });
});

describe('what stands against a file itself is told like any fault', () => {
  test('that others can write to it, until they cannot', () => {
    const { write, current, told, path } = world();
    write('one');
    current();
    for (const mode of [0o620, 0o602, 0o666]) {
      chmodSync(path, mode);
      write('two');
      expect(current()).toBe('ONE');
    }
    expect(told).toEqual([
      `**words.txt** cannot be used. Others on the machine can write to it, and so could change the rules: \`chmod 600 ${path}\` takes that away. The version before stays in force until you correct it.`,
    ]);
    chmodSync(path, 0o644);
    expect(current()).toBe('TWO');
  });

  test.runIf(process.getuid?.() === 0)('that it belongs to somebody else', () => {
    const { write, current, told, path } = world();
    write('one');
    chownSync(path, 1234, 1234);
    expect(current()).toBe('fallback');
    expect(told[0]).toContain('It belongs to another user of the machine');
  });

  test('that it may not be read', async () => {
    const { write, current, told, path } = world();
    write('one');
    chmodSync(path, 0o200);
    await unprivileged(dirname(path), () => {
      expect(current()).toBe('fallback');
      return Promise.resolve();
    });
    expect(told[0]).toContain('It cannot be read: the rights do not allow it.');
  });

  test('that it is no file, no text, or too large', () => {
    const { current, told, path, write } = world();
    mkdirSync(path);
    const longAgo = new Date(0);
    utimesSync(path, longAgo, longAgo);
    expect(current()).toBe('fallback');
    rmSync(path, { recursive: true });
    writeFileSync(path, Buffer.from([0xff, 0xfe]), { mode: 0o600 });
    utimesSync(path, longAgo, longAgo);
    expect(current()).toBe('fallback');
    write('a'.repeat(1_000_001));
    expect(current()).toBe('fallback');
    expect(told.map((text) => /cannot be used\. ([^.]+\.)/u.exec(text)?.[1])).toEqual([
      'It is not a file.',
      'It is not text in UTF-8.',
      'It is larger than a megabyte.',
    ]);
  });

  test('a link is followed, and one that leads nowhere is no file', () => {
    const { path, current, write } = world();
    const target = join(temporaryFolder(), 'elsewhere.txt');
    symlinkSync(target, path);
    expect(current()).toBe('initial');
    write('one');
    expect(statSync(target).size).toBe(3);
    expect(current()).toBe('ONE');
  });
});
