import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { createServiceManager } from '../../../src/ops/service/create.ts';
import type { ServiceUnit } from '../../../src/ops/service/service-manager.ts';
import { quoteArgument, quoteWord, unquoteWord } from '../../../src/ops/service/systemd-quote.ts';
import { homeOfUnit, pathOfUnit, systemdUnit } from '../../../src/ops/service/systemd-unit.ts';
import { servicePath, serviceUnit } from '../../../src/ops/service/unit.ts';
import { packageRoot } from '../../../src/platform/package.ts';
import { systemStandins } from '../../standins/system/standins.ts';
import {
  commandOf,
  environmentOf,
  parseUnitFile,
  splitWords,
  spanMs,
  valueOf,
} from '../../standins/system/unit-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// Each question to systemd is a program that is started.
vi.setConfig({ testTimeout: 120_000 });

const ANALYZE = '/usr/bin/systemd-analyze';
const USER = { name: 'someone', id: 1000, home: '/home/someone' };
/** Names that a careless unit file would break at. */
const ODD = [
  'plain',
  'with space',
  `it's "quoted"`,
  String.raw`back\slash\n`,
  '100%h %%',
  '$HOME ${PATH} $$',
  'semi;colon # hash',
  'ünïcödé 🗂',
];

function unitIn(folder: string): ServiceUnit {
  return {
    root: folder,
    nodePath: join(folder, 'node'),
    programPath: join(folder, 'bin.js'),
    claudioHome: join(folder, 'home'),
    path: `${folder}:/usr/bin`,
    stopLimitMs: 720_000,
  };
}

test.each(ODD)(
  'a unit for a folder named %j gives Node, the program and the home as they are',
  (name) => {
    const unit = unitIn(join('/opt', name));
    const file = parseUnitFile(systemdUnit(unit, 'as-it-was'));
    const environment = environmentOf(file, USER);
    expect(environment).toEqual({ CLAUDIO_HOME: unit.claudioHome, PATH: unit.path });
    const argv = commandOf(valueOf(file, 'Service', 'ExecStart') ?? '', USER, { HOME: '/wrong' });
    const command = [unit.nodePath, unit.programPath, 'start'];
    // A path that systemd takes for no program is run by the shell, which replaces itself.
    expect([command, ['/bin/sh', '-c', 'exec "$0" "$@"', ...command]]).toContainEqual(argv);
    const text = systemdUnit(unit, 'as-it-was');
    expect(homeOfUnit(text, '/home/someone')).toBe(unit.claudioHome);
    expect(pathOfUnit(text)).toBe(unit.path);
    expect(pathOfUnit(text.replaceAll(/^Environment=.*$/gmu, ''))).toBeNull();
  },
);

test.runIf(existsSync(ANALYZE)).each(ODD)(
  'systemd itself finds nothing wrong with a unit for a folder named %j',
  (name) => {
    const folder = join(temporaryFolder(), name);
    mkdirSync(folder);
    const unit = unitIn(folder);
    copyFileSync('/bin/true', unit.nodePath);
    expect(verify(systemdUnit(unit, 'turned-on-by-claudio'))).toBe('');
  },
);

test.runIf(existsSync(ANALYZE))('systemd itself would find fault with a wrong one', () => {
  const text = systemdUnit(unitIn('/nonexistent'), 'as-it-was');
  expect(verify(text)).toMatch(/Command \/nonexistent\/node is not executable/u);
  expect(verify(text.replace('Restart=always', 'Restart=perhaps'))).toMatch(/perhaps/u);
});

/** What `systemd-analyze verify` says of a unit of the user's; nothing where it is right. */
function verify(text: string): string {
  const folder = temporaryFolder();
  const file = join(folder, 'claudio.service');
  writeFileSync(file, text);
  chmodSync(folder, 0o700);
  const env = { HOME: folder, XDG_RUNTIME_DIR: folder, PATH: '/usr/bin:/bin' };
  try {
    execFileSync(ANALYZE, ['--user', 'verify', file], { env, stdio: 'pipe' });
    return '';
  } catch (error) {
    return String(error instanceof Error && 'stderr' in error ? error.stderr : error) || 'failed';
  }
}

