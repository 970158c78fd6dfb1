import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataDiagnoses } from '../../../src/ops/doctor/data.ts';
import { mendAll } from '../../../src/ops/doctor/diagnosis.ts';
import { examine, type Examination } from '../../../src/ops/doctor/doctor.ts';
import { createScheduler } from '../../../src/ops/schedule/create.ts';
import { createServiceManager } from '../../../src/ops/service/create.ts';
import { serviceUnit } from '../../../src/ops/service/unit.ts';
import type { ServiceManager } from '../../../src/ops/service/service-manager.ts';
import { viewOf, type Site } from '../../../src/ops/status/site.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { packageRoot } from '../../../src/platform/package.ts';
import { cloudflaredStandin } from '../../standins/cloudflared/standin.ts';
import { systemStandins } from '../../standins/system/standins.ts';
import { testClock } from '../../support/clock.ts';
import { siteRig, type SiteRig } from '../status/rig.ts';

function group({ groups }: Examination, title: string) {
  return groups.find((one) => one.title === title)?.diagnoses ?? [];
}

function diagnosis(examination: Examination, title: string, name: string) {
  return group(examination, title).find((one) => one.name === name);
}

function servicesOf({ services }: Site): ServiceManager {
  if (services === null) throw new Error('no service manager');
  return services;
}

/** Installs the unit, as `claudio install` would. */
async function installed(rig: SiteRig): Promise<ServiceManager> {
  const site = rig.site();
  const services = servicesOf(site);
  await services.install(serviceUnit(site.host, rig.home));
  return services;
}

test('an installation is looked at group by group, and what is in order says what it is', async () => {
  const rig = await siteRig();
  rig.settings('WEBHOOK_SECRET="made-up"\n');
  openDatabase(join(rig.home, 'claudio.db')).close();
  await installed(rig);
  const examination = await examine(rig.site());
  expect(examination.verdict).toBe('not-running');
  expect(examination.groups.map(({ title }) => title)).toEqual([
    'Machine',
    'Configuration',
    'Claude Code',
    'Telegram',
    'Tunnel',
    'Service',
    'Data',
    'Memory',
    'Backup',
  ]);
  const fine = examination.groups.flatMap(({ title, diagnoses }) =>
    diagnoses.filter(({ state }) => state === 'ok').map(({ name }) => `${title}: ${name}`),
  );
  expect(fine).toEqual([
    'Machine: node',
    'Machine: home',
    'Machine: files',
    'Machine: disk',
    'Machine: clock',
    'Configuration: settings',
    'Configuration: folder',
    'Configuration: policy',
    'Claude Code: claude',
    'Telegram: bot',
    'Telegram: chat',
    'Service: port',
    'Service: unit',
    'Service: lingering',
    'Data: database',
    'Data: audit',
    'Memory: words',
    'Memory: vectors',
    'Memory: budget',
  ]);
  expect(diagnosis(examination, 'Telegram', 'bot')?.text).toBe('@claudio_test_bot');
  expect(diagnosis(examination, 'Data', 'database')?.text).toMatch(/^sound, 0\.\d MB$/u);
});

test('what can be mended is mended, and a second look finds it well', async () => {
  const rig = await siteRig();
  rig.settings('PORT="1"\n');
  openDatabase(join(rig.home, 'claudio.db')).close();
  const services = await installed(rig);
  writeFileSync(
    services.unitPath,
    readFileSync(services.unitPath, 'utf8').replace(/^KillMode=.*$/mu, 'KillMode=process'),
  );
  rig.system.setLingering(false);
  chmodSync(rig.home, 0o755);
  chmodSync(join(rig.home, 'service.env'), 0o644);
  chmodSync(join(rig.home, 'claudio.db'), 0o640);

  const before = await examine(rig.site());
  const wrong = before.groups.flatMap(({ diagnoses }) =>
    diagnoses.filter(({ mend }) => mend !== undefined).map(({ name }) => name),
  );
  expect(wrong).toEqual(['home', 'files', 'secret', 'unit', 'lingering', 'health check', 'link']);
  const mended = await mendAll(before.groups);
  expect(mended.filter(({ isDone }) => !isDone)).toEqual([]);
  expect(mended.map(({ text }) => text).join('\n')).toMatch(
    /Closed .*\.claudio to others\.\nClosed .*service\.env.*claudio\.db.* to others\.\nMade a WEBHOOK_SECRET/u,
  );

  expect(statSync(rig.home).mode & 0o777).toBe(0o700);
  expect(statSync(join(rig.home, 'service.env')).mode & 0o777).toBe(0o600);
  expect(statSync(join(rig.home, 'claudio.db')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(rig.home, 'service.env'), 'utf8')).toMatch(
    /^PORT="1"\nWEBHOOK_SECRET="[\w-]{43}"\n$/u,
  );
  expect(readFileSync(services.unitPath, 'utf8')).toMatch(/^KillMode=mixed$/mu);
  expect(rig.system.isLingering()).toBe(true);
  expect(rig.system.crontab()).toMatch(/health-check/u);
  expect(realpathSync(join(rig.userHome, '.local/bin/claudio'))).toBe(
    join(packageRoot(), 'deploy/claudio'),
  );
  const after = await examine(rig.site());
  expect(
    after.groups.flatMap(({ diagnoses }) => diagnoses.filter(({ mend }) => mend !== undefined)),
  ).toEqual([]);
  expect(await mendAll(after.groups)).toEqual([]);
});

