import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createScheduler } from '../../../src/ops/schedule/create.ts';
import type { Schedule } from '../../../src/ops/schedule/scheduler.ts';
import { systemStandins } from '../../standins/system/standins.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HEALTH: Schedule = {
  name: 'health-check',
  everyMinutes: 5,
  argv: ['/opt/claudio/node', '/opt/claudio/bin.js', 'health-check'],
  env: { CLAUDIO_HOME: '/home/someone/.claudio', PATH: '/usr/local/bin:/usr/bin' },
};
const BACKUP: Schedule = { ...HEALTH, name: 'backup', everyMinutes: 60 };
const HEALTH_LINE =
  "*/5 * * * * CLAUDIO_HOME='/home/someone/.claudio' PATH='/usr/local/bin:/usr/bin' '/opt/claudio/node' '/opt/claudio/bin.js' 'health-check' >/dev/null 2>&1 # claudio:health-check\n";
/** What a person may have there already. */
const OTHERS = `# my own lines, ünïcödé and all
MAILTO=""
SHELL=/bin/bash

  0 4 * * *\t/usr/bin/true  \t% stdin
@reboot echo "claudio:health-check" # not ours: claudio:backup .

# two empty lines follow


`;

function machine(options: Parameters<typeof systemStandins>[0] = {}) {
  const system = systemStandins(options);
  const scheduler = createScheduler(system.host({ userHome: temporaryFolder() }));
  if (scheduler === null) throw new Error('there is no scheduler');
  return { system, scheduler };
}

test('a schedule is a line of the crontab with everything in it that cron does not give', async () => {
  const { system, scheduler } = machine();
  expect(scheduler.kind).toBe('cron');
  expect(await scheduler.has('health-check')).toBe(false);
  expect(await scheduler.install(HEALTH)).toBe('installed');
  expect(system.crontab()).toBe(HEALTH_LINE);
  expect(await scheduler.has('health-check')).toBe(true);
  expect(await scheduler.has('backup')).toBe(false);
});

test('installing a second time writes nothing', async () => {
  const { system, scheduler } = machine();
  await scheduler.install(HEALTH);
  system.forgetCalls();
  expect(await scheduler.install(HEALTH)).toBe('unchanged');
  expect(system.calls().map(({ argv }) => argv)).toEqual([['-l']]);
});

test('everything else in the crontab stays as it is, byte for byte', async () => {
  const { system, scheduler } = machine();
  system.setCrontab(OTHERS);
  await scheduler.install(HEALTH);
  expect(system.crontab()).toBe(`${OTHERS}${HEALTH_LINE}`);
  await scheduler.install(BACKUP);
  await scheduler.install({ ...HEALTH, argv: ['/opt/new/$&/node'] });
  expect(system.crontab()?.startsWith(OTHERS)).toBe(true);
  expect(await scheduler.uninstall('health-check')).toBe('removed');
  expect(await scheduler.uninstall('backup')).toBe('removed');
  expect(system.crontab()).toBe(OTHERS);
});

test('a line that was commented out is neither taken for ours nor touched', async () => {
  const { system, scheduler } = machine();
  const commented = `#${HEALTH_LINE}  # ${HEALTH_LINE}`;
  system.setCrontab(commented);
  expect(await scheduler.has('health-check')).toBe(false);
  expect(await scheduler.install(HEALTH)).toBe('installed');
  expect(system.crontab()).toBe(`${commented}${HEALTH_LINE}`);
  expect(await scheduler.install({ ...HEALTH, argv: ['/opt/new/node'] })).toBe('updated');
  expect(system.crontab()?.startsWith(commented)).toBe(true);
  expect(await scheduler.install(HEALTH)).toBe('updated');
  expect(await scheduler.uninstall('health-check')).toBe('removed');
  expect(system.crontab()).toBe(commented);
});

