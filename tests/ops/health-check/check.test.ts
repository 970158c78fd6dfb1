import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MANIFEST_NAME } from '../../../src/ops/backup/manifest.ts';
import { mountDisk } from '../backup/place.ts';
import { healthRig, MINUTE_MS, type HealthRig } from './rig.ts';

const WELL = { checks: { database: { ok: true }, webhook: { ok: true } } };

function missTheBackup(rig: HealthRig): void {
  rig.environment['BACKUP_DEST'] = join(rig.home, '../nowhere');
}

test('an update that was cut off is brought to its end before the service is looked at', async () => {
  const rig = await healthRig();
  rig.finishUpdate = async () => {
    await rig.answer(WELL);
    return '2.0.0';
  };
  const found = await rig.run();
  expect(found.slice(0, 2)).toMatchObject([
    { name: 'service', state: 'ok' },
    {
      name: 'update',
      state: 'ok',
      text: 'the one to 2.0.0 was cut off, and is brought to its end now',
    },
  ]);
  expect(rig.told()).toEqual([]);
});

test('an update that was cut off and cannot be brought to its end is told, with what to do', async () => {
  const rig = await healthRig();
  rig.finishUpdate = () => Promise.reject(new Error('git is not installed.'));
  await rig.run();
  expect(rig.told()).toHaveLength(1);
  expect(rig.told()[0]).toMatch(
    /^⚠️ An update was cut off, and cannot be brought to its end: git is not installed\.\n[^]*→ Run claudio update in a terminal/u,
  );
  rig.finishUpdate = () => Promise.resolve(null);
  await rig.run();
  expect(rig.told()[1]).toMatch(/^✅ An update is well again/u);
});

test('where all is well nothing is told, and nothing but a note is left', async () => {
  const rig = await healthRig();
  await rig.answer(WELL);
  const found = await rig.run();
  expect(found.filter(({ state }) => state !== 'ok' && state !== 'off')).toEqual([]);
  expect(found.map(({ name }) => name)).toEqual([
    'service',
    'update',
    'settings',
    'health: database',
    'health: webhook',
    'disk',
    'disk of work',
    'disk of backups',
    'backup',
    'errors',
    'restarts',
    'leftovers',
    'logs',
    'home',
  ]);
  expect(rig.told()).toEqual([]);
  expect(rig.complaints).toEqual([]);
  expect(statSync(join(rig.home, '.health_check.json')).mode & 0o777).toBe(0o600);
});

test('where nothing was ever set up it leaves nothing behind', async () => {
  const rig = await healthRig();
  rmSync(rig.home, { recursive: true });
  expect(await rig.run()).toMatchObject([{ name: 'service', state: 'off' }]);
  expect(existsSync(rig.home)).toBe(false);
  expect(existsSync(rig.spareFolder)).toBe(false);
});

test('several things that are wrong come as one message, and each end is told', async () => {
  const rig = await healthRig();
  await rig.answer(WELL);
  missTheBackup(rig);
  rig.environment['DISK_USAGE_THRESHOLD'] = '1';
  await rig.run();
  expect(rig.told()).toHaveLength(1);
  expect(rig.told()[0]).toContain('⚠️ The backup has nowhere to go');
  expect(rig.told()[0]).toContain(`⚠️ The disk of ${rig.home} is`);
  rig.clock.advance(25 * MINUTE_MS);
  await rig.run();
  expect(rig.told()).toHaveLength(1);
  rig.environment['DISK_USAGE_THRESHOLD'] = '100';
  rig.clock.advance(5 * MINUTE_MS);
  await rig.run();
  expect(rig.told()).toHaveLength(2);
  expect(rig.told()[1]).toMatch(
    /^⚠️ The backup has nowhere to go[^]*for 30 min\.[^]*✅ The disk of .* is well again, after 30 min\.$/u,
  );
});

test('a backup that is older than BACKUP_MAX_AGE is told, with since when', async () => {
  const rig = await healthRig();
  await rig.answer(WELL);
  const dest = join(rig.home, '../backups');
  const snapshot = join(dest, 'claudio-backups/hourly/2026-01-15_0000');
  mkdirSync(snapshot, { recursive: true });
  const manifest = {
    format: 1,
    sequence: 1,
    takenAtMs: rig.clock.now() - 119 * MINUTE_MS,
    version: '1.0.0',
    home: rig.home,
    keep: { hourlyCount: 24, dailyCount: 7 },
    database: null,
    entries: [],
    leftOut: [],
  };
  writeFileSync(join(snapshot, MANIFEST_NAME), JSON.stringify(manifest));
  rig.environment['BACKUP_DEST'] = dest;
  expect(await rig.runFor('backup')).toMatchObject({ state: 'ok' });
  rig.clock.advance(5 * MINUTE_MS);
  expect(await rig.runFor('backup')).toMatchObject({ state: 'failed', text: 'is 2 h 4 min old' });
  expect(rig.told()).toEqual([
    '⚠️ The backup is older than 2 h.\nSince 03:11, for 4 min.\n' +
      '→ claudio backup takes one now, and says what is in the way.',
  ]);
});

