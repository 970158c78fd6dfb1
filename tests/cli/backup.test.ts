import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { conversations, messages, turns } from '../../drizzle/schema.ts';
import { lockHome } from '../../src/platform/home-lock.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { packageRoot } from '../../src/platform/package.ts';
import { systemStandins } from '../standins/system/standins.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PROGRAM = join(packageRoot(), 'dist/src/bin.js');
const NAME = String.raw`\d{4}-\d{2}-\d{2}_\d{4}`;

/** A user with a home and a disk, both with a name that needs quoting, and the built program to run. */
function world() {
  const userHome = join(temporaryFolder(), "a user's $HOME");
  const home = join(userHome, '.claudio');
  const dest = join(userHome, 'disk 100%');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  mkdirSync(dest);
  openDatabase(join(home, 'claudio.db')).close();
  const settings = join(home, 'service.env');
  writeFileSync(settings, 'TELEGRAM_BOT_TOKEN="1:test-token"\n', { mode: 0o600 });
  const system = systemStandins();
  const environment: Record<string, string> = {
    HOME: userHome,
    PATH: system.path,
    USER: 'someone',
    TZ: 'UTC',
  };
  return {
    home,
    dest,
    settings,
    root: join(dest, 'claudio-backups'),
    system,
    environment,
    claudio: async (...args: string[]) => {
      const child = spawn(process.execPath, [PROGRAM, ...args], {
        env: environment,
        cwd: userHome,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      const exit = once(child, 'exit');
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      const [code] = await exit;
      expect(stdout + stderr).not.toContain('test-token');
      return { code: code as number | null, stdout, stderr };
    },
  };
}

test('claudio backup takes a snapshot, and says what it took and what it had to leave out', async () => {
  const { dest, root, claudio } = world();
  const first = await claudio('backup', 'disk 100%');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(
    new RegExp(
      `^… Backing up to ${dest.replaceAll('$', String.raw`\$`)}\n✔ Snapshot ${NAME}: 2 files, [\\d.]+ kB, [\\d.]+ kB of it new\n$`,
      'u',
    ),
  );
  const second = await claudio('backup', 'now', dest, '--json', '--hours', '1');
  expect(second.code).toBe(0);
  expect(JSON.parse(second.stdout)).toMatchObject({
    path: expect.stringMatching(new RegExp(`^.*/claudio-backups/hourly/${NAME}`, 'u')),
    takenAt: expect.stringMatching(/^\d{4}-.*Z$/u),
    fileCount: 2,
    newBytes: 0,
    leftOut: [],
    warnings: [],
  });
  expect(readdirSync(join(root, 'hourly'))).toHaveLength(1);
});

test('cron install takes the first snapshot, remembers the disk, and adds one line; uninstall takes both back', async () => {
  const { home, dest, settings, system, root, claudio } = world();
  system.setCrontab('0 5 * * * /bin/true\n');
  const installed = await claudio('backup', 'cron', 'install', dest, '--days', '3');
  expect(installed).toMatchObject({ code: 0, stderr: '' });
  expect(installed.stdout).toContain('is on the same disk as');
  expect(installed.stdout).toContain(
    'A snapshot is taken every hour from now on; the last 24 are kept, and one a day for 3 days',
  );
  const crontab = system.crontab() ?? '';
  expect(crontab).toMatch(/^0 5 \* \* \* \/bin\/true\n0 \* \* \* \* .*# claudio:backup\n$/u);
  expect(readFileSync(settings, 'utf8')).toBe(
    `TELEGRAM_BOT_TOKEN="1:test-token"\nBACKUP_DEST="${dest}"\n`,
  );

  // What cron would run, as cron would: the rest of the line, by a shell that knows next to nothing.
  const line =
    crontab
      .split('\n')[1]
      ?.replace('0 * * * * ', '')
      .replaceAll(String.raw`\%`, '%') ?? '';
  const cron = spawn('/bin/sh', ['-c', line], {
    env: { HOME: '/nonexistent' },
    cwd: '/',
    stdio: 'inherit',
  });
  onTestFinished(() => void cron.kill('SIGKILL'));
  expect(await once(cron, 'exit')).toEqual([0, null]);
  expect(readdirSync(join(root, 'hourly'))).toHaveLength(2);

  const status = await claudio('backup', 'status', '--json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    dest,
    hourly: { count: 2 },
    daily: { count: 1 },
    nextAt: expect.stringMatching(/:00:00\.000Z$/u),
  });

  const again = await claudio('backup', 'cron', 'install', dest);
  expect(again.stdout).toContain('A snapshot was taken every hour already');
  expect(again.stdout).toContain('and one a day for 3 days');
  expect(system.crontab()).toBe(crontab);

  const other = await claudio('backup', 'cron', 'uninstall', home);
  expect(other).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`go to ${dest}`) as string,
  });
  const removed = await claudio('backup', 'cron', 'uninstall', dest);
  expect(removed).toMatchObject({ code: 0, stderr: '' });
  expect(removed.stdout).toContain(`Those in ${dest} stay until you remove them.`);
  expect(system.crontab()).toBe('0 5 * * * /bin/true\n');
  expect(readFileSync(settings, 'utf8')).toBe('TELEGRAM_BOT_TOKEN="1:test-token"\n');
  const none = await claudio('backup', 'cron', 'uninstall');
  expect(none).toMatchObject({ code: 0, stdout: 'No snapshots were taken regularly.\n' });
  expect(readdirSync(home)).not.toContain('claudio-backups');
});