test('a changed schedule is changed where it stands', async () => {
  const { system, scheduler } = machine();
  await scheduler.install(HEALTH);
  await scheduler.install(BACKUP);
  expect(await scheduler.install({ ...HEALTH, argv: ['/opt/$1/node'] })).toBe('updated');
  const lines = system.crontab()?.split('\n') ?? [];
  expect(lines[0]).toContain("'/opt/$1/node' >/dev/null");
  expect(lines[1]).toMatch(/^0 \* \* \* \* .* # claudio:backup$/u);
  expect(lines).toHaveLength(3);
});

test('uninstalling the only line leaves no crontab, and a second time there is nothing to do', async () => {
  const { system, scheduler } = machine();
  await scheduler.install(HEALTH);
  expect(await scheduler.uninstall('health-check')).toBe('removed');
  expect(system.crontab()).toBeNull();
  expect(await scheduler.uninstall('health-check')).toBe('absent');
});

test.each(['with space', `it's "quoted"`, '100% $HOME `id` \\ ;#&|', 'new & <old>'])(
  'a shell that cron starts runs the program with its words as they are: %s',
  async (name) => {
    const { system, scheduler } = machine();
    const folder = join(temporaryFolder(), name);
    mkdirSync(folder);
    const program = join(folder, 'program');
    const seen = join(folder, 'seen');
    writeFileSync(program, '#!/bin/sh\nprintf "%s\\n" "$CLAUDIO_HOME" "$PATH" "$@" > "$1"\n');
    chmodSync(program, 0o755);
    const env = { CLAUDIO_HOME: folder, PATH: `${folder}:/usr/bin:/bin` };
    await scheduler.install({ ...HEALTH, argv: [program, seen, name], env });
    const command = system.crontab()?.trimEnd().split(' ').slice(5).join(' ') ?? '';
    // cron: a bare % ends the command, and the backslash before one is taken away.
    expect(command).not.toMatch(/(?<!\\)%/u);
    execFileSync('/bin/sh', ['-c', command.replaceAll('\\%', '%')], { env: {} });
    expect(readFileSync(seen, 'utf8')).toBe([folder, env.PATH, seen, name, ''].join('\n'));
    // Another cron leaves the backslash to the shell.
    execFileSync('/bin/sh', ['-c', command], { env: {} });
    expect(readFileSync(seen, 'utf8')).toBe([folder, env.PATH, seen, name, ''].join('\n'));
  },
);

test('a PATH that is too long for cron is shortened from its end', async () => {
  const { system, scheduler } = machine();
  const folders = Array.from({ length: 60 }, (_, index) => `/opt/some/folder/number-${index}/bin`);
  await scheduler.install({ ...HEALTH, env: { ...HEALTH.env, PATH: folders.join(':') } });
  const line = system.crontab() ?? '';
  expect(line.length).toBeLessThan(1010);
  expect(line).toContain(`PATH='${folders.slice(0, 15).join(':')}`);
  expect(line).toContain("/bin' '/opt/claudio/node'");
  const unchanged = { ...HEALTH, env: { ...HEALTH.env, PATH: folders.join(':') } };
  expect(await scheduler.install(unchanged)).toBe('unchanged');
});

test('what cannot be a line of a crontab is refused before anything is changed', async () => {
  const { system, scheduler } = machine();
  const long = { ...HEALTH, argv: [`/${'x'.repeat(1200)}`] };
  await expect(scheduler.install(long)).rejects.toMatchObject({
    code: 'schedule.refused',
    message: expect.stringContaining('too long'),
  });
  const broken = { ...HEALTH, env: { CLAUDIO_HOME: '/a\n* * * * * evil' } };
  await expect(scheduler.install(broken)).rejects.toMatchObject({
    code: 'schedule.refused',
    message: expect.stringContaining('line break'),
  });
  expect(system.crontab()).toBeNull();
});

test('a crontab that may not be used is said with what cron said', async () => {
  const { scheduler } = machine({ crontab: 'denied' });
  await expect(scheduler.install(HEALTH)).rejects.toMatchObject({
    code: 'schedule.refused',
    message:
      'The crontab cannot be read: exit code 1: You (someone) are not allowed to use this program (crontab).',
    hint: expect.stringContaining('/etc/cron.allow'),
  });
});

test('a crontab that cron does not take stays as it was', async () => {
  const { system, scheduler } = machine();
  system.setCrontab('61 * * * * true\n');
  await expect(scheduler.install(HEALTH)).rejects.toMatchObject({
    code: 'schedule.refused',
    message: expect.stringContaining("errors in crontab file, can't install"),
  });
  expect(system.crontab()).toBe('61 * * * * true\n');
});

test('a crontab in another encoding is not touched', async () => {
  const { system, scheduler } = machine();
  system.setCrontab('# caf\ufffd\n');
  await expect(scheduler.install(HEALTH)).rejects.toMatchObject({ code: 'schedule.refused' });
  expect(system.crontab()).toBe('# caf\ufffd\n');
});
