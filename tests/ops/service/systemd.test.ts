import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createServiceManager } from '../../../src/ops/service/create.ts';
import type { ServiceManager, ServiceUnit } from '../../../src/ops/service/service-manager.ts';
import { systemStandins, type SystemStandins } from '../../standins/system/standins.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// Each question to systemd is a program that is started.
vi.setConfig({ testTimeout: 120_000 });

function unitFor(claudioHome: string, changes: Partial<ServiceUnit> = {}): ServiceUnit {
  return {
    root: '/opt/claudio',
    nodePath: process.execPath,
    programPath: '/opt/claudio/dist/src/bin.js',
    path: '/usr/local/bin:/usr/bin:/bin',
    stopLimitMs: 720_000,
    claudioHome,
    ...changes,
  };
}

function machine(options: Parameters<typeof systemStandins>[0] = {}) {
  const system = systemStandins(options);
  const userHome = temporaryFolder();
  const host = system.host({ userHome });
  const services = createServiceManager(host);
  if (services === null) throw new Error('there is no service manager');
  return { system, userHome, host, services, home: join(userHome, '.claudio') };
}

/** What was asked, without the questions, which change nothing. */
function orders(system: SystemStandins): readonly string[] {
  return system
    .calls()
    .map(({ argv }) => argv.filter((word) => !word.startsWith('--no-') && word !== '--user'))
    .filter(([verb]) => verb !== 'show' && verb !== 'show-user')
    .map((argv) => argv.join(' '));
}

async function stateOf(services: ServiceManager): Promise<string> {
  const state = await services.state();
  return Object.entries(state)
    .filter(([, value]) => value === true)
    .map(([name]) => name)
    .join(' ');
}

test('installing writes the unit, lets it outlive the logout and enables it, and does not start it', async () => {
  const { system, services, home } = machine();
  expect(await services.install(unitFor(home))).toEqual({ outcome: 'installed', findings: [] });
  expect(orders(system)).toEqual([
    'enable-linger someone',
    'daemon-reload',
    'enable claudio.service',
  ]);
  expect(await services.state()).toEqual({
    isInstalled: true,
    claudioHome: home,
    path: '/usr/local/bin:/usr/bin:/bin',
    isRunning: false,
    isStopping: false,
    wasStopped: true,
    isEnabled: true,
    survivesLogout: true,
  });
  expect(statSync(services.unitPath).mode & 0o777).toBe(0o600);
});

test('installing a second time changes nothing and orders nothing', async () => {
  const { system, services, home } = machine();
  await services.install(unitFor(home));
  const before = statSync(services.unitPath);
  system.forgetCalls();
  expect(await services.install(unitFor(home))).toEqual({ outcome: 'unchanged', findings: [] });
  expect(orders(system)).toEqual([]);
  expect(statSync(services.unitPath).ino).toBe(before.ino);
});

test('a changed unit is written anew, and still knows that lingering is ours', async () => {
  const { services, system, home } = machine();
  await services.install(unitFor(home));
  const changed = unitFor(home, { path: '/opt/new/bin:/usr/bin' });
  expect((await services.install(changed)).outcome).toBe('updated');
  expect(readFileSync(services.unitPath, 'utf8')).toContain('"PATH=/opt/new/bin:/usr/bin"');
  await services.uninstall();
  expect(system.isLingering()).toBe(false);
});

test.each([
  [
    'before it was enabled',
    (unitPath: string) => rmSync(join(unitPath, '../default.target.wants'), { recursive: true }),
  ],
  ['before the unit was written', (unitPath: string) => rmSync(unitPath)],
])('an installation that stopped %s goes on from there', async (_, undo) => {
  const { services, home } = machine();
  await services.install(unitFor(home));
  undo(services.unitPath);
  await services.install(unitFor(home));
  expect(await stateOf(services)).toBe('isInstalled wasStopped isEnabled survivesLogout');
  expect((await services.install(unitFor(home))).outcome).toBe('unchanged');
});

test('starting, restarting and stopping go to systemd', async () => {
  const { services, home } = machine();
  await services.install(unitFor(home));
  await services.start();
  expect(await stateOf(services)).toContain('isRunning');
  await services.restart();
  await services.stop();
  expect(await stateOf(services)).toContain('wasStopped');
});

test('uninstalling leaves nothing: no unit, no link, no lingering that was ours', async () => {
  const { system, services, home, userHome } = machine();
  await services.install(unitFor(home));
  await services.start();
  expect(await services.uninstall()).toBe('removed');
  expect(existsSync(services.unitPath)).toBe(false);
  expect(
    existsSync(join(userHome, '.config/systemd/user/default.target.wants/claudio.service')),
  ).toBe(false);
  expect(system.isLingering()).toBe(false);
  expect(await services.uninstall()).toBe('absent');
  expect(await stateOf(services)).toBe('wasStopped');
});

