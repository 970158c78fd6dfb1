import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ClaudioError } from '../core/error.ts';
import { formatDuration } from '../core/format.ts';
import { alone, backupSchedule, withDestination } from '../ops/backup/cron.ts';
import { waitingIn } from '../ops/backup/database-level.ts';
import { DISK_REMEDY, diskAnswers } from '../ops/checks.ts';
import { findSnapshot, noDestination } from '../ops/backup/find.ts';
import { backupReport } from '../ops/backup/report.ts';
import { restoreSnapshot } from '../ops/backup/restore.ts';
import { takeSnapshot, type TakenSnapshot } from '../ops/backup/take.ts';
import { verifySnapshot } from '../ops/backup/verify.ts';
import { DATABASE_NAME } from '../ops/backup/walk.ts';
import { createScheduler, createSchedulers } from '../ops/schedule/create.ts';
import { serviceUnit } from '../ops/service/unit.ts';
import { systemClock } from '../platform/clock.ts';
import { changeEnvFile } from '../platform/configuration/change.ts';
import { claudioHomePath, inspectConfiguration } from '../platform/configuration/load.ts';
import { isSameFolder } from '../platform/files.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { formatFindings } from './findings.ts';
import { untilInterrupted } from './interrupt.ts';

interface KeepOptions {
  readonly hours?: number;
  readonly days?: number;
}

/**
 * Takes a snapshot. One into BACKUP_DEST is refused where there is no claudio-backups: its disk is not mounted.
 *
 * @param dest BACKUP_DEST unless given.
 */
export async function backupNow(
  context: CliContext,
  dest: string | undefined,
  options: KeepOptions & CommonOptions,
): Promise<number> {
  const { BACKUP_DEST } = inspectConfiguration(context.environment).settings;
  const given = dest ?? BACKUP_DEST;
  if (given === undefined) throw noDestination();
  const target = await destination(context, given);
  const mayMake = BACKUP_DEST === undefined || !isSameFolder(target, BACKUP_DEST);
  const taken = await take(context, target, options, mayMake);
  if (options.json === true) {
    const { path, takenAtMs, ...rest } = taken;
    context.print(JSON.stringify({ path, takenAt: new Date(takenAtMs), ...rest }, null, 2));
  }
  return EXIT.ok;
}

async function take(
  { environment, ui }: CliContext,
  dest: string,
  { hours, days }: KeepOptions,
  mayMake: boolean,
): Promise<TakenSnapshot> {
  const taken = await ui.step(`Backing up to ${dest}`, async (tell) => {
    return await takeSnapshot({
      home: claudioHomePath(environment),
      dest,
      clock: systemClock,
      keep: {
        ...(hours === undefined ? {} : { hourlyCount: hours }),
        ...(days === undefined ? {} : { dailyCount: days }),
      },
      mayMake,
      tell,
    });
  });
  const { name, fileCount, sizeBytes, newBytes, leftOut, warnings } = taken;
  ui.done(
    `Snapshot ${name}: ${countOf(fileCount, 'file')}, ${sizeOf(sizeBytes)}, ${sizeOf(newBytes)} of it new`,
  );
  for (const { path, why } of leftOut) ui.warn(`Not in the snapshot: ${path} ${why}.`);
  for (const warning of warnings) ui.warn(warning);
  return taken;
}

