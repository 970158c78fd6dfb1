import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockHome } from '../../src/platform/home-lock.ts';
import { packageRoot } from '../../src/platform/package.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a home has one owner, until it lets go', () => {
  const home = temporaryFolder();
  const lock = lockHome(home);
  expect(() => lockHome(home)).toThrow(/already runs/u);
  lock.release();
  lockHome(home).release();
});

test('a process that is killed leaves no lock behind', async () => {
  const home = temporaryFolder();
  const module = join(packageRoot(), 'src/platform/home-lock.ts');
  const holder = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { lockHome } from ${JSON.stringify(module)}; globalThis.lock = lockHome(process.argv[1]); console.log('locked'); setInterval(() => {}, 1000);`,
      home,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  expect(() => lockHome(home)).toThrow(/already runs/u);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  lockHome(home).release();
});