test.each([
  ['Telegram is away', { kind: 'drop', moment: 'before' }],
  ['Telegram asks to wait', { kind: 'rate-limited', retryAfterSeconds: 5 }],
  ['the chat is blocked', { kind: 'blocked' }],
] as const)(
  'while %s nothing is lost: it is told as soon as the chat can be reached',
  async (_, fault) => {
    const rig = await healthRig();
    await rig.answer(WELL);
    missTheBackup(rig);
    const away = rig.api.fault({ method: 'sendMessage' }, fault);
    await rig.run();
    expect(away.hitCount).toBe(1);
    expect(rig.complaints).toEqual([expect.stringContaining('could not be told')]);
    away.lift();
    rig.clock.advance(5 * MINUTE_MS);
    await rig.run();
    expect(rig.told()).toEqual([expect.stringContaining('Since 03:10, for 5 min.')]);
  },
);

test('what came and went while the chat could not be reached is told afterwards', async () => {
  const rig = await healthRig();
  await rig.answer(WELL);
  missTheBackup(rig);
  const away = rig.api.fault({ method: 'sendMessage' }, { kind: 'drop', moment: 'before' });
  await rig.run();
  rig.environment['BACKUP_DEST'] = '';
  rig.environment['DISK_USAGE_THRESHOLD'] = '1';
  rig.clock.advance(5 * MINUTE_MS);
  await rig.run();
  rig.environment['DISK_USAGE_THRESHOLD'] = '100';
  rig.clock.advance(5 * MINUTE_MS);
  await rig.run();
  away.lift();
  rig.clock.advance(5 * MINUTE_MS);
  await rig.run();
  expect(rig.told()).toEqual([
    expect.stringMatching(
      /^✅ The disk of .* after 5 min\.\nThis chat could not be reached meanwhile: from 03:15 on it is \d+ % full/u,
    ),
  ]);
});

test('without a token and a chat it says so, and tells as soon as there are some', async () => {
  const rig = await healthRig();
  await rig.answer(WELL);
  missTheBackup(rig);
  const { TELEGRAM_BOT_TOKEN = '' } = rig.environment;
  delete rig.environment['TELEGRAM_BOT_TOKEN'];
  const found = await rig.run();
  expect(found.find(({ name }) => name === 'settings')).toMatchObject({ state: 'failed' });
  expect(rig.complaints).toEqual([expect.stringContaining('do not say which bot')]);
  rig.environment['TELEGRAM_BOT_TOKEN'] = TELEGRAM_BOT_TOKEN;
  await rig.run();
  expect(rig.told()).toEqual([expect.stringContaining('The backup has nowhere to go')]);
});

test('a home that cannot be written is told in the chat and in the output, and not every five minutes', async () => {
  const rig = await healthRig();
  await rig.answer(WELL);
  // A folder in the way refuses what a full disk refuses, to root as well.
  mkdirSync(join(rig.home, '.health_check.json', 'x'), { recursive: true });
  for (let count = 0; count < 5; count += 1) {
    await rig.run();
    rig.clock.advance(5 * MINUTE_MS);
  }
  expect(rig.told()).toEqual([expect.stringContaining('⚠️ The home folder cannot be written')]);
  expect(rig.complaints).toHaveLength(5);
  expect(rig.complaints[0]).toContain('The home folder cannot be written');
  rmSync(join(rig.home, '.health_check.json'), { recursive: true });
  await rig.run();
  expect(rig.told()[1]).toBe('✅ The home folder is well again, after 25 min.');
});

test('where not even the temporary folder can be written, it is told all the same', async () => {
  const rig = await healthRig();
  await rig.answer(WELL);
  mkdirSync(join(rig.home, '.health_check.json', 'x'), { recursive: true });
  mkdirSync(rig.spareFolder, { mode: 0o755 });
  for (let minute = 10; minute < 70; minute += 5) {
    await rig.run();
    // At half past and at the full hour: nobody can remember that it was told.
    expect(rig.told()).toHaveLength(minute < 30 ? 0 : minute < 60 ? 1 : 2);
    rig.clock.advance(5 * MINUTE_MS);
  }
  expect(rig.told()[0]).toContain('The home folder cannot be written');
  expect(rig.complaints.join('\n')).toContain('Free some space');
});

