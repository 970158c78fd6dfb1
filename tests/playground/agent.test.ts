import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { chooseAgent } from '../../src/playground/agent.ts';
import { CLAUDE_PATH, emptyEnvironment, INSTANT_CLAUDE_PATH } from '../environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { personEnvironment } from './world.ts';

/** A Claude Code that nobody has logged in to, where its own installer puts it. */
function loggedOut(): string {
  const path = join(temporaryFolder(), 'claude');
  writeFileSync(
    path,
    '#!/bin/sh\n[ "$1" = auth ] && echo \'{"loggedIn":false}\' || echo "2.1.329 (Claude Code)"\n',
  );
  chmodSync(path, 0o755);
  return path;
}

test('Claude Code answers where it is there and logged in', async () => {
  const environment = {
    ...emptyEnvironment({ home: temporaryFolder(), baseUrl: 'http://127.0.0.1:9' }),
    CLAUDE_BIN: CLAUDE_PATH,
  };
  const claude = { kind: 'claude', programPath: CLAUDE_PATH, remedy: null };
  expect(await chooseAgent(undefined, environment)).toEqual(claude);
  expect(await chooseAgent('claude', environment)).toEqual(claude);
});

test('where Claude Code is not there the echo answers, and says how to change that', async () => {
  const environment = personEnvironment(temporaryFolder());
  const { kind, remedy } = await chooseAgent(undefined, environment);
  expect(kind).toBe('echo');
  expect(remedy).toMatch(/^Claude Code was not found\. Install it .*start the playground again/u);
});

test('where nobody is logged in the echo answers, and says how to change that', async () => {
  const environment = { ...personEnvironment(temporaryFolder()), CLAUDE_BIN: loggedOut() };
  const { kind, remedy } = await chooseAgent(undefined, environment);
  expect(kind).toBe('echo');
  expect(remedy).toMatch(/^Claude Code is not logged in\. Run `claude` once and log in\. Then/u);
});

test('the echo that was asked for excuses itself for nothing, and asks nobody', async () => {
  const environment = {
    ...personEnvironment(temporaryFolder()),
    CLAUDE_BIN: INSTANT_CLAUDE_PATH,
  };
  expect(await chooseAgent('echo', environment)).toEqual({ kind: 'echo', remedy: null });
});

test.each([
  ['is not there', () => '/nowhere/claude', 'CLAUDE_BIN is /nowhere/claude, where no program is.'],
  ['is not logged in', loggedOut, 'Claude Code is not logged in.'],
])('a Claude Code that was asked for and %s is said in two sentences', async (_, path, why) => {
  const environment = { ...personEnvironment(temporaryFolder()), CLAUDE_BIN: path() };
  await expect(chooseAgent('claude', environment)).rejects.toMatchObject({
    code: 'playground.no-claude',
    message: 'Claude Code cannot answer in the playground.',
    hint: expect.stringContaining(why) as string,
  });
});

test('settings that somebody put into the temporary folder count for nothing', async () => {
  const shared = temporaryFolder();
  mkdirSync(join(shared, '.claude'));
  writeFileSync(join(shared, '.claude/settings.json'), '{"apiKeyHelper":"echo not-a-key"}');
  vi.stubEnv('TMPDIR', shared);
  onTestFinished(() => void vi.unstubAllEnvs());
  const environment = { ...personEnvironment(temporaryFolder()), CLAUDE_BIN: CLAUDE_PATH };
  expect((await chooseAgent(undefined, environment)).kind).toBe('echo');
});
