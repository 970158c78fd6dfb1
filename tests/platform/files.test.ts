import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  createPrivateFile,
  ensurePrivateFolder,
  makePrivate,
  writePrivateFile,
} from '../../src/platform/files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const modeOf = (path: string) => statSync(path).mode & 0o777;

test('a folder is made for its owner alone, and one that is open to others is closed to them', () => {
  const folder = temporaryFolder();
  expect(modeOf(ensurePrivateFolder(join(folder, 'a', 'b')))).toBe(0o700);
  const open = join(folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o755);
  ensurePrivateFolder(open);
  expect(modeOf(open)).toBe(0o700);
});

test('a file is taken from group and others, and one that is narrower stays so', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  chmodSync(file, 0o644);
  makePrivate(file);
  expect(modeOf(file)).toBe(0o600);
  chmodSync(file, 0o400);
  makePrivate(file);
  expect(modeOf(file)).toBe(0o400);
});

test('a file is replaced as a whole and nothing is left beside it', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'file');
  writeFileSync(file, 'the old and longer text');
  chmodSync(file, 0o644);
  writePrivateFile(file, 'new\n');
  expect(readFileSync(file, 'utf8')).toBe('new\n');
  expect(modeOf(file)).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['file']);
});

test('a file that cannot be replaced leaves nothing beside it', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'file'));
  expect(() => writePrivateFile(join(folder, 'file'), 'new')).toThrow(/EISDIR/u);
  expect(readdirSync(folder)).toEqual(['file']);
});

async function* brokenOff() {
  yield Buffer.from('the first half');
  throw new Error('gone');
}

test('a new file is made for its owner alone, never in the place of another, and as a whole or not at all', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'file');
  expect(await createPrivateFile(file, Buffer.from('four'))).toBe(4);
  expect(modeOf(file)).toBe(0o600);
  await expect(createPrivateFile(file, Buffer.from('other'))).rejects.toThrow(/EEXIST/u);
  await expect(createPrivateFile(join(folder, 'half'), brokenOff())).rejects.toThrow('gone');
  expect(readdirSync(folder)).toEqual(['file']);
  expect(readFileSync(file, 'utf8')).toBe('four');
});