test('an examination changes nothing', async () => {
  const rig = await siteRig();
  rig.settings('PORT="1"\n');
  const file = join(rig.home, 'service.env');
  chmodSync(rig.home, 0o755);
  chmodSync(file, 0o644);
  await examine(rig.site());
  expect(statSync(rig.home).mode & 0o777).toBe(0o755);
  expect(statSync(file).mode & 0o777).toBe(0o644);
  expect(readFileSync(file, 'utf8')).toBe('PORT="1"\n');
  expect(existsSync(join(rig.home, 'claudio.db'))).toBe(false);
  const asked = rig.system
    .calls()
    .map(({ program, argv }) => [program, argv.find((word) => /^(?:-l|[a-z])/u.test(word))]);
  expect(new Set(asked.map((one) => one.join(' ')))).toEqual(
    new Set(['systemctl show', 'loginctl show-user', 'crontab -l']),
  );
});

test('what cannot be mended is told, and what is not ours is left alone', async () => {
  const rig = await siteRig();
  await installed(rig);
  rig.system.setLingering(false);
  rig.system.behave({ linger: 'denied' });
  mkdirSync(join(rig.userHome, '.local/bin'), { recursive: true });
  const link = join(rig.userHome, '.local/bin/claudio');
  symlinkSync('/bin/true', link);
  const mended = await mendAll((await examine(rig.site())).groups);
  expect(mended.find(({ name }) => name === 'lingering')).toEqual({
    name: 'lingering',
    isDone: false,
    text: expect.stringMatching(/sudo loginctl enable-linger someone/u),
  });
  expect(mended.find(({ name }) => name === 'link')).toMatchObject({ isDone: false });
  expect(realpathSync(link)).toBe(realpathSync('/bin/true'));
});

test('a unit of another home is told and not touched', async () => {
  const rig = await siteRig();
  const site = rig.site();
  const services = servicesOf(site);
  await services.install(serviceUnit(site.host, join(rig.userHome, 'other home')));
  const before = readFileSync(services.unitPath, 'utf8');
  const examination = await examine(rig.site());
  expect(diagnosis(examination, 'Service', 'unit')).toMatchObject({
    state: 'failed',
    text: expect.stringMatching(/claudio\.service is that of .*other home$/u),
  });
  await mendAll(examination.groups);
  expect(readFileSync(services.unitPath, 'utf8')).toBe(before);
});

test('the unit of an installing shell with another PATH is up to date all the same', async () => {
  const rig = await siteRig();
  await installed(rig);
  rig.environment['PATH'] = `${rig.userHome}/other:/usr/bin:/bin`;
  expect(diagnosis(await examine(rig.site()), 'Service', 'unit')?.state).toBe('ok');
});

test('a machine without systemd, and a user without a bus, are looked at all the same', async () => {
  const rig = await siteRig();
  const bare = systemStandins({ programs: [] });
  const { userHome, environment } = rig;
  const host = bare.host({ userHome, environment });
  const site = rig.site({
    services: createServiceManager(host),
    scheduler: createScheduler(host),
    host,
  });
  const examination = await examine(site);
  expect(diagnosis(examination, 'Service', 'unit')).toMatchObject({ state: 'off' });
  expect(diagnosis(examination, 'Service', 'health check')?.text).toBe(
    'there is neither cron nor systemd to run it',
  );
  rig.system.behave({ bus: 'missing' });
  expect(diagnosis(await examine(rig.site()), 'Service', 'unit')).toMatchObject({
    state: 'off',
    text: 'not installed',
  });
});

test('a home that is missing is made by the cure, and one that is a file is not', async () => {
  const rig = await siteRig();
  rmSync(rig.home, { recursive: true });
  const missing = await examine(rig.site());
  expect(diagnosis(missing, 'Machine', 'home')?.text).toBe(`${rig.home} is not there`);
  await mendAll(missing.groups);
  expect(statSync(rig.home).mode & 0o777).toBe(0o700);
  rmSync(rig.home, { recursive: true });
  writeFileSync(rig.home, '');
  expect(diagnosis(await examine(rig.site()), 'Machine', 'home')).toMatchObject({
    state: 'failed',
    text: `${rig.home} is not a folder`,
  });
});

