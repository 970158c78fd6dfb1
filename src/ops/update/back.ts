import { existsSync } from 'node:fs';
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
  const { database } = run;
  const lock = journal.hasCopy ? await keepHome(journal.home) : null;
  try {
    // Nothing can have come into it: a trial takes nothing in, and the old program does not open it.
    if (journal.hasCopy && database.wasMigrated()) {
      run.tell('Putting the database back');
      await database.putBack();
    }
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
  const { database, service } = run;
  if (journal.wasRunning) await service?.stop();
  if (journal.hasCopy && database.wasMigrated()) {
    if (database.hasNews()) return await stay(run, journal, reason);
    run.tell('Putting the database back');
    await database.putBack();
  }
  run.tell(`Going back to ${journal.from.version}`);
  run.journal.write({ ...journal, state: 'going-back' });
  exchange(run.root, 'going-back');
  const gone: Journal = { ...journal, state: 'gone-back' };
  run.journal.write(gone);
  return await finishGoneBack(run, gone, reason);
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
