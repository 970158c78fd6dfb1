import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase, type Database } from '../../../src/platform/database/open.ts';
import { watchDatabase } from '../../../src/platform/database/watch.ts';
import { cpuTimeMs } from '../../support/cpu-time.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const EVERY_MS = 250;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A watched connection, and another one to the same database, as another process would have it. */
function watched() {
  const path = join(temporaryFolder(), 'claudio.db');
  const own = openDatabase(path);
  const other = openDatabase(path, 'share');
  onTestFinished(() => {
    own.close();
    other.close();
  });
  const onChange = vi.fn<() => void>();
  const onFault = vi.fn<(error: unknown) => void>();
  const end = watchDatabase(own, { everyMs: EVERY_MS, onChange, onFault });
  onTestFinished(end);
  const look = () => {
    vi.advanceTimersByTime(EVERY_MS);
  };
  return { own, other, onChange, onFault, end, look };
}

function write({ orm }: Database, id: string): void {
  orm.$client.prepare('INSERT INTO boots (id, started_at_ms, seen_at_ms) VALUES (?, 0, 0)').run(id);
}

test('what another connection commits is told once, however much it is', () => {
  const { other, onChange, look } = watched();
  look();
  expect(onChange).not.toHaveBeenCalled();
  write(other, 'one');
  write(other, 'two');
  look();
  look();
  expect(onChange).toHaveBeenCalledTimes(1);
  write(other, 'three');
  look();
  expect(onChange).toHaveBeenCalledTimes(2);
});

test('what the connection commits itself, what others read and what they roll back is not told', () => {
  const { own, other, onChange, look } = watched();
  write(own, 'mine');
  other.orm.$client.prepare('SELECT count(*) FROM boots').get();
  expect(() =>
    other.transaction(() => {
      write(other, 'never');
      throw new Error('no');
    }),
  ).toThrow('no');
  look();
  expect(onChange).not.toHaveBeenCalled();
});

test('a database that cannot be asked is told once, and after its end nothing is', () => {
  const { own, other, onChange, onFault, end, look } = watched();
  own.close();
  look();
  look();
  expect(onFault).toHaveBeenCalledTimes(1);
  end();
  write(other, 'late');
  look();
  expect(onChange).not.toHaveBeenCalled();
});

test('a look takes microseconds', () => {
  const { own } = watched();
  const version = own.orm.$client.prepare('PRAGMA data_version').pluck();
  const startedAtMs = cpuTimeMs();
  for (let look = 0; look < 1000; look += 1) version.get();
  // Four a second: less than a thousandth of the time, also on a machine that is busy.
  expect((cpuTimeMs() - startedAtMs) / 1000).toBeLessThan(0.25);
});