test('a folder to work in that is not there is told and not made', async () => {
  const rig = await siteRig();
  rig.environment['CLAUDE_WORK_DIR'] = join(rig.userHome, 'projects');
  const examination = await examine(rig.site());
  expect(group(examination, 'Configuration')).toContainEqual(
    expect.objectContaining({
      state: 'warning',
      text: expect.stringContaining('CLAUDE_WORK_DIR is'),
    }),
  );
  await mendAll(examination.groups);
  expect(existsSync(join(rig.userHome, 'projects'))).toBe(false);
});

test('a token that was revoked, a chat that refuses and no network are told apart', async () => {
  const rig = await siteRig();
  rig.api.fault({ method: 'sendChatAction' }, { kind: 'blocked' });
  const blocked = await examine(rig.site());
  expect(diagnosis(blocked, 'Telegram', 'chat')).toMatchObject({
    state: 'failed',
    text: '1001 cannot be written to: Forbidden: bot was blocked by the user',
    remedy: expect.stringContaining('https://t.me/claudio_test_bot'),
  });
  rig.environment['TELEGRAM_BOT_TOKEN'] = '2:revoked';
  expect(diagnosis(await examine(rig.site()), 'Telegram', 'bot')?.text).toMatch(/was revoked$/u);
  rig.environment['TELEGRAM_API_ROOT'] = 'http://127.0.0.1:1';
  expect(diagnosis(await examine(rig.site()), 'Telegram', 'bot')?.text).toBe(
    'Telegram cannot be reached: connection refused',
  );
});

test('a clock that is wrong is told by how much', async () => {
  const rig = await siteRig();
  const ahead = await examine(rig.site({ clock: testClock(Date.now() + 3_600_000) }));
  expect(diagnosis(ahead, 'Machine', 'clock')).toMatchObject({
    state: 'failed',
    text: expect.stringMatching(/^(?:59 min 5\d s|1 h) ahead of Telegram's$/u),
  });
  const behind = await examine(rig.site({ clock: testClock(Date.now() - 3_600_000) }));
  expect(diagnosis(behind, 'Machine', 'clock')?.text).toMatch(/behind Telegram's$/u);
});

test('a tunnel is looked at as to its program, its credentials and its rules', async () => {
  const rig = await siteRig();
  rig.environment['TUNNEL_NAME'] = 'claudio';
  rig.environment['TUNNEL_HOSTNAME'] = 'claudio.example.com';
  expect(group(await examine(rig.site()), 'Tunnel')).toMatchObject([
    { name: 'cloudflared', state: 'failed', text: 'cloudflared is not installed' },
    { name: 'tunnel', state: 'off' },
  ]);
  const cloudflared = cloudflaredStandin();
  rig.environment['CLOUDFLARED_BIN'] = cloudflared.path;
  const config = join(rig.home, 'cloudflared.yml');
  writeFileSync(config, 'ingress:\n  - hostname: a.example.com\n    service: http://127.0.0.1:1\n');
  expect(group(await examine(rig.site()), 'Tunnel')).toMatchObject([
    { name: 'cloudflared', state: 'ok' },
    { name: 'credentials', state: 'failed', text: `there is no ${rig.home}/tunnel.json` },
    { name: 'rules', state: 'failed', text: expect.stringContaining('cloudflared refuses') },
    { name: 'tunnel', state: 'off' },
  ]);
  writeFileSync(config, 'ingress:\n  - service: http_status:404\n');
  expect(diagnosis(await examine(rig.site()), 'Tunnel', 'rules')).toMatchObject({ state: 'ok' });
});

test('a database that is damaged, of another version, or has rows that refer to nothing, is told', async () => {
  const rig = await siteRig();
  const path = join(rig.home, 'claudio.db');
  const seen = async () => (await dataDiagnoses(await viewOf(rig.site())))[0];
  expect(await seen()).toMatchObject({ state: 'off' });

  const database = openDatabase(path);
  const sqlite = database.orm.$client;
  sqlite.pragma('foreign_keys = OFF');
  sqlite.prepare("INSERT INTO restarts VALUES (999, 999, 1, 'why', 0, NULL)").run();
  expect(await seen()).toMatchObject({
    state: 'failed',
    text: expect.stringMatching(/^damaged: /u),
  });
  sqlite.prepare('DELETE FROM restarts').run();
  expect(await seen()).toMatchObject({ state: 'ok' });
  sqlite
    .prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)')
    .run('x', 9e12);
  expect((await seen())?.text).toBe('written by a newer version of Claudio');
  sqlite.prepare('DELETE FROM __drizzle_migrations WHERE created_at > 1e12 AND hash = ?').run('x');
  sqlite
    .prepare(
      'DELETE FROM __drizzle_migrations WHERE created_at = (SELECT max(created_at) FROM __drizzle_migrations)',
    )
    .run();
  expect((await seen())?.text).toBe('that of an older version');
  database.close();
  writeFileSync(path, 'x'.repeat(10_000));
  expect(await seen()).toMatchObject({
    state: 'failed',
    text: 'damaged: file is not a database',
    remedy: expect.stringContaining('claudio backup restore'),
  });
});
