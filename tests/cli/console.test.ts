import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { audit, consoleKeys } from '../../drizzle/schema.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { fileGrows, readDatabase } from '../e2e/inspect.ts';
import { createWorld, type World } from '../e2e/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { claudio } from './claudio.ts';

const LINK = /^http:\/\/127\.0\.0\.1:(\d+)\/enter\?key=([\w-]{43})$/mu;

const jsonSchema = z.strictObject({ url: z.string(), expiresAt: z.iso.datetime() });

const linksIn = (world: World) => readDatabase(world.home).select().from(consoleKeys).all();

async function runningWorld(): Promise<World> {
  const world = await createWorld({ claude: 'instant' });
  await world.start();
  return world;
}

/** A browser that writes down what it is to open. */
function browserStandin() {
  const folder = temporaryFolder();
  for (const name of ['xdg-open', 'open']) {
    const path = join(folder, name);
    writeFileSync(path, '#!/bin/sh\nprintf %s "$1" > "$OPENED"\n');
    chmodSync(path, 0o755);
  }
  const opened = join(folder, 'opened');
  return {
    environment: { PATH: `${folder}:/usr/bin:/bin`, OPENED: opened, DISPLAY: ':0' },
    opened: async () => {
      await fileGrows(opened);
      return readFileSync(opened, 'utf8');
    },
  };
}

test('where the service does not run, it says so and ends with 69; no key is made', async () => {
  const world = await createWorld({ claude: 'instant' });
  const fresh = await claudio(['console'], world.environment);
  expect(fresh).toMatchObject({ code: 69 });
  expect(fresh.stdout).toContain('The service does not run');
  expect(fresh.stdout).toContain('`claudio status` tells why, and what starts it.');
  expect(fresh.stdout).not.toMatch(LINK);

  mkdirSync(world.home, { recursive: true, mode: 0o700 });
  openDatabase(join(world.home, 'claudio.db')).close();
  const json = await claudio(['console', '--json', '--open'], world.environment);
  expect(json).toMatchObject({ code: 69, stdout: '' });
  expect(linksIn(world)).toEqual([]);
});

test('it prints a link that leads in once, with a word on it, and writes down that it did, but not its key', async () => {
  const world = await runningWorld();
  const { code, stdout } = await claudio(['console'], world.environment);
  expect(code).toBe(0);
  const [link = '', port, key = ''] = LINK.exec(stdout) ?? [];
  expect(port).toBe(String(world.port));
  expect(stdout.split('\n')[0]).toBe(link);
  expect(stdout).toContain('once and within ten minutes');
  expect(stdout).toContain('Keep it to yourself');
  expect(stdout).not.toContain('ssh');
  expect(linksIn(world)).toHaveLength(1);

  const entered = await fetch(link, { redirect: 'manual' });
  expect(entered.status).toBe(303);
  const token = /=([\w-]+)/u.exec(entered.headers.get('set-cookie') ?? '')?.[1] ?? '';
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(403);

  const entries = readDatabase(world.home).select().from(audit).all();
  expect(
    entries
      .filter(({ event }) => event.startsWith('console.'))
      .map(({ event, personId }) => [event, personId]),
  ).toEqual([
    ['console.link', 'shell'],
    ['console.entered', 'shell'],
  ]);
  const written = readdirSync(world.home).filter((name) => /\.(?:log|db|db-wal)$/u.test(name));
  expect(written.length).toBeGreaterThan(1);
  for (const name of written) {
    const content = readFileSync(join(world.home, name), 'latin1');
    for (const secret of [key, token]) expect(content, name).not.toContain(secret);
  }
});

test('--json prints the link and until when it leads in, and nothing else', async () => {
  const world = await runningWorld();
  const fromMs = Date.now();
  const { code, stdout } = await claudio(['console', '--json'], world.environment);
  expect(code).toBe(0);
  const { url, expiresAt } = jsonSchema.parse(JSON.parse(stdout));
  expect(url).toMatch(LINK);
  const lastsMs = Date.parse(expiresAt) - fromMs;
  expect(lastsMs).toBeGreaterThanOrEqual(600_000);
  expect(lastsMs).toBeLessThan(630_000);
});

test('--open has the browser open it; where there is none that is said, and the link stands all the same', async () => {
  const world = await runningWorld();
  const browser = browserStandin();
  const env = { ...world.environment, ...browser.environment };
  const opened = await claudio(['console', '--open'], env);
  expect(opened.code).toBe(0);
  expect(await browser.opened()).toBe(LINK.exec(opened.stdout)?.[0]);
  expect(opened.stdout).not.toContain('no browser');

  const nowhere = { ...world.environment, PATH: '/nowhere' };
  if (process.platform !== 'darwin') {
    const without = await claudio(['console', '--open'], nowhere);
    expect(without.code).toBe(0);
    expect(without.stdout).toContain('There is no browser to be opened from here');
    const [link = ''] = LINK.exec(without.stdout) ?? [];
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(303);
  }
});

test('to who sits elsewhere it says how to get there; within a turn, and for another home, it makes no link', async () => {
  const world = await runningWorld();
  const ssh = { ...world.environment, SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' };
  expect((await claudio(['console'], ssh)).stdout).toContain(
    `ssh -L ${world.port}:127.0.0.1:${world.port}`,
  );
  expect(linksIn(world)).toHaveLength(1);

  const turn = await claudio(['console'], { ...world.environment, CLAUDIO_TURN: 'x.1.1' });
  expect(turn).toMatchObject({ code: 1, stdout: '' });
  expect(turn.stderr).toContain('is for a person to do');
  expect(linksIn(world)).toHaveLength(1);

  const other = { ...world.environment, CLAUDIO_HOME: join(temporaryFolder(), 'other') };
  expect(await claudio(['console'], other)).toMatchObject({ code: 69 });
  expect(linksIn(world)).toHaveLength(1);
});
