import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createServiceManager } from '../../../src/ops/service/create.ts';
import { homeOfAgent, launchdAgent, pathOfAgent } from '../../../src/ops/service/launchd-agent.ts';
import type { ServiceUnit } from '../../../src/ops/service/service-manager.ts';
import { parsePlist } from '../../standins/system/plist.ts';
import { systemStandins, type SystemStandins } from '../../standins/system/standins.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// Each question to launchd is a program that is started.
vi.setConfig({ testTimeout: 120_000 });

const LABEL = 'com.claudio.server';
const USER_ID = process.getuid?.() ?? 0;

function unitFor(claudioHome: string, changes: Partial<ServiceUnit> = {}): ServiceUnit {
  return {
    root: '/opt/claudio',
    nodePath: '/opt/claudio/node',
    programPath: '/opt/claudio/bin.js',
    path: '/usr/local/bin:/usr/bin:/bin',
    stopLimitMs: 720_000,
    claudioHome,
    ...changes,
  };
}

function mac(options: Parameters<typeof systemStandins>[0] = {}) {
  const system = systemStandins(options);
  const userHome = temporaryFolder();
  const host = system.host({ userHome, platform: 'darwin' });
  const services = createServiceManager(host);
  if (services === null) throw new Error('there is no service manager');
  return { system, services, home: join(userHome, '.claudio') };
}

/** What launchd was told to do, without the questions. */
function orders(system: SystemStandins): readonly string[] {
  return system
    .calls('launchctl')
    .filter(({ argv }) => argv[0] !== 'print')
    .map(({ argv }) => argv.join(' '));
}

test.each(['plain', 'with space', `it's "quoted"`, 'a&b <c> ]]> &amp; %h $HOME', 'ünïcödé 🗂'])(
  'the agent for a folder named %j is a property list with the paths as they are',
  (name) => {
    const folder = join('/Users', name);
    const unit = unitFor(join(folder, 'home'), {
      nodePath: join(folder, 'node'),
      programPath: join(folder, 'bin.js'),
      path: `${folder}:/usr/bin`,
    });
    const text = launchdAgent(unit, join(folder, 'stderr.log'));
    expect([homeOfAgent(text), pathOfAgent(text)]).toEqual([unit.claudioHome, unit.path]);
    expect(parsePlist(text)).toEqual({
      Label: LABEL,
      ProgramArguments: [unit.nodePath, unit.programPath, 'start'],
      EnvironmentVariables: { CLAUDIO_HOME: unit.claudioHome, PATH: unit.path },
      RunAtLoad: true,
      KeepAlive: true,
      ThrottleInterval: 30,
      ExitTimeOut: 720,
      ProcessType: 'Interactive',
      StandardErrorPath: join(folder, 'stderr.log'),
    });
  },
);

test.each([
  ['a tag that is not closed', (text: string) => text.replace('</array>', '')],
  ['a bare &', (text: string) => text.replace('<string>start', '<string>a & b')],
  ['a key twice', (text: string) => text.replace('RunAtLoad', 'Label')],
  ['two hyphens in a comment', (text: string) => text.replace('<!-- Seconds', '<!-- -- Seconds')],
  ['something behind it', (text: string) => `${text}<true/>`],
])('the check of property lists finds %s', (_, spoil) => {
  const text = launchdAgent(unitFor('/Users/me/.claudio'), '/tmp/x');
  expect(() => parsePlist(text)).not.toThrow();
  expect(() => parsePlist(spoil(text))).toThrow();
});

test('installing writes the agent and starts nothing; a second time it changes nothing', async () => {
  const { system, services, home } = mac();
  expect(await services.install(unitFor(home))).toEqual({ outcome: 'installed', findings: [] });
  expect(orders(system)).toEqual([]);
  expect(await services.state()).toEqual({
    isInstalled: true,
    claudioHome: home,
    path: unitFor(home).path,
    isRunning: false,
    isStopping: false,
    wasStopped: true,
    isEnabled: true,
    survivesLogout: null,
  });
  expect((await services.install(unitFor(home))).outcome).toBe('unchanged');
  expect((await services.install(unitFor(home, { path: '/opt/bin' }))).outcome).toBe('updated');
});

test('a start loads the agent, and a second one does nothing', async () => {
  const { system, services, home } = mac();
  await services.install(unitFor(home));
  await services.start();
  await services.start();
  expect(orders(system)).toEqual([
    `enable gui/${USER_ID}/${LABEL}`,
    `bootstrap gui/${USER_ID} ${services.unitPath}`,
  ]);
  expect(await services.state()).toMatchObject({ isRunning: true, wasStopped: false });
});

test('a restart waits until launchd has let go of the agent, and never kills it', async () => {
  const { system, services, home } = mac();
  await services.install(unitFor(home));
  await services.start();
  system.forgetCalls();
  await services.restart();
  expect(orders(system)).toEqual([
    `bootout gui/${USER_ID}/${LABEL}`,
    `enable gui/${USER_ID}/${LABEL}`,
    `bootstrap gui/${USER_ID} ${services.unitPath}`,
  ]);
  expect((await services.state()).isRunning).toBe(true);
});

test('a stop and an uninstall leave nothing running, and may be repeated', async () => {
  const { services, home } = mac();
  await services.install(unitFor(home));
  await services.start();
  await services.stop();
  expect(await services.state()).toMatchObject({ isRunning: false, wasStopped: true });
  await services.stop();
  await services.start();
  expect(await services.uninstall()).toBe('removed');
  expect(existsSync(services.unitPath)).toBe(false);
  expect(await services.uninstall()).toBe('absent');
});

test('the process of the agent is really asked to stop, and runs anew with what was installed since', async () => {
  const { system, services, home } = mac({ runs: true });
  mkdirSync(home);
  const program = join(home, 'program');
  writeFileSync(
    program,
    '#!/bin/sh\necho "began $GREETING in $CLAUDIO_HOME"\ntrap "echo ended; exit 0" TERM\nwhile :; do sleep 0.05; done\n',
  );
  chmodSync(program, 0o755);
  await services.install(unitFor(home, { nodePath: program, path: '/bin:/usr/bin' }));
  await services.start();
  await expect.poll(() => system.journalOf(LABEL)).toContain(`in ${home}`);
  const first = system.pidOf(LABEL);
  await services.install(unitFor(home, { nodePath: program, path: '/usr/bin:/bin' }));
  await services.restart();
  expect(system.pidOf(LABEL)).not.toBe(first);
  await expect.poll(() => system.journalOf(LABEL).match(/began/gu)).toHaveLength(2);
  expect(system.journalOf(LABEL).match(/ended/gu)).toHaveLength(1);
  expect(existsSync(join(home, 'claudio.stderr.log'))).toBe(true);
});

test('where nobody is logged in at the screen, that is said', async () => {
  const { services, home } = mac({ gui: 'missing' });
  await services.install(unitFor(home));
  await expect(services.start()).rejects.toMatchObject({
    code: 'service.refused',
    message: expect.stringMatching(
      /^someone is not logged in at the screen of this Mac: exit code 125/u,
    ),
  });
});

test('the agent of another home is never replaced', async () => {
  const { services, home } = mac();
  await services.install(unitFor(home));
  const before = readFileSync(services.unitPath, 'utf8');
  await expect(services.install(unitFor('/Users/me/other'))).rejects.toMatchObject({
    code: 'service.other-home',
  });
  expect(readFileSync(services.unitPath, 'utf8')).toBe(before);
});
