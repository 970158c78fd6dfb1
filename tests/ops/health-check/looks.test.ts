import { chmodSync, existsSync, mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backupFinding } from '../../../src/ops/backup/finding.ts';
import { lookAtBackups } from '../../../src/ops/health-check/backups.ts';
import { lookAtDisks } from '../../../src/ops/health-check/disks.ts';
import { lookAtReport } from '../../../src/ops/health-check/reported.ts';
import { createHost } from '../../../src/platform/host.ts';
import { testClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const host = createHost({ HOME: '/nonexistent', PATH: '/usr/bin:/bin' });
const HOUR_MS = 3_600_000;

/** How full the disk of a folder is, in percent, as df(1) counts. */
function usedPercent(folder: string): number {
  const { blocks, bfree, bavail } = statfsSync(folder);
  return ((blocks - bfree) / (blocks - bfree + bavail)) * 100;
}

test('a disk above the threshold is told with what is left of it, one at it is not', async () => {
  const home = temporaryFolder();
  const used = usedPercent(home);
  expect(used).toBeGreaterThan(0);
  const [full] = await lookAtDisks(host, [{ name: 'disk', path: home }], used - 0.5);
  expect(full).toMatchObject({
    name: 'disk',
    subject: `The disk of ${home}`,
    state: 'failed',
    text: expect.stringMatching(/^is \d+ % full, with [\d.]+ GB free$/u) as string,
    remedy: expect.stringContaining('DISK_USAGE_THRESHOLD') as string,
  });
  const [fine] = await lookAtDisks(host, [{ name: 'disk', path: home }], Math.min(100, used + 0.5));
  expect(fine?.state).toBe('ok');
});

test('each disk is looked at once, and a folder that is not there is no question', async () => {
  const home = temporaryFolder();
  const work = join(home, 'work');
  mkdirSync(work);
  const found = await lookAtDisks(
    host,
    [
      { name: 'disk', path: home },
      { name: 'disk of work', path: work },
      { name: 'disk of backups', path: join(home, 'gone') },
      { name: 'disk of nothing', path: undefined },
    ],
    0.0001,
  );
  expect(found.map(({ name, state }) => [name, state])).toEqual([
    ['disk', 'failed'],
    ['disk of work', 'off'],
    ['disk of backups', 'off'],
    ['disk of nothing', 'off'],
  ]);
});

test('no backup is missed where none is to be taken', async () => {
  const found = await lookAtBackups(host, { BACKUP_MAX_AGE: 2 * HOUR_MS }, testClock());
  expect(found.state).toBe('off');
});

test('a backup that is too old, was never taken, or has nowhere to go is told', async () => {
  const dest = temporaryFolder();
  const settings = { BACKUP_DEST: dest, BACKUP_MAX_AGE: 2 * HOUR_MS };
  const clock = testClock(Date.UTC(2026, 0, 15, 12));
  expect(await lookAtBackups(host, settings, clock)).toMatchObject({
    state: 'failed',
    text: `has nowhere to go: ${dest} is not mounted`,
  });
  mkdirSync(join(dest, 'claudio-backups/hourly'), { recursive: true });
  mkdirSync(join(dest, 'claudio-backups/daily'));
  expect(await lookAtBackups(host, settings, clock)).toMatchObject({
    state: 'failed',
    text: expect.stringContaining('not been taken once') as string,
    patienceMs: 2 * HOUR_MS,
  });
});

test('a disk that does not answer is told, and keeps nobody waiting', async () => {
  const folder = temporaryFolder();
  // Who asks such a disk cannot even be killed; this one takes no TERM.
  writeFileSync(join(folder, 'df'), '#!/bin/sh\ntrap \'\' TERM\necho $$ > "$0.asked"\nsleep 60\n');
  chmodSync(join(folder, 'df'), 0o755);
  const stuck = createHost({ HOME: folder, PATH: `${folder}:/usr/bin:/bin` });
  const settings = { BACKUP_DEST: '/mnt/disk', BACKUP_MAX_AGE: 2 * HOUR_MS };
  const [backup, finding, disks] = await Promise.all([
    lookAtBackups(stuck, settings, testClock()),
    backupFinding(stuck, settings, testClock()),
    lookAtDisks(stuck, [{ name: 'disk of backups', path: folder }], 0.0001),
  ]);
  expect(existsSync(join(folder, 'df.asked'))).toBe(true);
  const text = expect.stringContaining('the disk of /mnt/disk does not answer') as string;
  expect(backup).toMatchObject({ state: 'failed', text });
  expect(finding).toMatchObject({ state: 'failed', text });
  expect(disks).toMatchObject([{ state: 'off' }]);
});

const report = (checks: Record<string, { ok: boolean } & Record<string, unknown>>) => ({
  status: 'failing' as const,
  version: '1.0.0',
  uptimeSeconds: 1,
  checks,
});

test('each check of /health is told with its remedy, when it has failed twice in a row', () => {
  const found = lookAtReport(
    report({
      database: { ok: true },
      webhook: { ok: false, state: 'registered elsewhere', remedy: 'Registering it again.' },
      tunnel: { ok: false, reason: 'no connection.', remedy: 'Look at the network.' },
      novelty: { ok: false },
    }),
  );
  expect(found).toMatchObject([
    { name: 'health: database', state: 'ok' },
    {
      name: 'health: webhook',
      subject: 'The webhook',
      state: 'failed',
      text: 'is not as it should be (registered elsewhere)',
      remedy: 'Registering it again.',
      patienceMs: 240_000,
    },
    { name: 'health: tunnel', text: 'is down: no connection', remedy: 'Look at the network.' },
    { name: 'health: novelty', subject: 'The check of novelty', text: 'fails' },
  ]);
});

test('a tunnel that is down is left to the service, which tells of it once, while it fetches', () => {
  const tunnel = { ok: false, state: 'down', reason: 'no connection' };
  expect(lookAtReport(report({ webhook: { ok: true, state: 'polling' }, tunnel }))).toMatchObject([
    { name: 'health: webhook', state: 'ok' },
    { name: 'health: tunnel', state: 'off' },
  ]);
  const failing = { ok: false, state: 'polling', reason: 'Telegram cannot be reached' };
  expect(lookAtReport(report({ webhook: failing, tunnel }))).toMatchObject([
    { name: 'health: webhook', state: 'failed' },
    { name: 'health: tunnel', state: 'failed' },
  ]);
});
