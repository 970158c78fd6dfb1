import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createScheduler } from '../../../src/ops/schedule/create.ts';
import type { Schedule } from '../../../src/ops/schedule/scheduler.ts';
import { systemStandins } from '../../standins/system/standins.ts';
import {
  commandOf,
  environmentOf,
  parseUnitFile,
  valueOf,
} from '../../standins/system/unit-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ANALYZE = '/usr/bin/systemd-analyze';
const USER = { name: 'someone', id: 1000, home: '/home/someone' };
const BACKUP: Schedule = {
  name: 'backup',
  everyMinutes: 60,
  argv: [process.execPath, "/opt/it's 100%/bin.js", 'backup', 'now', '/mnt/$x "y"'],
  env: { CLAUDIO_HOME: '/home/some one/.claudio', PATH: '/usr/bin:/bin' },
};

function machine(options: Parameters<typeof systemStandins>[0] = {}) {
  const system = systemStandins({ programs: ['systemctl', 'loginctl'], ...options });
  const userHome = temporaryFolder();
  const scheduler = createScheduler(system.host({ userHome }));
  if (scheduler === null) throw new Error('there is no scheduler');
  return { system, scheduler, folder: join(userHome, '.config/systemd/user') };
}

test('without cron, a schedule is a timer that is enabled and started', async () => {
  const { scheduler, folder, system } = machine();
  expect(scheduler.kind).toBe('systemd-timer');
  expect(await scheduler.has('backup')).toBe(false);
  expect(await scheduler.install(BACKUP)).toBe('installed');
  expect(await scheduler.has('backup')).toBe(true);
  const service = parseUnitFile(readFileSync(join(folder, 'claudio-backup.service'), 'utf8'));
  expect(commandOf(valueOf(service, 'Service', 'ExecStart') ?? '', USER, {})).toEqual(BACKUP.argv);
  expect(environmentOf(service, USER)).toEqual(BACKUP.env);
  const timer = parseUnitFile(readFileSync(join(folder, 'claudio-backup.timer'), 'utf8'));
  expect(valueOf(timer, 'Timer', 'OnCalendar')).toBe('hourly');
  expect(valueOf(timer, 'Timer', 'Persistent')).toBe('true');
  expect(system.calls('systemctl').map(({ argv }) => argv.slice(2).join(' '))).toContain(
    'enable --now claudio-backup.timer',
  );
});

test.runIf(existsSync(ANALYZE))('systemd itself finds nothing wrong with the units', async () => {
  const { scheduler, folder } = machine();
  await scheduler.install(BACKUP);
  await scheduler.install({ ...BACKUP, name: 'health-check', everyMinutes: 5 });
  const files = readdirSync(folder).filter((name) => /\.(?:service|timer)$/u.test(name));
  expect(files).toHaveLength(4);
  const env = { HOME: folder, XDG_RUNTIME_DIR: folder, PATH: '/usr/bin:/bin' };
  const said = execFileSync(
    ANALYZE,
    ['--user', 'verify', ...files.map((name) => join(folder, name))],
    { env, stdio: 'pipe' },
  );
  expect(String(said)).toBe('');
  const next = execFileSync(ANALYZE, ['calendar', '--iterations=2', '*:0/5'], { stdio: 'pipe' });
  expect(String(next)).toMatch(/Normalized form: \*-\*-\* \*:00\/5:00/u);
});

test('installing a second time orders nothing, and what was undone is put right', async () => {
  const { scheduler, system, folder } = machine();
  await scheduler.install(BACKUP);
  system.forgetCalls();
  expect(await scheduler.install(BACKUP)).toBe('unchanged');
  expect(system.calls().every(({ argv }) => argv.includes('show'))).toBe(true);
  rmSync(join(folder, 'timers.target.wants'), { recursive: true });
  expect(await scheduler.install(BACKUP)).toBe('updated');
  expect(await scheduler.install(BACKUP)).toBe('unchanged');
});

test('uninstalling leaves nothing, and a second time there is nothing to do', async () => {
  const { scheduler, folder } = machine();
  await scheduler.install(BACKUP);
  expect(await scheduler.uninstall('backup')).toBe('removed');
  const left = readdirSync(folder, { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => !entry.isDirectory())).toEqual([]);
  expect(await scheduler.uninstall('backup')).toBe('absent');
  expect(await scheduler.has('backup')).toBe(false);
});

test('without a systemd of the user, it is the schedule that is refused', async () => {
  const { scheduler, folder } = machine({ bus: 'missing' });
  await expect(scheduler.install(BACKUP)).rejects.toMatchObject({
    code: 'schedule.refused',
    message: expect.stringContaining('No systemd runs for someone here'),
  });
  expect(readdirSync(folder)).toEqual([]);
});

test('without cron and without systemd there is no scheduler, nor on a Mac without cron', () => {
  const bare = systemStandins({ programs: ['launchctl'] });
  const userHome = temporaryFolder();
  expect(createScheduler(bare.host({ userHome }))).toBeNull();
  expect(createScheduler(bare.host({ userHome, platform: 'darwin' }))).toBeNull();
});
