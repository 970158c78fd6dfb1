import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/platform/package.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const LAUNCHER = join(packageRoot(), 'deploy/claudio');
const SHELLCHECK = ['/usr/bin/shellcheck', '/usr/local/bin/shellcheck'].find((path) =>
  existsSync(path),
);

/** An installation whose Node only says what it was asked to run. */
function installation(options: { readonly name?: string; readonly hasNode?: boolean } = {}) {
  const root = join(temporaryFolder(), options.name ?? 'claudio');
  const node = join(root, 'node_modules/.bin/node');
  for (const folder of ['deploy', 'dist/src', 'node_modules/.bin']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  copyFileSync(LAUNCHER, join(root, 'deploy/claudio'));
  writeFileSync(join(root, 'dist/src/bin.js'), '');
  if (options.hasNode !== false) makeNode(node, 'own');
  return { root, launcher: join(root, 'deploy/claudio') };
}

function makeNode(path: string, name: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\nprintf '%s|' '${name}' "$$" "$@"\n`);
  chmodSync(path, 0o755);
}

function run(file: string, args: readonly string[] = [], path = '/usr/bin:/bin') {
  const { status, stdout, stderr, pid } = spawnSync(file, args, {
    env: { PATH: path },
    encoding: 'utf8',
  });
  return { status, words: stdout.split('|').slice(0, -1), stderr, pid };
}

test('the launcher may be run', () => {
  expect(statSync(LAUNCHER).mode & 0o111).toBe(0o111);
});

test.each(['claudio', 'with space', `it's "odd" $HOME \\`, '-n'])(
  'from a folder named %j, the Node of the installation replaces the launcher and gets every word',
  (name) => {
    const { root, launcher } = installation({ name });
    const { words, pid, stderr } = run(launcher, ['ask', 'two words', '', '*']);
    expect(stderr).toBe('');
    const program = join(root, 'dist/src/bin.js');
    expect(words).toEqual(['own', String(pid), program, 'ask', 'two words', '', '*']);
  },
);

test('it finds its folder through links to links, absolute and relative ones', () => {
  const { root, launcher } = installation({ name: 'the program' });
  const home = temporaryFolder();
  mkdirSync(join(home, 'a b/bin'), { recursive: true });
  symlinkSync(launcher, join(home, 'a b/first'));
  symlinkSync('../first', join(home, 'a b/bin/claudio'));
  symlinkSync('a b/bin', join(home, 'folder'));
  const { words } = run(join(home, 'folder/claudio'), ['status']);
  expect(words.slice(2)).toEqual([join(root, 'dist/src/bin.js'), 'status']);
});

test('without a Node of its own it takes the one on PATH, and without any it says what to do', () => {
  const { root, launcher } = installation({ hasNode: false });
  const folder = temporaryFolder();
  makeNode(join(folder, 'node'), 'on PATH');
  expect(run(launcher, ['x'], `${folder}:/usr/bin:/bin`).words[0]).toBe('on PATH');
  const bare = temporaryFolder();
  for (const program of ['sh', 'dirname', 'readlink', 'printf']) {
    symlinkSync(`/usr/bin/${program}`, join(bare, program));
  }
  const { status, stderr } = run(launcher, [], bare);
  expect(status).toBe(1);
  expect(stderr).toBe(
    `Claudio needs Node, and there is none on your PATH.\nRun \`npm ci\` in ${root}, or install Node 22.19 or newer.\n`,
  );
});

test('where nothing is built yet, it says so', () => {
  const { root, launcher } = installation();
  writeFileSync(join(root, 'package.json'), '{}');
  const empty = join(temporaryFolder(), 'deploy/claudio');
  mkdirSync(dirname(empty));
  copyFileSync(launcher, empty);
  const { status, stderr } = run(empty);
  expect(status).toBe(1);
  expect(stderr).toContain('Claudio is not built yet.\nRun `npm ci` in ');
});

test('the real program runs through it', () => {
  const { status, stdout } = spawnSync(LAUNCHER, ['version'], {
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/u),
  });
});

test.runIf(SHELLCHECK !== undefined)('shellcheck finds nothing wrong with it', () => {
  const { stdout, status } = spawnSync(SHELLCHECK ?? '', ['--shell=sh', LAUNCHER], {
    encoding: 'utf8',
  });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});
