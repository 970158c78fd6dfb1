import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot, packageVersion } from '../../src/platform/package.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { claudio } from './claudio.ts';

/** The program in a folder of its own. */
function installation() {
  const userHome = temporaryFolder();
  const root = join(userHome, 'claudio');
  for (const name of ['dist', 'package.json', 'migrations', 'deploy']) {
    cpSync(join(packageRoot(), name), join(root, name), { recursive: true });
  }
  symlinkSync(join(packageRoot(), 'node_modules'), join(root, 'node_modules'));
  const environment = { HOME: userHome, PATH: '/usr/bin:/bin' };
  const git = (cwd: string, ...args: readonly string[]): void => {
    const who = ['-c', 'user.name=Nobody', '-c', 'user.email=nobody@example.com'];
    const { status, stderr } = spawnSync('git', [...who, ...args], {
      cwd,
      encoding: 'utf8',
      env: environment,
    });
    if (status !== 0) throw new Error(stderr);
  };
  return { userHome, root, environment, git };
}

test('an installation that is no git checkout cannot update itself, and says what to do', async () => {
  const { root, environment } = installation();
  for (const args of [['update'], ['update', '--check']]) {
    expect(await claudio(args, environment, '', root)).toEqual({
      code: 1,
      stdout: '',
      stderr: `Claudio in ${root} is no git checkout, so it cannot update itself.\nBring the new release in the way this one came, or clone Claudio anew with git.\n`,
    });
  }
});

test('--check works before anything is set up, tells of a newer release, and changes no file', async () => {
  const { userHome, root, environment, git } = installation();
  const origin = join(userHome, 'origin');
  git(userHome, 'init', '--quiet', origin);
  git(origin, 'commit', '--quiet', '--allow-empty', '--message', 'a release');
  git(origin, 'tag', 'v99.0.0');
  git(root, 'init', '--quiet');
  git(root, 'remote', 'add', 'origin', origin);
  const check = (...args: readonly string[]) =>
    claudio(['update', '--check', ...args], environment, '', root);
  expect(await check()).toEqual({
    code: 0,
    stdout: `Claudio 99.0.0 is there; this is ${packageVersion()}. \`claudio update\` brings it.\n`,
    stderr: '',
  });
  expect(JSON.parse((await check('--json')).stdout)).toEqual({
    version: packageVersion(),
    available: '99.0.0',
  });
  git(origin, 'tag', '--delete', 'v99.0.0');
  git(root, 'tag', '--delete', 'v99.0.0');
  expect(await check()).toMatchObject({
    code: 0,
    stdout: `No release is out yet; this is Claudio ${packageVersion()}.\n`,
  });
  git(origin, 'tag', `v${packageVersion()}`);
  expect(await check()).toMatchObject({
    code: 0,
    stdout: `✔ Claudio ${packageVersion()} is the newest release.\n`,
  });
  rmSync(origin, { recursive: true });
  const cut = await check();
  expect(cut).toMatchObject({ code: 69, stdout: '' });
  expect(cut.stderr).toMatch(
    /^The releases cannot be fetched: exit code 128: .*\nSee that the network/u,
  );
});
