import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openRotatingFile, rotateFile } from '../../src/platform/rotating-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The generations of a file, the oldest first, each as the text that it was. */
function generationsOf(path: string): readonly string[] {
  return [5, 4, 3, 2, 1].flatMap((generation) => {
    const name = `${path}.${generation}`;
    if (existsSync(`${name}.gz`)) return [gunzipSync(readFileSync(`${name}.gz`)).toString()];
    return existsSync(name) ? [readFileSync(name, 'utf8')] : [];
  });
}

const everything = (path: string): string =>
  generationsOf(path).join('') + readFileSync(path, 'utf8');

/** Waits until nothing is left to be compressed. */
const compressed = (path: string) =>
  vi.waitFor(
    () => {
      const names = readdirSync(join(path, '..'));
      expect(names.filter((name) => /\.\d$|\.tmp$/u.test(name))).toEqual([]);
    },
    { timeout: 10_000, interval: 5 },
  );

function opened(path: string, maxBytes = 1000, keptCount = 5) {
  const errors: string[] = [];
  const file = openRotatingFile({ path, maxBytes, keptCount }, (error) =>
    errors.push(error.message),
  );
  onTestFinished(() => file.close());
  return { file, errors };
}

const long = (number: number): string => `${number}:${'x'.repeat(3990)}\n`;
const line = (number: number): string => `line ${String(number).padStart(4, '0')}\n`;

test('what is written is in the file at once, and nobody else may read it', () => {
  const path = join(temporaryFolder(), 'claudio.log');
  writeFileSync(path, line(0), { mode: 0o644 });
  const { file } = opened(path);
  file.write(line(1));
  expect(readFileSync(path, 'utf8')).toBe(line(0) + line(1));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('it never grows beyond the bound, keeps the last five generations, and loses no line between', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  const { file, errors } = opened(path);
  // 100 lines a generation, in one go: no compression comes to its turn before the last of them.
  for (let number = 1; number <= 950; number += 1) {
    file.write(line(number));
    if (number % 100 === 50) expect(statSync(path).size).toBeLessThanOrEqual(1000);
  }
  await compressed(path);
  expect(readdirSync(join(path, '..')).toSorted()).toEqual([
    'claudio.log',
    ...[1, 2, 3, 4, 5].map((generation) => `claudio.log.${generation}.gz`),
  ]);
  const kept = Array.from({ length: 550 }, (_, index) => line(401 + index)).join('');
  expect(everything(path)).toBe(kept);
  for (const generation of [1, 5]) {
    expect(statSync(`${path}.${generation}.gz`).mode & 0o777).toBe(0o600);
  }
  expect(errors).toEqual([]);
});

test('rotations in the middle of a compression leave every generation in its place', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  const { file } = opened(path, 400_000);
  for (let number = 1; number <= 550; number += 1) {
    file.write(long(number));
    // Lets compressions begin, and not end.
    if (number % 40 === 0) await new Promise(setImmediate);
  }
  await compressed(path);
  expect(everything(path)).toBe(Array.from({ length: 550 }, (_, at) => long(at + 1)).join(''));
});

test('a line larger than the bound is written all the same', () => {
  const path = join(temporaryFolder(), 'claudio.log');
  const { file } = opened(path);
  const giant = `${'x'.repeat(3000)}\n`;
  file.write(giant);
  file.write(line(1));
  expect(readFileSync(path, 'utf8')).toBe(line(1));
  expect(generationsOf(path)).toEqual([giant]);
});

test('what a crash left half-done is finished at the next opening', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  // It died between the two renames of a compression, and in another one before the first.
  writeFileSync(`${path}.1`, 'the last\n');
  writeFileSync(`${path}.2`, 'the one before\n');
  writeFileSync(`${path}.2.gz`, gzipSync('the one before\n'));
  writeFileSync(`${path}.0123456789ab.gz.tmp`, 'half of');
  writeFileSync(path, 'cut sho');
  const { file } = opened(path);
  file.write(line(1));
  await compressed(path);
  expect(generationsOf(path)).toEqual(['the one before\n', 'the last\n']);
  expect(readFileSync(path, 'utf8')).toBe(`cut sho\n${line(1)}`);
});

