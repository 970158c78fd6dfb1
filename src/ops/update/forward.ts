import { existsSync } from 'node:fs';
import { z } from 'zod';
import { ClaudioError, messageOf } from '../../core/error.ts';
import type { LockFile } from '../../platform/lock-file.ts';
import { describeRun, type RunOutcome } from '../../platform/process/run.ts';
import { askHealth } from '../ask-health.ts';
import { canGoBack, goBack, undo } from './back.ts';
import { expectedChecks } from './health.ts';
import type { Journal } from './journal.ts';
import { keepDatabase } from './locks.ts';
import { exchange, keepOld } from './mend.ts';
import type { Release } from './release.ts';
import { cleanUp, renewUnit, startAgain, type UpdateOutcome, type UpdateRun } from './run.ts';
import { buildStage, runStaged } from './stage.ts';

const TRIAL_LIMIT_MS = 2 * 60_000;

/** Puts the release together beside what runs. Nothing is left of it when this throws. */
export async function prepare(run: UpdateRun, release: Release): Promise<Journal> {
  await refuseChanges(run);
  const before = await lookAtService(run);
  const place = await run.checkout.place();
  const journal: Journal = {
    ...before,
    state: 'staging',
    pid: process.pid,
    home: run.home,
    from: { version: run.version, ...place },
    to: release,
    copiedAtMs: null,
  };
  run.journal.write(journal);
  try {
    run.tell(`Getting ${release.version}`);
    await buildStage(run, run.folders.stage, release, run.tell);
    // It has taken a while.
    await refuseChanges(run);
    return journal;
  } catch (error) {
    await cleanUp(run);
    throw error;
  }
}

/** Stops the service, tries the release on the home, and brings it in if it is well. */
export async function bringIn(run: UpdateRun, prepared: Journal): Promise<UpdateOutcome> {
  let lock: LockFile | null = null;
  try {
    let journal: Journal = { ...prepared, state: 'stopping' };
    try {
      run.journal.write(journal);
      if (journal.wasRunning) {
        run.tell('Stopping the service; running turns may finish');
        await run.service?.stop();
      }
      // A turn that may finish may also have edited them.
      await refuseChanges(run);
      // Not before that: a turn that may finish may also send something.
      if (existsSync(run.home)) lock = await keepDatabase(run.home);
      const hasCopy = run.isConfigured && run.database.exists();
      const copiedAtMs = hasCopy ? await run.database.copy() : null;
      journal = { ...journal, state: 'trying', copiedAtMs };
      run.journal.write(journal);
      const fault = hasCopy ? await tryOut(run, journal) : null;
      if (fault !== null) return await undo(run, journal, fault);
      keepOld(run.root);
    } catch (error) {
      return await undo(run, journal, messageOf(error).replace(/\.$/u, ''));
    }
    return await swap(run, journal);
  } finally {
    lock?.release();
  }
}

async function swap(run: UpdateRun, journal: Journal): Promise<UpdateOutcome> {
  run.tell(`Bringing ${journal.to.version} in`);
  run.journal.write({ ...journal, state: 'swapping' });
  try {
    exchange(run.root, 'swapping');
  } catch (error) {
    return await goBack(run, journal, messageOf(error));
  }
  const swapped: Journal = { ...journal, state: 'swapped' };
  run.journal.write(swapped);
  return await finishSwapped(run, swapped);
}

/** What is left to do when the new files are there. */
export async function finishSwapped(run: UpdateRun, journal: Journal): Promise<UpdateOutcome> {
  const { from, to } = journal;
  const problem = await run.checkout.checkOut(to).then(
    () => null,
    (error: unknown) => messageOf(error).replace(/\.$/u, ''),
  );
  if (problem !== null) return await goBack(run, journal, problem);
  await renewUnit(run, journal);
  if (journal.wasRunning) run.tell('Starting the service');
  const started = await startAgain(run, journal, to.version);
  if (started.kind === 'ill' && canGoBack(run)) return await goBack(run, journal, started.reason);
  await cleanUp(run);
  return {
    kind: 'updated',
    from: from.version,
    to: to.version,
    isRunning: started.kind === 'well',
  };
}

const reportSchema = z.looseObject({ reason: z.string().nullable() });

/** Lets the new program start on the home. @returns What speaks against it, to go on after a colon. */
async function tryOut(run: UpdateRun, journal: Journal): Promise<string | null> {
  run.tell(`Trying ${journal.to.version} on your home`);
  const checks = expectedChecks(journal.wellBefore, 'trial').join(',');
  const args = ['trial', '--expect', checks];
  const env = { CLAUDIO_HOME: run.home };
  const outcome = await runStaged(run, run.folders.stage, args, TRIAL_LIMIT_MS, env);
  if (outcome.kind === 'exited' && outcome.code === 0) return null;
  return `tried on your home, it is not well: ${reasonOf(outcome)}`;
}

function reasonOf(outcome: RunOutcome): string {
  if (outcome.kind !== 'exited') return describeRun(outcome);
  const [last = ''] = outcome.stdout.split('\n').slice(-1);
  try {
    const { reason } = reportSchema.parse(JSON.parse(last));
    if (reason !== null) return reason;
  } catch {
    // It did not come as far as its report: what was thrown stands above its stack.
    const thrown = outcome.stderr.split('\n').find((line) => /^\w*Error\b/u.test(line));
    if (thrown !== undefined) return thrown;
  }
  return describeRun(outcome);
}

async function refuseChanges({ checkout, root }: UpdateRun): Promise<void> {
  const changes = await checkout.changes();
  if (changes.length === 0) return;
  throw new ClaudioError({
    code: 'update.changed-files',
    message: `There are files in ${root} that are not as they were released: ${changes.join(', ')}.`,
    hint: `Keep them (\`git -C ${root} stash -u\`) or remove them, and try again. Nothing was changed.`,
  });
}

/** Whether the service runs, as what, and which of its checks are well. */
async function lookAtService(run: UpdateRun): Promise<Pick<Journal, 'wasRunning' | 'wellBefore'>> {
  const state = (await run.service?.state()) ?? null;
  const asked = await askHealth(run.http, run.port);
  const report = asked.kind === 'answered' && asked.report.home === run.home ? asked.report : null;
  const wellBefore = Object.entries(report?.checks ?? {}).flatMap(([name, { ok }]) =>
    ok ? [name] : [],
  );
  const isManaged = state !== null && state.isInstalled && state.isRunning;
  if (isManaged && state.claudioHome !== null && state.claudioHome !== run.home) {
    throw new ClaudioError({
      code: 'update.other-home',
      message: `The service runs on another home, ${state.claudioHome}.`,
      hint: `Update it with that: \`CLAUDIO_HOME=${state.claudioHome} claudio update\`. Nothing was changed.`,
    });
  }
  if (!isManaged && report !== null) {
    const which = report.pid === undefined ? '' : ` (process ${report.pid})`;
    throw new ClaudioError({
      code: 'update.in-terminal',
      message: `Claudio runs in a terminal${which}, where an update cannot start it again.`,
      hint: 'End it there with Ctrl-C, update, and start it again. Nothing was changed.',
    });
  }
  return { wasRunning: isManaged, wellBefore };
}
