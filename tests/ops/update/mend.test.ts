import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { foldersOf, keepOld, mendInstallation } from '../../../src/ops/update/mend.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function put(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

function release(version: string, own: string): Record<string, string> {
  return {
    'package.json': JSON.stringify({ version, files: ['dist'] }),
    'dist/src/bin.js': version,
    [`dist/src/${own}.js`]: version,
    [`dist/${own}/deep.js`]: version,
    'node_modules/marker': version,
  };
}

/** An installation of release 1, with release 2 beside it. */
function installation() {
  const root = temporaryFolder();
  const folders = foldersOf(root);
  put(root, release('1', 'one'));
  put(folders.stage, release('2', 'two'));
  keepOld(root);
  const journal = (state: string, pid: number): void => {
    writeFileSync(folders.journal, JSON.stringify({ state, pid, more: 'kept' }));
  };
  const read = (name: string) => readFileSync(join(root, name), 'utf8');
  const has = (name: string) => {
    try {
      return read(name) !== '';
    } catch {
      return false;
    }
  };
  return { root, folders, journal, read, has };
}

/** No process has it: it is above what Linux and macOS give. */
const NOBODY = 2 ** 30;

test('without an update under way nothing is done', () => {
  const { root, read, journal } = installation();
  expect(mendInstallation(root)).toBe('whole');
  for (const state of ['staging', 'stopping', 'trying', 'swapped', 'gone-back']) {
    journal(state, NOBODY);
    expect(mendInstallation(join(root, 'dist/src'))).toBe('whole');
  }
  expect(read('dist/src/bin.js')).toBe('1');
});

test('an exchange that was cut off is completed, forward and back, and then it is whole', () => {
  const { root, read, has, journal, folders } = installation();
  journal('swapping', NOBODY);
  expect(mendInstallation(join(root, 'dist/src'))).toBe('mended');
  expect(JSON.parse(readFileSync(folders.journal, 'utf8'))).toMatchObject({
    state: 'swapped',
    more: 'kept',
  });
  expect([read('dist/src/bin.js'), read('node_modules/marker')]).toEqual(['2', '2']);
  expect([has('dist/src/two.js'), has('dist/src/one.js'), has('dist/one/deep.js')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(mendInstallation(root)).toBe('whole');

  journal('going-back', NOBODY);
  expect(mendInstallation(root)).toBe('mended');
  expect([read('dist/src/bin.js'), read('node_modules/marker')]).toEqual(['1', '1']);
  expect(JSON.parse(read('package.json'))).toMatchObject({ version: '1' });
  expect([has('dist/src/two.js'), has('dist/src/one.js'), has('dist/one/deep.js')]).toEqual([
    false,
    true,
    true,
  ]);
});

test('an exchange that another process is at is left to it, until that is too long ago to be true', () => {
  const { root, read, journal, folders } = installation();
  journal('swapping', process.ppid);
  expect(mendInstallation(root)).toBe('under-way');
  expect(read('dist/src/bin.js')).toBe('1');
  const longAgo = new Date(Date.now() - 120_000);
  utimesSync(folders.journal, longAgo, longAgo);
  expect(mendInstallation(root)).toBe('mended');
  expect(read('dist/src/bin.js')).toBe('2');
});
