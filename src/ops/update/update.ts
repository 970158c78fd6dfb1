import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MARKER_VARIABLE } from '../../agent/claude/environment.ts';
import { ClaudioError } from '../../core/error.ts';
import type { Host } from '../../platform/host.ts';
import { finishGoneBack, undo } from './back.ts';
import { bringIn, finishSwapped, prepare } from './forward.ts';
import { openCheckout, type Checkout } from './git.ts';
import { journalOf, type Journal } from './journal.ts';
import { keepDatabase, lockInstallation } from './locks.ts';
import { exchange, foldersOf, mendInstallation } from './mend.ts';
import { isNewer, newestRelease, type Release } from './release.ts';
import { cleanUp, openRun, type UpdateOutcome, type UpdateParts, type UpdateRun } from './run.ts';

const CUT_OFF = 'it was cut off before it was done';

/**
 * Looks for a newer release.
 *
 * @returns The newest release there is, and whether it is newer; `null`: there is none at all.
 * @throws ClaudioError `update.no-checkout`, `update.no-git`, `update.git`, `update.unreachable`
 */
export async function lookForRelease(
  host: Host,
  root: string,
  version: string,
): Promise<{ readonly newest: Release | null; readonly isNewer: boolean }> {
  return await newestOf(await openCheckout(host, root), version);
}

/**
 * Updates this installation to the newest release, or leaves everything as it was. Where an earlier
 * update was cut off, that is brought to its end first.
 *
 * The release is put together beside what runs; then the service is stopped, the database copied, and
 * the new program tried on the home, where it can take nothing in. Only then the files are exchanged.
 * Where the service is not well afterwards, the old release comes back.
 *
 * @throws ClaudioError `update.*`, `cli.cancelled`, `service.refused`: nothing was changed then.
 */
export async function update(parts: UpdateParts): Promise<UpdateOutcome> {
  return await alone(parts, async (run) => {
    const resumed = await resume(run);
    if (resumed !== null) return resumed;
    const { newest, isNewer: isThere } = await newestOf(run.checkout, parts.version);
    if (newest === null || !isThere) return { kind: 'up-to-date', version: parts.version };
    return await bringIn(run, await prepare(run, newest));
  });
}

/**
 * Brings an update of this home that was cut off to its end, and begins no other one: what it had stopped
 * runs again, on the release that it is certain of.
 *
 * @returns The version that it was to; `null` where none was cut off, or one is under way.
 * @throws ClaudioError `update.*`, `service.refused`
 */
export async function finishUpdate(parts: UpdateParts): Promise<string | null> {
  const found = journalOf(parts.root).read();
  if (found === null || found.state === 'staging' || found.home !== parts.home) return null;
  try {
    await alone(parts, resume);
    return found.to.version;
  } catch (error) {
    if (error instanceof ClaudioError && error.code === 'update.under-way') return null;
    throw error;
  }
}

/** @throws ClaudioError `update.under-way`, `update.in-turn`, `update.no-checkout`, `update.no-git` */
async function alone<T>(parts: UpdateParts, work: (run: UpdateRun) => Promise<T>): Promise<T> {
  if (parts.host.environment[MARKER_VARIABLE] !== undefined) {
    throw new ClaudioError({
      code: 'update.in-turn',
      message: 'An update stops the service, and with it the turn that this runs in.',
      hint: 'Run `claudio update` in a terminal of your own.',
    });
  }
  const checkout = await openCheckout(parts.host, parts.root);
  const { folder } = foldersOf(parts.root);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // No release has to know that it is not to be looked at.
  writeFileSync(join(folder, '.gitignore'), '*\n');
  const lock = lockInstallation(folder);
  try {
    return await work(openRun(parts, checkout));
  } finally {
    lock.release();
  }
}

async function newestOf(checkout: Checkout, version: string) {
  await checkout.fetchTags();
  const newest = newestRelease(await checkout.tags(), version);
  return { newest, isNewer: newest !== null && isNewer(newest, version) };
}

/**
 * Brings an update that was cut off to its end.
 *
 * @returns How it ended; `null` where there was none, or none that had come to anything.
 */
async function resume(run: UpdateRun): Promise<UpdateOutcome | null> {
  mendInstallation(run.root);
  const found = run.journal.read();
  if (found === null) return null;
  if (found.state !== 'staging' && found.home !== run.home) throw ofOtherHome(found);
  run.tell(`An update to ${found.to.version} was cut off; bringing it to its end`);
  const lock = existsSync(found.home) ? await keepDatabase(found.home) : null;
  try {
    return await settle(run, found);
  } finally {
    lock?.release();
  }
}

function ofOtherHome({ home, to }: Journal): ClaudioError {
  return new ClaudioError({
    code: 'update.other-home',
    message: `An update to ${to.version} was cut off that was begun for another home, ${home}.`,
    hint: `Bring it to its end first: \`CLAUDIO_HOME=${home} claudio update\`. Nothing was changed.`,
  });
}

async function settle(run: UpdateRun, found: Journal): Promise<UpdateOutcome | null> {
  switch (found.state) {
    case 'staging':
      await cleanUp(run);
      return null;
    case 'stopping':
    case 'trying':
      // It may have been started since, with the machine.
      if (found.wasRunning) await run.service?.stop();
      await undo(run, found, CUT_OFF);
      return null;
    case 'swapping':
      // Mended already, unless another process has the number of the one that died.
      exchange(run.root, found.state);
      return await settle(run, noted(run, { ...found, state: 'swapped' }));
    case 'swapped':
      return await finishSwapped(run, found);
    case 'going-back':
      exchange(run.root, found.state);
      return await settle(run, noted(run, { ...found, state: 'gone-back' }));
    case 'gone-back':
      return await finishGoneBack(run, found, CUT_OFF);
  }
}

function noted(run: UpdateRun, journal: Journal): Journal {
  run.journal.write(journal);
  return journal;
}