test('on a full disk that the temporary folder is on too, it is remembered what was told', async (context) => {
  const rig = await healthRig();
  if (!mountDisk(rig.home, 1)) context.skip('this user may mount nothing');
  await rig.answer(WELL);
  mkdirSync(rig.spareFolder, { mode: 0o755 });
  await rig.run();
  const fill = openSync(join(rig.home, 'fill'), 'w');
  expect(() => {
    for (;;) writeSync(fill, Buffer.alloc(4096));
  }).toThrow('ENOSPC');
  closeSync(fill);
  for (let count = 0; count < 6; count += 1) {
    rig.clock.advance(5 * MINUTE_MS);
    await rig.run();
    expect(rig.told()).toHaveLength(1);
  }
  expect(rig.told()[0]).toContain('The home folder cannot be written');
  rmSync(join(rig.home, 'fill'));
  await rig.run();
  expect(rig.told()[1]).toContain('✅ The home folder is well again');
});

test('what a check of /health says twice in a row is told with its remedy, what it says once is not', async () => {
  const rig = await healthRig();
  const wrong = { ok: false, state: 'registered elsewhere', remedy: 'Registering it again.' };
  await rig.answer({ checks: { webhook: wrong } });
  await rig.run();
  await rig.answer(WELL);
  rig.clock.advance(5 * MINUTE_MS);
  await rig.run();
  expect(rig.told()).toEqual([]);
  await rig.answer({
    checks: { webhook: wrong, claude: { ok: false, remedy: 'Run `claude`, then /login.' } },
  });
  for (let count = 0; count < 2; count += 1) {
    rig.clock.advance(5 * MINUTE_MS);
    await rig.run();
  }
  expect(rig.told()).toEqual([
    '⚠️ The webhook is not as it should be (registered elsewhere).\nSince 03:20, for 5 min.\n→ Registering it again.\n\n' +
      '⚠️ Claude Code cannot be used.\nSince 03:20, for 5 min.\n→ Run claude, then /login.',
  ]);
});

test('a full disk is told once, whoever saw it', async () => {
  const rig = await healthRig();
  rig.environment['DISK_USAGE_THRESHOLD'] = '1';
  await rig.answer({ checks: { disk: { ok: false, remedy: 'Free some space.' } } });
  await rig.run();
  rig.clock.advance(5 * MINUTE_MS);
  await rig.run();
  expect(rig.told()).toHaveLength(1);
  expect(rig.told()[0]?.match(/⚠️/gu)).toHaveLength(1);
});

test('settings with which the service would not start again are told while it runs', async () => {
  const rig = await healthRig();
  await rig.answer(WELL);
  writeFileSync(join(rig.home, 'service.env'), 'PROGRESS=loud\n');
  await rig.run();
  expect(rig.told()).toEqual([
    expect.stringMatching(
      /^⚠️ The settings have a fault, with which the service will not start again: PROGRESS must be/u,
    ),
  ]);
});

test('no secret is told, printed or kept, whatever a check says', async () => {
  const rig = await healthRig();
  const secret = 'made-up-secret-of-a-test';
  rig.environment['WEBHOOK_SECRET'] = secret;
  await rig.answer({
    checks: { tunnel: { ok: false, reason: `bad ${secret}`, remedy: `Change ${secret}.` } },
  });
  await rig.run();
  rig.clock.advance(5 * MINUTE_MS);
  const found = await rig.run();
  expect(rig.told()).toHaveLength(1);
  const note = readFileSync(join(rig.home, '.health_check.json'), 'utf8');
  for (const text of [...rig.told(), JSON.stringify(found), note]) {
    expect(text).toContain('[redacted]');
    expect(text).not.toContain(secret);
    expect(text).not.toContain(rig.api.token);
  }
});

test('a burst of errors in the log is told, and that it is over', async () => {
  const rig = await healthRig();
  await rig.answer(WELL);
  const time = new Date(rig.clock.now() - MINUTE_MS).toISOString();
  const line = `${JSON.stringify({ level: 'error', time, event: 'turn.failed' })}\n`;
  appendFileSync(join(rig.home, 'claudio.log'), line.repeat(27));
  await rig.run();
  expect(rig.told()).toEqual([
    '⚠️ The log has 27 errors in the last 5 minutes, the last one turn.failed.\n' +
      'Since 03:09, for 1 min.\n→ claudio log --level error shows them.',
  ]);
  rig.clock.advance(5 * MINUTE_MS);
  await rig.run();
  expect(rig.told()[1]).toBe('✅ The log is well again, after 6 min.');
});
