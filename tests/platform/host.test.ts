import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createHost } from '../../src/platform/host.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function program(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

test('a program is found on PATH first, then in the usual places, and looked for anew each time', () => {
  const folder = temporaryFolder();
  const host = createHost({ HOME: folder, PATH: `relative:${folder}/bin` });
  expect(host.locate('sh')).toMatch(/^\/(?:usr\/)?bin\/sh$/u);
  expect(host.locate('made-up-program')).toBeNull();
  const made = program(join(folder, 'bin'), 'made-up-program', 'true');
  expect(host.locate('made-up-program')).toBe(made);
  chmodSync(made, 0o644);
  expect(host.locate('made-up-program')).toBeNull();
  mkdirSync(join(folder, 'bin', 'a-folder'));
  expect(host.locate('a-folder')).toBeNull();
});

test('what it runs sees the machine’s surroundings and no setting of Claudio', async () => {
  const HOME = temporaryFolder();
  const host = createHost(
    {
      HOME,
      PATH: '/usr/bin:/bin',
      LANG: 'C.UTF-8',
      TELEGRAM_BOT_TOKEN: '1:test-token',
      TUNNEL_NAME: 'claudio',
      WEBHOOK_SECRET: 'secret',
      CLAUDIO_HOME: '/somewhere',
    },
    'linux',
  );
  const outcome = await host.run('env', [], { env: { MADE_UP: '1' } });
  expect(outcome).toMatchObject({ kind: 'exited', code: 0 });
  const seen = outcome.kind === 'exited' ? outcome.stdout.split('\n') : [];
  expect(seen).toEqual(
    expect.arrayContaining([
      `HOME=${HOME}`,
      'LANG=C.UTF-8',
      'MADE_UP=1',
      `XDG_RUNTIME_DIR=/run/user/${host.userId}`,
    ]),
  );
  expect(seen.join('\n')).not.toMatch(/TELEGRAM|TUNNEL|WEBHOOK|CLAUDIO/u);
});

test('arguments reach a program as they are: no shell reads them', async () => {
  const HOME = temporaryFolder();
  const host = createHost({ HOME, PATH: '/usr/bin:/bin' });
  const folder = join(HOME, `a "b" 'c' $(d)`);
  const print = program(folder, 'print', String.raw`printf '%s\n' "$@"; pwd`);
  const outcome = await host.run(print, ['$HOME', '; exit 9', '`id`', "it's"], { cwd: HOME });
  expect(outcome).toMatchObject({ stdout: ['$HOME', '; exit 9', '`id`', "it's", HOME].join('\n') });
});

test('a program that is not there is an outcome, and so is one that hangs', async () => {
  const host = createHost({ HOME: temporaryFolder(), PATH: '/usr/bin:/bin' });
  expect(await host.run('made-up-program', [])).toEqual({
    kind: 'not-started',
    reason: 'made-up-program is not installed',
  });
  expect(await host.run('sleep', ['60'], { limitMs: 200 })).toMatchObject({ kind: 'killed' });
});

test('who one is comes from the environment, else from the system', () => {
  const HOME = temporaryFolder();
  expect(createHost({ HOME, USER: 'someone' }).userName).toBe('someone');
  expect(createHost({ HOME, LOGNAME: 'another' }).userName).toBe('another');
  expect(createHost({ HOME }).userName).not.toBe('');
  expect(createHost({}).userHome).toMatch(/^\//u);
  expect(() => createHost({ HOME: 'relative' })).toThrow('HOME must be the absolute path');
});
