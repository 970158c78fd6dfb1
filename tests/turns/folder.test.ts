import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTurnFolder, removeTurnFolders } from '../../src/turns/folder.ts';
import { testLog } from '../support/log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('each attempt at a turn has a folder of its own, for this user alone, which goes with all that is in it', async () => {
  const tempDir = temporaryFolder();
  const first = await openTurnFolder(tempDir, { turnId: 7, attempt: 1 });
  const second = await openTurnFolder(tempDir, { turnId: 7, attempt: 2 });
  expect(readdirSync(tempDir).toSorted()).toEqual(['turn-7-1', 'turn-7-2']);
  expect(statSync(first.path).mode & 0o777).toBe(0o700);
  mkdirSync(join(first.path, 'deep/er'), { recursive: true });
  writeFileSync(join(first.path, 'deep/er/file'), 'x');
  await first.remove();
  expect(readdirSync(tempDir)).toEqual(['turn-7-2']);
  await first.remove();
  await second.remove();
  expect(readdirSync(tempDir)).toEqual([]);
});

test('what was left under the same name is not there any more', async () => {
  const tempDir = temporaryFolder();
  const turn = { turnId: 1, attempt: 1 };
  writeFileSync(join((await openTurnFolder(tempDir, turn)).path, 'old'), 'x');
  const { path } = await openTurnFolder(tempDir, turn);
  expect(readdirSync(path)).toEqual([]);
});

test('the folders of turns that an earlier instance left are removed, and nothing else, not even through a link', async () => {
  const tempDir = temporaryFolder();
  const elsewhere = temporaryFolder();
  writeFileSync(join(elsewhere, 'kept'), 'x');
  const { path } = await openTurnFolder(tempDir, { turnId: 1, attempt: 1 });
  symlinkSync(elsewhere, join(path, 'link'));
  symlinkSync(elsewhere, join(tempDir, 'turn-link'));
  await openTurnFolder(tempDir, { turnId: 12, attempt: 3 });
  mkdirSync(join(tempDir, 'claudio-run-x'));
  const { log, lines } = testLog();
  await removeTurnFolders(tempDir, log);
  expect(lines).toEqual([]);
  expect(readdirSync(tempDir)).toEqual(['claudio-run-x']);
  expect(readdirSync(elsewhere)).toEqual(['kept']);
});

test('folders that may not be written in go too: some tools make their caches so', async () => {
  const { path, remove } = await openTurnFolder(temporaryFolder(), { turnId: 1, attempt: 1 });
  mkdirSync(join(path, 'cache', 'module'), { recursive: true });
  writeFileSync(join(path, 'cache', 'module', 'file'), 'x', { mode: 0o444 });
  chmodSync(join(path, 'cache', 'module'), 0o555);
  chmodSync(join(path, 'cache'), 0o000);
  await remove();
  expect(existsSync(path)).toBe(false);
});