/** Takes a snapshot, which shows that it works, and has one taken every hour from now on. */
export async function backupCronInstall(
  context: CliContext,
  dest: string,
  options: KeepOptions,
): Promise<number> {
  const { environment, host, ui } = context;
  const { home, file, settings } = inspectConfiguration(environment);
  const target = await destination(context, dest);
  const scheduler = createScheduler(host);
  if (scheduler === null) throw noScheduler(target);
  // Once it was there, and is not: then its disk is not mounted.
  const mayMake = settings.BACKUP_DEST === undefined || !isSameFolder(settings.BACKUP_DEST, target);
  const { keep, outcome } = await withDestination({ home, file, dest: target }, async () => {
    const taken = await untilInterrupted(() => take(context, target, options, mayMake));
    const unit = serviceUnit(host, home);
    const schedule = backupSchedule({ unit, dest: target, keep: taken.keep });
    return { keep: taken.keep, outcome: await alone(home, () => scheduler.install(schedule)) };
  });
  if (statSync(target).dev === statSync(home).dev) {
    ui.warn(`${target} is on the same disk as ${home}: where that disk breaks, both are gone.`);
  }
  if (settings.BACKUP_DEST !== undefined && !isSameFolder(settings.BACKUP_DEST, target)) {
    ui.say(`The snapshots in ${settings.BACKUP_DEST} stay where they are.`);
  }
  const kept = `the last ${keep.hourlyCount} are kept, and one a day for ${keep.dailyCount} days`;
  ui.done(
    outcome === 'unchanged'
      ? `A snapshot was taken every hour already; ${kept}`
      : `A snapshot is taken every hour from now on; ${kept}`,
  );
  return EXIT.ok;
}

/** Takes no more snapshots, and forgets where to: else their age would be told as a fault for ever. */
export async function backupCronUninstall(
  { environment, host, ui }: CliContext,
  dest: string | undefined,
): Promise<number> {
  const { home, file, settings } = inspectConfiguration(environment);
  const { BACKUP_DEST } = settings;
  if (dest !== undefined && BACKUP_DEST !== undefined && resolve(dest) !== resolve(BACKUP_DEST)) {
    throw new ClaudioError({
      code: 'backup.other-dest',
      message: `The snapshots that are taken every hour go to ${BACKUP_DEST}, not to ${resolve(dest)}.`,
      hint: 'Nothing was changed. `claudio backup cron uninstall` ends with those.',
    });
  }
  const isChanged = await alone(home, async () => {
    let isRemoved = false;
    for (const scheduler of createSchedulers(host)) {
      if ((await scheduler.uninstall('backup')) === 'removed') isRemoved = true;
    }
    const isForgotten = existsSync(file) && changeEnvFile(file, { BACKUP_DEST: null });
    return isRemoved || isForgotten;
  });
  if (!isChanged) ui.say('No snapshots were taken regularly.');
  else ui.done('No more snapshots are taken every hour');
  if (BACKUP_DEST !== undefined) {
    ui.say(`Those in ${BACKUP_DEST} stay until you remove them.`);
  }
  return EXIT.ok;
}

/** Tells which snapshots there are. Ends with 1 where there is none, or none that is young enough. */
export async function backupStatus(
  context: CliContext,
  dest: string | undefined,
  options: CommonOptions,
): Promise<number> {
  const { environment, host, ui, print } = context;
  const { settings } = inspectConfiguration(environment);
  const target =
    dest === undefined ? await ownDestination(context) : await destination(context, dest);
  const report = await ui.step('Looking at the snapshots', async () => {
    return await backupReport({
      dest: target,
      settings,
      host,
      scheduler: createScheduler(host),
      clock: systemClock,
    });
  });
  if (options.json === true) {
    print(JSON.stringify(report, null, 2));
  } else {
    print(formatFindings(report.findings));
    const { latest, hourly, daily, diskUseBytes } = report;
    if (latest !== null) {
      const rows = [
        [
          'latest',
          `${latest.path}, ${countOf(latest.fileCount, 'file')}, ${sizeOf(latest.sizeBytes)}`,
        ],
        ...[
          { kind: 'hourly', ...hourly },
          { kind: 'daily', ...daily },
        ].map(({ kind, count, oldest }) => [
          kind,
          oldest === null ? 'none' : `${count}, back to ${oldest} (UTC)`,
        ]),
        ['on disk', `${sizeOf(diskUseBytes)}, what they share counted once`],
      ];
      print(rows.map(([title = '', text = '']) => `  ${title.padEnd(8)} ${text}`).join('\n'));
    }
  }
  return report.findings.some(({ state }) => state === 'failed') || report.latest === null
    ? EXIT.failed
    : EXIT.ok;
}

