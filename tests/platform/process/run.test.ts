import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeRun, run } from '../../../src/platform/process/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const LIMIT_MS = 20_000;

function shell(script: string, stdin = '') {
  return {
    file: '/bin/sh',
    args: ['-c', script],
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdin,
  };
}

test('a program is run to its end, and everything about it is told', async () => {
  const outcome = await run(shell('cat; echo more; echo oh >&2; exit 3', 'given\n'), LIMIT_MS);
  expect(outcome).toEqual({ kind: 'exited', code: 3, stdout: 'given\nmore', stderr: 'oh' });
  expect(describeRun(outcome)).toBe('exit code 3: oh');
});

test('its lines are told as they come', async () => {
  const seen: string[] = [];
  await run(shell('echo one; echo two'), LIMIT_MS, { onLine: (line) => seen.push(line) });
  expect(seen).toEqual(['one', 'two']);
});

test('one that takes too long is killed, and its last words are kept', async () => {
  const outcome = await run(shell('echo waiting >&2; exec sleep 60'), 2000);
  expect(outcome).toEqual({
    kind: 'killed',
    reason: 'it did not end within 2 s',
    stderr: 'waiting',
  });
  expect(describeRun(outcome)).toBe('it did not end within 2 s: waiting');
});

test('one that is broken off is killed, and one that was before it began is not begun', async () => {
  const mark = join(temporaryFolder(), 'ran');
  const stop = new AbortController();
  const running = run(shell('echo begun; exec sleep 60'), LIMIT_MS, {
    signal: stop.signal,
    onLine: () => stop.abort(),
  });
  expect(await running).toMatchObject({ kind: 'killed', reason: 'it was stopped' });
  const never = await run(shell(`touch ${mark}`), LIMIT_MS, { signal: stop.signal });
  expect(never).toEqual({ kind: 'not-started', reason: 'stopped before it began' });
  expect(existsSync(mark)).toBe(false);
});

test('one that was killed by others, and one that is not there, are told apart', async () => {
  expect(await run(shell('kill -9 $$'), LIMIT_MS)).toMatchObject({
    kind: 'killed',
    reason: 'it was ended by SIGKILL',
  });
  const missing = await run({ ...shell(''), file: '/no/such/program' }, LIMIT_MS);
  expect(missing.kind).toBe('not-started');
  expect(describeRun(missing)).toContain('ENOENT');
});
