import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/platform/package.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { claudio } from './claudio.ts';

function line(number: number, level = 'info'): string {
  const time = new Date(Date.UTC(2026, 0, 15, 12) + number * 1000).toISOString();
  return JSON.stringify({ level, time, turn: number, event: 'turn.started' });
}

/** A home with a log of so many lines, every tenth a warning. */
function homeWithLog(count: number) {
  const HOME = temporaryFolder();
  mkdirSync(join(HOME, '.claudio'), { mode: 0o700 });
  const path = join(HOME, '.claudio', 'claudio.log');
  const lines = Array.from({ length: count }, (_, index) =>
    line(index + 1, (index + 1) % 10 === 0 ? 'warn' : 'info'),
  );
  writeFileSync(path, lines.map((one) => `${one}\n`).join(''));
  return { path, lines, env: { HOME, PATH: '/usr/bin:/bin' } };
}

test('it prints the last fifty lines, readable and without colours where nobody looks', async () => {
  const { env } = homeWithLog(70);
  const { code, stdout, stderr } = await claudio(['log'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const printed = stdout.trimEnd().split('\n');
  expect(printed).toHaveLength(50);
  expect(printed.at(-1)).toMatch(/^2026-01-15 \d\d:\d\d:10 ⚠ turn\.started {11}turn=70$/u);
  expect(stdout).not.toContain('\u001B');
});

test('a level, a turn, a number of lines and JSON can be asked for', async () => {
  const { env, lines } = homeWithLog(70);
  const warnings = await claudio(['log', '--level', 'warn', '-n', '2', '--json'], env);
  expect(warnings.stdout).toBe(`${lines[59]}\n${lines[69]}\n`);
  const turn = await claudio(['log', '--turn', '7', '--json'], env);
  expect(turn.stdout).toBe(`${lines[6]}\n`);
});

test('an unknown level, a number that is none, and no log yet, are sentences and 1', async () => {
  const { env } = homeWithLog(1);
  const level = await claudio(['log', '--level', 'loud'], env);
  expect(level).toEqual({
    code: 1,
    stdout: '',
    stderr: 'There is no level loud.\nThe levels are debug, info, warn, error.\n',
  });
  expect((await claudio(['log', '-n', 'many'], env)).code).toBe(1);
  const none = await claudio(['log', '-f'], { ...env, HOME: temporaryFolder() });
  expect(none).toMatchObject({ code: 1, stdout: '' });
  expect(none.stderr).toMatch(
    /^There is no log yet: .*claudio\.log is not there\.\n.*claudio start/u,
  );
});

test('it follows the log until Ctrl-C, and ends with 0', async () => {
  const { env, path } = homeWithLog(3);
  const child = follow(env);
  let printed = '';
  const until = (wanted: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (printed.includes(wanted)) resolve();
      };
      child.stdout.on('data', look);
      look();
    });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  const exit = once(child, 'exit');
  await until('turn=3\n');
  appendFileSync(path, `${line(4)}\n`);
  await until('turn=4\n');
  child.kill('SIGINT');
  expect(await exit).toEqual([0, null]);
});

test('it ends quietly when nobody reads it any more', async () => {
  const { env, path } = homeWithLog(2000);
  const child = follow(env, ['-n', '2000']);
  const complaint = text(child.stderr);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const exit = once(child, 'exit');
  // It learns of that when it has something to say.
  const saying = setInterval(() => appendFileSync(path, `${line(1)}\n`), 50);
  onTestFinished(() => clearInterval(saying));
  expect(await exit).toEqual([0, null]);
  expect(await complaint).toBe('');
});

function follow(env: Record<string, string>, args: readonly string[] = []) {
  const program = join(packageRoot(), 'dist/src/bin.js');
  const child = spawn(process.execPath, [program, 'log', '-f', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