test('while a setup is under way, neither the crontab nor the settings are changed', async () => {
  const { home, dest, settings, system, claudio } = world();
  const lock = lockHome(home, 'install');
  expect(await claudio('backup', 'cron', 'install', dest)).toMatchObject({ code: 75 });
  expect(await claudio('backup', 'cron', 'uninstall')).toMatchObject({ code: 75 });
  lock.release();
  expect(system.crontab()).toBeNull();
  expect(readFileSync(settings, 'utf8')).not.toContain('BACKUP_DEST');
});

test('a crontab that may not be used is told, and the disk is not remembered', async () => {
  const { dest, settings, system, claudio } = world();
  system.behave({ crontab: 'denied' });
  const refused = await claudio('backup', 'cron', 'install', dest);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('not allowed to use this program');
  expect(readFileSync(settings, 'utf8')).not.toContain('BACKUP_DEST');
});

test('the first snapshot knows where the snapshots are; one that fails leaves what was set before', async () => {
  const { home, dest, root, settings, claudio } = world();
  expect(await claudio('backup', 'cron', 'install', dest)).toMatchObject({ code: 0 });
  const [name = ''] = readdirSync(join(root, 'hourly'));
  const before = readFileSync(settings, 'utf8');
  expect(readFileSync(join(root, 'hourly', name, 'home/service.env'), 'utf8')).toBe(before);
  expect(before).toContain(`BACKUP_DEST="${dest}"`);
  expect(await claudio('backup', 'cron', 'install', home)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('inside of') as string,
  });
  expect(readFileSync(settings, 'utf8')).toBe(before);
});

test('backup status tells of none, of one that is there, of one that is too old and of a disk that is gone', async () => {
  const { dest, settings, root, claudio } = world();
  const off = await claudio('backup', 'status');
  expect(off.code).toBe(1);
  expect(off.stdout).toContain('– backup  not set up');
  await claudio('backup', dest);
  appendFileSync(settings, `BACKUP_DEST="${dest}"\nBACKUP_MAX_AGE="60"\n`);
  const there = await claudio('backup', 'status');
  expect(there.code).toBe(0);
  expect(there.stdout).toMatch(/✔ backup +\S.* ago; 1 hourly and 1 daily/u);
  expect(there.stdout).toMatch(/⚠ schedule +none is taken by itself/u);
  expect(there.stdout).toMatch(/^ {2}latest +.*, 2 files, [\d.]+ kB\n {2}hourly +1, back to /mu);
  expect(there.stdout).toMatch(/^ {2}on disk +[\d.]+ kB, what they share counted once$/mu);

  const [name = ''] = readdirSync(join(root, 'hourly'));
  for (const kind of ['hourly', 'daily']) {
    const file = join(root, kind, name, 'manifest.json');
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify(Object.assign({}, manifest, { takenAtMs: 0 })));
  }
  mkdirSync(join(root, 'hourly', '2020-01-01_0000'));
  const old = await claudio('backup', 'status', dest);
  expect(old.code).toBe(1);
  expect(old.stdout).toMatch(/✖ backup [^]*→ `claudio backup .*` takes one now/u);
  expect(old.stdout).toContain('2020-01-01_0000 has no manifest that can be read');

  renameSync(root, `${root}-elsewhere`);
  const gone = await claudio('backup', 'status');
  expect(gone.code).toBe(1);
  expect(gone.stdout).toContain('or is not mounted');
  const refused = await claudio('backup');
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('its disk is not mounted.\nMount it and try again.'),
  });
  expect(readdirSync(dest)).toEqual(['claudio-backups-elsewhere']);
});

