import { existsSync } from 'node:fs';
import type { LockFile } from '../../platform/lock-file.ts';
import type { Journal } from './journal.ts';
import { keepHome } from './locks.ts';
import { exchange } from './mend.ts';
import { cleanUp, renewUnit, startAgain, type UpdateOutcome, type UpdateRun } from './run.ts';

/**
 * Ends an update that did not come to the exchange of the files: the database is put back where the new
 * program has brought it up to date, and the service started again.
 */
export async function undo(
  run: UpdateRun,
  journal: Journal,
  reason: string,
): Promise<UpdateOutcome> {
  const lock = await keepCopied(journal);
  try {
    const change = run.database.changeSince(journal.copiedAtMs);
    // A trial takes nothing in; where there is news all the same, somebody put another database there.
    if (change === 'migrated' || change === 'unknown') await putBack(run);
  } finally {
    lock?.release();
  }
  return await startOld(run, journal, reason);
}

/**
 * Brings the old release back in the place of the new one, unless that would lose what was taken in,
 * done or sent since.
 */
export async function goBack(
  run: UpdateRun,
  journal: Journal,
  reason: string,
): Promise<UpdateOutcome> {
  if (journal.wasRunning) await run.service?.stop();
  const gone = await bringBack(run, journal);
  if (gone === null) return await stay(run, journal, reason);
  return await finishGoneBack(run, gone, reason);
}

/** Brings the database and the files back, with nobody else on the home. @returns `null`: that would lose something. */
async function bringBack(run: UpdateRun, journal: Journal): Promise<Journal | null> {
  const lock = await keepCopied(journal);
  try {
    const change = run.database.changeSince(journal.copiedAtMs);
    if (change === 'news' || change === 'unknown') return null;
    if (change === 'migrated') await putBack(run);
    run.tell(`Going back to ${journal.from.version}`);
    run.journal.write({ ...journal, state: 'going-back' });
    exchange(run.root, 'going-back');
    const gone: Journal = { ...journal, state: 'gone-back' };
    run.journal.write(gone);
    return gone;
  } finally {
    lock?.release();
  }
}

/** Keeps the home to this update where there is a copy of its database. */
async function keepCopied({ home, copiedAtMs }: Journal): Promise<LockFile | null> {
  return copiedAtMs !== null && existsSync(home) ? await keepHome(home) : null;
}

async function putBack(run: UpdateRun): Promise<void> {
  run.tell('Putting the database back');
  await run.database.putBack();
}

/** What is left to do when the old files are there again. */
export async function finishGoneBack(
  run: UpdateRun,
  journal: Journal,
  reason: string,
): Promise<UpdateOutcome> {
  await run.checkout.checkOut(journal.from);
  await renewUnit(run, journal);
  return await startOld(run, journal, reason);
}

async function startOld(run: UpdateRun, journal: Journal, reason: string): Promise<UpdateOutcome> {
  const started = await startAgain(run, journal, journal.from.version);
  if (started.kind === 'ill') {
    run.warn(`Version ${journal.from.version} is started, and is not well: ${started.reason}.`);
  }
  await cleanUp(run);
  return { kind: 'went-back', from: journal.from.version, to: journal.to.version, reason };
}

async function stay(run: UpdateRun, journal: Journal, reason: string): Promise<UpdateOutcome> {
  const started = await startAgain(run, journal, journal.to.version);
  await cleanUp(run);
  return {
    kind: 'stayed',
    from: journal.from.version,
    to: journal.to.version,
    reason: started.kind === 'ill' ? started.reason : reason,
  };
}

/** Whether there is enough of the old release to go back to. */
export function canGoBack({ folders }: UpdateRun): boolean {
  return existsSync(folders.old);
}
