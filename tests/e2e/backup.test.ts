import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import BetterSqlite3 from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/platform/package.ts';
import { holdModel } from './inspect.ts';
import { labelsOf } from './person.ts';
import { createWorld, type World } from './service.ts';

test('a snapshot that was taken while turns ran is restored into an empty home, which starts, has the last conversation, and runs nothing that waited by itself', async () => {
  const world = await createWorld();
  const dest = join(world.userHome, 'disk');
  mkdirSync(dest);
  world.model.answer('Nice to meet you, Ada.');
  const first = await world.start();
  await world.api.say('my name is Ada');
  await world.api.sent(1);
  const held = holdModel(world.model);
  await world.api.say('look after the garden');
  await held.asked;
  await world.api.say('then water the roses');
  expect(await claudio(world, 'backup', dest)).toMatchObject({ code: 0, stderr: '' });
  first.signal('SIGKILL');
  await first.exit;
  rmSync(world.home, { recursive: true });

  const latest = join(dest, 'claudio-backups', 'latest');
  expect(await claudio(world, 'backup', 'verify', latest)).toMatchObject({ code: 0, stderr: '' });
  const restored = await claudio(world, 'backup', 'restore', latest);
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(restored.stdout).toContain('`claudio restart`');
  expect(readdirSync(world.home)).toEqual(expect.arrayContaining(['claudio.db', 'claudio.log']));
  expect(readdirSync(world.home)).not.toContain('tmp');

  await world.start();
  const [, notice, waited] = await world.api.sent(3);
  expect(notice?.text).toMatch(/interrupted|restart/iu);
  // It may have been answered since, which nothing in the snapshot can tell.
  expect(waited?.text).toMatch(/^⚡ I was put back from a backup, and this waited .* not started/u);
  if (waited === undefined) throw new Error('nothing was said of what waited');
  expect(labelsOf(waited)).toEqual(['🔁 Retry', '🗑 Discard']);
  expect(readdirSync(world.home)).not.toContain('.restored');
  world.model.answer('Ada.');
  await world.api.say('what is my name?');
  const told = await world.api.sent(4);
  expect(told.at(-1)?.text).toBe('Ada.');
  const prompt = world.model.requests.at(-1)?.prompt ?? '';
  expect(prompt).toMatch(/my name is Ada[^]*Nice to meet you, Ada\.[^]*what is my name\?/u);
});

test('a restore beside a running service is refused, and the service goes on', async () => {
  const world = await createWorld({ claude: 'instant' });
  const dest = join(world.userHome, 'disk');
  mkdirSync(dest);
  const service = await world.start();
  await world.api.say('hello');
  await world.api.sent(1);
  expect(await claudio(world, 'backup', dest)).toMatchObject({ code: 0, stderr: '' });
  const latest = join(dest, 'claudio-backups', 'latest');
  const refused = await claudio(world, 'backup', 'restore', latest, '--yes');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('`claudio stop`') });
  await world.api.say('still there?');
  await world.api.sent(2);
  service.signal('SIGTERM');
  expect(await service.exit).toEqual({ code: 0, signal: null });
  // Stopped, it is replaced, and what came since is aside.
  expect(await claudio(world, 'backup', 'restore', latest, '--yes')).toMatchObject({
    code: 0,
    stderr: '',
  });
  const aside = readdirSync(world.userHome).find((name) => name.includes('.before-restore-')) ?? '';
  expect(messagesIn(world.home)).toBe(2);
  expect(messagesIn(join(world.userHome, aside))).toBe(4);
  expect(existsSync(join(world.home, 'tmp'))).toBe(false);
});

function messagesIn(home: string): number {
  const database = new BetterSqlite3(join(home, 'claudio.db'), { readonly: true });
  onTestFinished(() => void database.close());
  return Number(database.prepare('SELECT count(*) FROM messages').pluck().get());
}

async function claudio(world: World, ...args: string[]) {
  const child = spawn(process.execPath, [join(packageRoot(), 'dist/src/bin.js'), ...args], {
    env: world.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  return { code: code as number | null, stdout, stderr };
}
