import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isWithin, resolveFolder } from '../../src/policy/folders.ts';
import { isProjectName } from '../../src/policy/projects.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function place() {
  const base = realpathSync(temporaryFolder());
  const user = join(base, 'user');
  const home = join(user, '.claudio');
  mkdirSync(join(user, 'code', 'app'), { recursive: true });
  mkdirSync(join(home, 'tmp'), { recursive: true });
  mkdirSync(join(base, 'user-of-another'));
  writeFileSync(join(user, 'file'), '');
  const bounds = { home, roots: [user] };
  const link = (target: string): string => {
    const path = join(user, `link-${target.replaceAll('/', '_')}`);
    symlinkSync(target, path);
    return path;
  };
  return { base, user, home, bounds, link, resolve: (path: string) => resolveFolder(path, bounds) };
}

test('a folder within the roots is what it really is, after all links', () => {
  const { user, resolve, link } = place();
  const app = join(user, 'code', 'app');
  expect(resolve(app)).toEqual({ kind: 'ok', path: app });
  expect(resolve(`${user}/code/../code/./app/`)).toEqual({ kind: 'ok', path: app });
  expect(resolve(link('code/app'))).toEqual({ kind: 'ok', path: app });
  expect(resolve(user)).toEqual({ kind: 'ok', path: user });
});

test('a link to /, to another’s folder or to a folder beside is outside, wherever the link is', () => {
  const { base, user, resolve, link } = place();
  expect(resolve(link('/'))).toEqual({ kind: 'outside' });
  expect(resolve(link('..'))).toEqual({ kind: 'outside' });
  expect(resolve(link('../user-of-another'))).toEqual({ kind: 'outside' });
  // Not a part of the name only.
  expect(resolve(join(base, 'user-of-another'))).toEqual({ kind: 'outside' });
  expect(resolve(`${user}/..`)).toEqual({ kind: 'outside' });
  symlinkSync('link-_', join(user, 'chain'));
  expect(resolve(join(user, 'chain', 'etc'))).toEqual({ kind: 'outside' });
  expect(resolve('/')).toEqual({ kind: 'outside' });
});

test('Claudio’s own folder and what is in it is nobody’s to work in, under whatever name', () => {
  const { home, resolve, link } = place();
  expect(resolve(home)).toEqual({ kind: 'own' });
  expect(resolve(join(home, 'tmp'))).toEqual({ kind: 'own' });
  expect(resolve(link('.claudio/tmp'))).toEqual({ kind: 'own' });
});

test('what is not there, is no folder or goes round in circles is told apart', () => {
  const { user, resolve, link } = place();
  expect(resolve(join(user, 'nowhere'))).toEqual({ kind: 'missing' });
  expect(resolve(join(user, 'file'))).toEqual({ kind: 'no-folder' });
  expect(resolve(join(user, 'file', 'x'))).toEqual({ kind: 'missing' });
  expect(resolve(link('nothing-there'))).toEqual({ kind: 'missing' });
  symlinkSync('loop', join(user, 'loop'));
  expect(resolve(join(user, 'loop'))).toEqual({ kind: 'unreadable' });
});

test('a root may be a link itself, and one that is not there lets nothing in', () => {
  const { base, user, home, link } = place();
  const app = join(user, 'code', 'app');
  const roots = [join(base, 'nowhere'), link('code')];
  expect(resolveFolder(app, { home, roots })).toEqual({ kind: 'ok', path: app });
  expect(resolveFolder(user, { home, roots })).toEqual({ kind: 'outside' });
  expect(resolveFolder(app, { home, roots: [] })).toEqual({ kind: 'outside' });
});

test('everything is within /', () => {
  expect(isWithin('/etc', '/')).toBe(true);
  expect(isWithin('/', '/')).toBe(true);
  expect(isWithin('/', '/etc')).toBe(false);
});

test.each([
  ['app', true],
  ['a', true],
  ['0-a_b', true],
  [`a${'b'.repeat(31)}`, true],
  [`a${'b'.repeat(32)}`, false],
  ['', false],
  ['-a', false],
  ['App', false],
  ['a b', false],
  ['a/b', false],
  ['a\n', false],
  ['ä', false],
  ['none', false],
])('%j may be the name of a project: %j', (name, isOne) => {
  expect(isProjectName(name)).toBe(isOne);
});