/** Holds a snapshot against its manifest. Ends with 1 where anything is wrong. */
export async function backupVerify(
  context: CliContext,
  snapshot: string | undefined,
  options: CommonOptions,
): Promise<number> {
  const { ui, print } = context;
  const found = findSnapshot(snapshot ?? 'latest', await ownDestination(context));
  const faults = await ui.step(`Checking ${found.path}`, (tell) => verifySnapshot(found, tell));
  const isWhole = faults.length === 0;
  if (options.json === true) {
    print(JSON.stringify({ path: found.path, isWhole, faults }, null, 2));
  } else if (isWhole) {
    ui.done(
      `${countOf(found.manifest.entries.length, 'entry', 'entries')}, all as they were stored`,
    );
  } else {
    for (const { path, what } of faults) ui.fail(`${path} ${what}`);
    ui.say('This snapshot is damaged. `claudio backup` takes a new one; look after that disk.');
  }
  return isWhole ? EXIT.ok : EXIT.failed;
}

/** Puts a snapshot in the place of the home, which is moved aside and not removed. */
export async function backupRestore(context: CliContext, snapshot: string): Promise<number> {
  const { environment, ui } = context;
  const home = claudioHomePath(environment);
  const found = findSnapshot(snapshot, await ownDestination(context));
  const age = formatDuration(systemClock.now() - found.takenAtMs);
  const restored = await restoreSnapshot({
    snapshot: found,
    home,
    clock: systemClock,
    mayReplace: (aside) =>
      ui.confirm(`Move ${home} to ${aside}, and put the snapshot of ${age} ago in its place?`),
    step: ui.step,
  });
  if (restored.kind === 'declined') {
    ui.say('Nothing was changed.');
    return EXIT.cancelled;
  }
  ui.done(`${home} is as it was ${age} ago`);
  if (restored.aside !== null) {
    ui.say(`What was there is in ${restored.aside}. Remove it when you miss nothing.`);
    if (existsSync(join(restored.aside, 'models'))) {
      ui.say('A snapshot holds no embedding model: `claudio memory setup` fetches it again.');
    }
  }
  if ((found.manifest.database?.migrationCount ?? 0) > 0) {
    const { turnCount, partCount } = waitingIn(join(home, DATABASE_NAME));
    if (turnCount > 0) {
      ui.warn(
        `${countOf(turnCount, 'message')} waited to be answered when the snapshot was taken. Claudio asks you in the chat before it begins.`,
      );
    }
    if (partCount > 0) {
      ui.warn(
        `${countOf(partCount, 'message')} waited to be sent when the snapshot was taken. Claudio sends what waited when it starts, also what has arrived since.`,
      );
    }
  }
  ui.say('Start Claudio again: `claudio restart`.');
  return EXIT.ok;
}

/** Where snapshots are, absolute. @throws ClaudioError `backup.dest-silent` before anything waits for it for ever. */
async function destination({ host }: CliContext, given: string): Promise<string> {
  const path = resolve(given);
  if (await diskAnswers(host, path)) return path;
  throw new ClaudioError({
    code: 'backup.dest-silent',
    message: `The disk of ${path} does not answer.`,
    hint: DISK_REMEDY,
  });
}

/** That of BACKUP_DEST, where that is set. */
async function ownDestination(context: CliContext): Promise<string | undefined> {
  const { BACKUP_DEST } = inspectConfiguration(context.environment).settings;
  return BACKUP_DEST === undefined ? undefined : await destination(context, BACKUP_DEST);
}

function noScheduler(dest: string): ClaudioError {
  return new ClaudioError({
    code: 'schedule.refused',
    message: 'There is neither cron nor a systemd of your own to take a snapshot every hour.',
    hint: `Run \`claudio backup ${dest}\` every hour by what this machine has for that, and \`claudio config set BACKUP_DEST ${dest}\` to have its age watched.`,
  });
}

function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function sizeOf(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}