test('lingering that was on before stays on', async () => {
  const { system, services, home } = machine();
  system.setLingering(true);
  await services.install(unitFor(home));
  await services.install(unitFor(home));
  await services.uninstall();
  expect(system.isLingering()).toBe(true);
});

test('lingering stays on for another unit of the user that is enabled, but not for our own timers', async () => {
  const { system, services, home, userHome, host } = machine();
  const enable = async (name: string, text: string) => {
    writeFileSync(join(userHome, '.config/systemd/user', name), text);
    await host.run('systemctl', ['--user', 'enable', name]);
  };
  await services.install(unitFor(home));
  const timer = '[Timer]\nOnCalendar=hourly\n[Install]\nWantedBy=timers.target\n';
  await enable('claudio-backup.timer', timer);
  await services.uninstall();
  expect(system.isLingering()).toBe(false);

  await services.install(unitFor(home));
  await enable(
    'syncthing.service',
    '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=default.target\n',
  );
  await services.uninstall();
  expect(system.isLingering()).toBe(true);
});

test('lingering that is denied is said with the command that helps, and the service is installed all the same', async () => {
  const { services, home } = machine({ linger: 'denied' });
  const { outcome, findings } = await services.install(unitFor(home));
  expect(outcome).toBe('installed');
  expect(findings).toEqual([
    {
      name: 'lingering',
      state: 'warning',
      text: 'the service ends when you log out: exit code 1: Could not enable linger: Access denied',
      remedy: 'Run `sudo loginctl enable-linger someone` once.',
    },
  ]);
  expect(await stateOf(services)).toBe('isInstalled wasStopped isEnabled');
  expect((await services.install(unitFor(home))).outcome).toBe('unchanged');
  await expect(services.uninstall()).resolves.toBe('removed');
});

test('a systemd that only begins to run when lingering is turned on is waited for', async () => {
  const { services, home } = machine({ bus: 'after-lingering' });
  expect((await services.install(unitFor(home))).outcome).toBe('installed');
  expect(await stateOf(services)).toContain('isEnabled');
});

test('without a systemd of the user every order says what helps, and the state says that nothing runs', async () => {
  const { system, services, home } = machine();
  await services.install(unitFor(home));
  system.behave({ bus: 'missing' });
  const noSystemd = {
    code: 'service.refused',
    message: expect.stringMatching(
      /^No systemd runs for someone here: exit code 1: Failed to connect to bus/u,
    ),
    hint: expect.stringMatching(/sudo loginctl enable-linger someone.*claudio start/u),
  };
  await expect(services.start()).rejects.toMatchObject(noSystemd);
  await expect(services.restart()).rejects.toMatchObject(noSystemd);
  await expect(services.uninstall()).rejects.toMatchObject(noSystemd);
  expect(existsSync(services.unitPath)).toBe(true);
  expect(await stateOf(services)).toBe('isInstalled');
});

test('the unit of another home is never replaced', async () => {
  const { services, home } = machine();
  await services.install(unitFor(home));
  const before = readFileSync(services.unitPath, 'utf8');
  await expect(services.install(unitFor('/srv/other'))).rejects.toMatchObject({
    code: 'service.other-home',
    message: expect.stringContaining(home),
    hint: expect.stringContaining(`CLAUDIO_HOME='${home}' claudio uninstall`),
  });
  expect(readFileSync(services.unitPath, 'utf8')).toBe(before);
});

test('a unit that somebody copied there by hand belongs to the usual home, and is brought up to date', async () => {
  const { services, home } = machine();
  mkdirSync(join(services.unitPath, '..'), { recursive: true });
  writeFileSync(
    services.unitPath,
    '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=default.target\n',
  );
  expect((await services.state()).claudioHome).toBe(home);
  await expect(services.install(unitFor('/srv/other'))).rejects.toMatchObject({
    code: 'service.other-home',
  });
  expect((await services.install(unitFor(home))).outcome).toBe('updated');
});

test('a folder that cannot be written is named', async () => {
  const { services, home, userHome } = machine();
  writeFileSync(join(userHome, '.config'), 'not a folder');
  await expect(services.install(unitFor(home))).rejects.toMatchObject({
    code: 'service.refused',
    message: expect.stringContaining(services.unitPath),
  });
});

test('a Node that is gone is an error of the start', async () => {
  const { services, home } = machine({ runs: true });
  await services.install(unitFor(home, { nodePath: '/nonexistent/node' }));
  await expect(services.start()).rejects.toMatchObject({
    code: 'service.refused',
    message: expect.stringMatching(/^systemd did not start the service: exit code 1/u),
    hint: expect.stringContaining('journalctl --user -u claudio'),
  });
});

test('there is no service manager on Linux without systemctl, nor on other systems', () => {
  const { host } = machine();
  expect(createServiceManager({ ...host, platform: 'freebsd' })).toBeNull();
  const bare = systemStandins({ programs: ['crontab'] }).host({ userHome: temporaryFolder() });
  expect(createServiceManager(bare)).toBeNull();
});