test('verify names what is wrong and ends with 1; restore refuses that, a running service, and asks otherwise', async () => {
  const { home, dest, settings, root, claudio } = world();
  await claudio('backup', dest);
  appendFileSync(settings, `BACKUP_DEST="${dest}"\n`);
  const good = await claudio('backup', 'verify');
  expect(good).toMatchObject({ code: 0, stderr: '' });
  expect(good.stdout).toContain('✔ 2 entries, all as they were stored');
  const [name = ''] = readdirSync(join(root, 'hourly'));

  const lock = lockHome(home);
  const running = await claudio('backup', 'restore', name, '--yes');
  expect(running).toMatchObject({
    code: 1,
    stderr: `Claudio already runs on ${home}.\nStop it with \`claudio stop\`, and restore then.\n`,
  });
  lock.release();
  const unasked = await claudio('backup', 'restore', 'latest');
  expect(unasked).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^There is nobody to ask: Move .* in its place\?\nGive --yes to agree\.\n$/u,
    ),
  });
  expect(readFileSync(settings, 'utf8')).toContain('BACKUP_DEST');
  const restored = await claudio('backup', 'restore', 'latest', '--yes');
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(restored.stdout).toMatch(
    /What was there is in .*\.before-restore-[^]*`claudio restart`\.\n$/u,
  );
  expect(readFileSync(settings, 'utf8')).not.toContain('BACKUP_DEST');

  const stored = join(root, 'hourly', name, 'home', 'service.env');
  writeFileSync(stored, 'nothing');
  const bad = await claudio('backup', 'verify', join(root, 'latest'), '--json');
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({
    isWhole: false,
    faults: [{ path: 'service.env', what: 'has 7 bytes instead of 34' }],
  });
  const refused = await claudio('backup', 'restore', join(root, 'latest'), '--yes');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/is damaged: service\.env has 7 bytes.*\nNothing was changed\./u);
});

test('a restore tells how the embedding model comes back, which is in no snapshot', async () => {
  const { home, dest, root, claudio } = world();
  mkdirSync(join(home, 'models', 'a'), { recursive: true });
  writeFileSync(join(home, 'models', 'a', 'model.onnx'), 'large');
  await claudio('backup', dest);
  const restored = await claudio('backup', 'restore', join(root, 'latest'), '--yes');
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(restored.stdout).toContain('`claudio memory setup` fetches it again');
  expect(readdirSync(home)).not.toContain('models');
});

test('a restore tells what will be done again that waited when the snapshot was taken', async () => {
  const { home, dest, root, claudio } = world();
  const database = openDatabase(join(home, 'claudio.db'));
  const { orm } = database;
  const place = { conversationId: 'telegram:1:2', destination: 'telegram:1:2' };
  const message = {
    conversationId: place.conversationId,
    text: 'water the garden',
    createdAtMs: 1,
  };
  orm
    .insert(conversations)
    .values({ ...place, id: place.conversationId, channel: 'telegram', chat: '2', createdAtMs: 1 })
    .run();
  const ask = { ...message, role: 'person', author: 'Someone' } as const;
  const { id: messageId } = orm.insert(messages).values(ask).returning().get();
  const { id: spokenId } = orm.insert(messages).values(ask).returning().get();
  orm
    .insert(turns)
    .values([
      { ...message, messageId, status: 'queued', queuedAtMs: 1, requestedModel: 'haiku' },
      {
        ...message,
        messageId: spokenId,
        status: 'done',
        speech: 'pending',
        queuedAtMs: 1,
        requestedModel: 'haiku',
      },
    ])
    .run();
  database.close();
  await claudio('backup', dest);
  const restored = await claudio('backup', 'restore', join(root, 'latest'), '--yes');
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(restored.stdout).toContain(
    '⚠ 1 message waited to be answered when the snapshot was taken. Claudio asks you in the chat before it begins.',
  );
  // An answer that was still to be spoken.
  expect(restored.stdout).toContain('⚠ 1 message waited to be sent when the snapshot was taken.');
});

test('what is missing or under way ends with a sentence, what to do, and a code', async () => {
  const { home, dest, claudio, environment } = world();
  expect(await claudio('backup')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^Nothing says where[^]*cron install \/mnt\/disk` remembers it\.\n$/u,
    ),
  });
  expect(await claudio('backup', '/nowhere/at/all')).toMatchObject({
    code: 1,
    stderr: 'There is no folder /nowhere/at/all.\nMake it first, or plug in and mount its disk.\n',
  });
  expect(await claudio('backup', home)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('inside of'),
  });
  const lock = lockHome(home, 'backup');
  expect(await claudio('backup', dest)).toMatchObject({ code: 75 });
  lock.release();
  expect(await claudio('backup', 'verify')).toMatchObject({ code: 1 });
  environment['CLAUDIO_HOME'] = join(home, 'none');
  expect(await claudio('backup', dest)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('claudio install'),
  });
  expect(readdirSync(home)).not.toContain('none');
});
