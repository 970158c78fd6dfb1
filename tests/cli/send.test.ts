import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { tryLock } from '../../src/platform/lock-file.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { readDatabase } from '../e2e/inspect.ts';
import { emptyEnvironment } from '../environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { claudio } from './claudio.ts';

/** A home that is set up, on which no service runs. */
function restingHome() {
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  mkdirSync(home);
  openDatabase(join(home, 'claudio.db')).close();
  const environment = {
    ...emptyEnvironment({ home: userHome, baseUrl: 'http://127.0.0.1:9' }),
    PORT: '1',
    TELEGRAM_BOT_TOKEN: '1:test-token',
    TELEGRAM_CHAT_ID: '42',
    TELEGRAM_API_ROOT: 'http://127.0.0.1:9',
  };
  const waiting = () => readDatabase(home).query.deliveries.findMany().sync();
  return { userHome, home, environment, waiting };
}

test('while the service is down a message is kept for its next start, and that is told', async () => {
  const { environment, waiting } = restingHome();
  expect(await claudio(['send', '*Good* morning'], environment)).toEqual({
    code: 0,
    stdout: '⚠ Kept: the service is not running, and sends it when it starts.\n',
    stderr: '',
  });
  expect(waiting()).toMatchObject([
    { status: 'pending', turnId: null, part: { kind: 'text', text: 'Good morning' } },
  ]);
});

test('the text comes through standard input where there is none, or where it is -', async () => {
  const { environment, waiting } = restingHome();
  expect((await claudio(['send'], environment, 'from a pipe\n')).code).toBe(0);
  expect((await claudio(['send', '-'], environment, 'from another\n')).code).toBe(0);
  expect(waiting().map(({ part }) => part['text'])).toEqual(['from a pipe', 'from another']);
});

test('a long text becomes parts, and what a shell would make of it is nothing to it', async () => {
  const { environment, waiting } = restingHome();
  const long = Array.from({ length: 900 }, (_, line) => `line ${line} $(id)`).join('\n\n');
  expect((await claudio(['send'], environment, long)).code).toBe(0);
  expect(waiting().length).toBeGreaterThan(1);
});

describe.each([
  ['nothing', ['send', ''], '', /There is no text\. Nothing was sent\.\nGive it/u],
  ['blanks', ['send'], ' \n\t\n', /There is no text/u],
  [
    'bytes that are no text',
    ['send'],
    new Uint8Array([0xff, 0xd8, 0xff, 0xe0]),
    /is no text\. .*\nSend it as a file/u,
  ],
  ['text with a NUL', ['send'], 'a\0b', /is no text/u],
  ['ten megabytes', ['send'], 'x'.repeat(10_000_000), /longer than 1 MB.*\nSend it as a file/u],
])('%s', (_, args, stdin, says) => {
  test('is refused with a sentence, and nothing is kept', async () => {
    const { environment, waiting } = restingHome();
    const ended = await claudio(args, environment, stdin);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(waiting()).toEqual([]);
  });
});

describe('a file that cannot be sent', () => {
  test.each([
    ['is not there', 'is not there', () => undefined],
    ['is a folder', 'is a folder', (path: string) => mkdirSync(path)],
    ['is empty', 'is empty', (path: string) => writeFileSync(path, '')],
    [
      'is larger than the platform takes',
      'is larger than 50 MB',
      (path: string) => {
        writeFileSync(path, 'x');
        truncateSync(path, 50 * 1024 * 1024 + 1);
      },
    ],
  ])('because it %s is told, and leaves nothing behind', async (_, why, make) => {
    const { environment, userHome, home, waiting } = restingHome();
    const path = join(userHome, 'thing');
    make(path);
    expect(await claudio(['send', '--file', path, 'look'], environment)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${path} ${why}. Nothing was sent.\nA file of up to 50 MB can be sent: name one with --file.\n`,
    });
    expect(waiting()).toEqual([]);
    expect(readdirSync(join(home, 'outgoing'))).toEqual([]);
  });
});

test('a home on which the service never ran, and settings that are missing, are told as what they are', async () => {
  const userHome = temporaryFolder();
  const env = { HOME: userHome, PATH: '/usr/bin:/bin' };
  const unset = await claudio(['send', 'hello'], env);
  expect(unset.code).toBe(78);
  expect(unset.stderr).toMatch(/TELEGRAM_BOT_TOKEN is missing/u);
  const set = { ...env, TELEGRAM_BOT_TOKEN: '1:test-token', TELEGRAM_CHAT_ID: '42' };
  const unstarted = await claudio(['send', 'hello'], set);
  expect(unstarted.code).toBe(1);
  expect(unstarted.stderr).toMatch(/^There is no database .*\nStart the service once/u);
});

test('a database that another program keeps locked is waited for', async () => {
  const { environment, home, waiting } = restingHome();
  const other = openDatabase(join(home, 'claudio.db'));
  onTestFinished(() => other.close());
  other.orm.$client.exec('BEGIN IMMEDIATE');
  const sent = claudio(['send', 'patience'], environment);
  // It has begun to write, and may not yet.
  await vi.waitFor(() => {
    const lock = tryLock(join(home, 'update.lock'), 'alone');
    lock?.release();
    expect(lock).toBeNull();
  }, 20_000);
  other.orm.$client.exec('COMMIT');
  expect((await sent).code).toBe(0);
  expect(waiting()).toHaveLength(1);
});

test('twenty at once, as cron would start them, are all kept, each once', async () => {
  const { environment, waiting } = restingHome();
  const names = Array.from({ length: 20 }, (_, number) => `number ${number}`);
  const ended = await Promise.all(names.map((name) => claudio(['send', name], environment)));
  expect(ended.map(({ code }) => code)).toEqual(names.map(() => 0));
  expect(
    waiting()
      .map(({ part }) => String(part['text']))
      .toSorted(),
  ).toEqual(names.toSorted());
});