test('a file that is removed or moved away is begun anew, and the other one is left alone', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  const now = vi.spyOn(performance, 'now');
  onTestFinished(() => now.mockRestore());
  const { file, errors } = opened(path);
  file.write(line(1));
  rmSync(path);
  now.mockReturnValue(1e12);
  file.write(line(2));
  expect(readFileSync(path, 'utf8')).toBe(line(2));
  renameSync(path, `${path}.moved`);
  now.mockReturnValue(2e12);
  file.write(line(3));
  expect(readFileSync(path, 'utf8')).toBe(line(3));
  expect(readFileSync(`${path}.moved`, 'utf8')).toBe(line(2));
  expect(errors).toEqual([]);
});

test('a file that cannot be opened is told once, and written to as soon as it can be', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'later', 'claudio.log');
  writeFileSync(join(folder, 'later'), 'a file stands in the way');
  const { file, errors } = opened(path);
  file.write(line(1));
  file.write(line(2));
  expect(errors).toEqual([expect.stringContaining('ENOTDIR')]);
  rmSync(join(folder, 'later'));
  mkdirSync(join(folder, 'later'));
  file.write(line(3));
  expect(readFileSync(path, 'utf8')).toBe(line(3));
});

test('a full disk throws nothing, is told once, and leaves no broken line once there is room', () => {
  const path = join(temporaryFolder(), 'claudio.log');
  const module = join(import.meta.dirname, '../../src/platform/rotating-file.ts');
  // The system refuses to let a file grow beyond so many blocks of 512 bytes, as it does on a full disk.
  const program = `
    const { openRotatingFile } = await import(${JSON.stringify(module)});
    const file = openRotatingFile(
      { path: ${JSON.stringify(path)}, maxBytes: 100_000, keptCount: 5 },
      (error) => console.log(error.code),
    );
    for (let number = 0; number < 20; number += 1) file.write('x'.repeat(99) + '\\n');
    file.close();
  `;
  const { stdout, stderr, status } = spawnSync(
    'sh',
    [
      '-c',
      'ulimit -f 2 && exec "$@"',
      'sh',
      process.execPath,
      '--input-type=module',
      '-e',
      program,
    ],
    { encoding: 'utf8' },
  );
  expect({ stdout, stderr, status }).toEqual({ stdout: 'EFBIG\n', stderr: '', status: 0 });
  const cut = readFileSync(path, 'utf8');
  expect(cut.length % 100).toBe(24);
  const { file } = opened(path, 100_000);
  file.write(line(1));
  expect(readFileSync(path, 'utf8')).toBe(`${cut}\n${line(1)}`);
});

test('where it cannot be rotated it grows on, and no line is lost', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'claudio.log');
  // A folder stands where the last generation should go, and nothing removes that.
  mkdirSync(`${path}.1`);
  mkdirSync(`${path}.5`);
  const { file, errors } = opened(path);
  for (let number = 1; number <= 150; number += 1) file.write(line(number));
  expect(readFileSync(path, 'utf8')).toBe(
    Array.from({ length: 150 }, (_, index) => line(index + 1)).join(''),
  );
  expect(errors).toHaveLength(1);
});

test('after it was closed nothing is written, and nothing of it is under way', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  const { file } = opened(path, 100_000);
  const giant = `${'x'.repeat(99_990)}\n`;
  file.write(giant);
  file.write(giant);
  file.close();
  file.write('too late\n');
  file.close();
  expect(readFileSync(path, 'utf8')).toBe(giant);
  const again = opened(path, 100_000);
  await compressed(path);
  expect(generationsOf(path)).toEqual([giant]);
  expect(again.errors).toEqual([]);
});

test('a file that nobody holds is rotated by its name; one below the bound is left', async () => {
  const path = join(temporaryFolder(), 'service.log');
  const options = { path, maxBytes: 1000, keptCount: 5 };
  expect(await rotateFile(options, false)).toBe(false);
  writeFileSync(path, 'x'.repeat(1000));
  expect(await rotateFile(options, false)).toBe(false);
  appendFileSync(path, 'y');
  expect(await rotateFile(options, false)).toBe(true);
  expect(existsSync(path)).toBe(false);
  expect(generationsOf(path)).toEqual([`${'x'.repeat(1000)}y`]);
});

test('a file that a program holds open is copied and emptied, and the program goes on in it', async () => {
  const path = join(temporaryFolder(), 'service.log');
  const held = openSync(path, 'a', 0o600);
  writeSync(held, 'x'.repeat(1001));
  expect(await rotateFile({ path, maxBytes: 1000, keptCount: 5 }, true)).toBe(true);
  writeSync(held, 'goes on\n');
  expect(readFileSync(path, 'utf8')).toBe('goes on\n');
  expect(generationsOf(path)).toEqual(['x'.repeat(1001)]);
});