test('whatever text is quoted comes back as it was', () => {
  const text = fc.string({ unit: 'binary' }).filter((one) => !/[\p{Cc}--[\n\r\t]]/v.test(one));
  fc.assert(
    fc.property(text, (one) => {
      expect(unquoteWord(quoteWord(one))).toBe(one);
      const line = `/bin/echo ${quoteArgument(one)}`;
      expect(commandOf(line, USER, {})).toEqual(['/bin/echo', one]);
      expect(splitWords(quoteWord(one))).toHaveLength(1);
    }),
  );
});

test('the unit goes on for years: it never gives up, but not with a wrong configuration', () => {
  const file = parseUnitFile(systemdUnit(unitIn('/opt/claudio'), 'as-it-was'));
  const service = (key: string) => valueOf(file, 'Service', key);
  expect(valueOf(file, 'Unit', 'StartLimitIntervalSec')).toBe('0');
  expect(service('Restart')).toBe('always');
  expect(service('RestartPreventExitStatus')).toBe('78');
  expect(service('KillMode')).toBe('mixed');
  expect(service('OOMPolicy')).toBe('continue');
  expect(service('NoNewPrivileges')).toBe('yes');
  expect(spanMs(service('TimeoutStopSec') ?? '')).toBe(720_000);
});

test('every setting of the unit that ships has a comment near it, and every placeholder is filled in', () => {
  const template = readFileSync(join(packageRoot(), 'deploy/claudio.service'), 'utf8');
  expect(template.split('\n').filter((line) => line.startsWith('#')).length).toBeGreaterThan(20);
  expect(systemdUnit(unitIn('/opt/claudio'), 'as-it-was')).not.toMatch(/@[A-Z_]+@/u);
});

test('the PATH of the service holds absolute folders, each once, and nothing that npm put there', () => {
  expect(
    servicePath(
      '/opt/x/node_modules/.bin:/usr/lib/node_modules/npm/bin/node-gyp-bin:/home/me/.local/bin:.:bin::/usr/bin:/home/me/.local/bin',
    ),
  ).toBe('/home/me/.local/bin:/usr/bin:/usr/local/bin:/bin');
  expect(servicePath(undefined)).toBe('/usr/local/bin:/usr/bin:/bin');
});

test('the unit of this installation runs its own Node, and may take SHUTDOWN_GRACE and more to stop', () => {
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  const host = systemStandins().host({ userHome });
  const root = packageRoot();
  expect(serviceUnit(host, home)).toEqual({
    root,
    claudioHome: home,
    nodePath: join(root, 'node_modules/.bin/node'),
    programPath: join(root, 'dist/src/bin.js'),
    path: '/usr/local/bin:/usr/bin:/bin',
    stopLimitMs: 720_000,
  });
  // That of a shell, or of cron, does not take the place of the one that it has.
  expect(serviceUnit(host, home, '/opt/mine:/usr/bin').path).toBe(
    '/opt/mine:/usr/bin:/usr/local/bin:/bin',
  );
  mkdirSync(home);
  writeFileSync(join(home, 'service.env'), 'SHUTDOWN_GRACE=3600\n');
  expect(serviceUnit(host, home).stopLimitMs).toBe(3_720_000);
});

test('a started unit has its environment and nothing of the shell that installed it', async () => {
  const system = systemStandins({ runs: true });
  const folder = join(temporaryFolder(), `it's 100% "$HOME" \\ odd`);
  mkdirSync(folder);
  const host = system.host({ userHome: temporaryFolder() });
  const unit = { ...unitIn(folder), nodePath: join(folder, 'node') };
  writeFileSync(unit.nodePath, '#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n/usr/bin/env\n');
  chmodSync(unit.nodePath, 0o755);
  const services = createServiceManager(host);
  await services?.install(unit);
  await services?.start();
  await expect
    .poll(() => system.journalOf('claudio.service'))
    .toContain(`CLAUDIO_HOME=${unit.claudioHome}`);
  const lines = system.journalOf('claudio.service').split('\n');
  expect(lines.slice(0, 3)).toEqual([unit.nodePath, unit.programPath, 'start']);
  expect(lines).toContain(`PATH=${unit.path}`);
});
