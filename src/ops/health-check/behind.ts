import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { lockHome, type HomeLock } from '../../platform/home-lock.ts';
import { KEPT_LOG_COUNT } from '../../platform/log.ts';
import type { LockFile } from '../../platform/lock-file.ts';
import { rotateFile } from '../../platform/rotating-file.ts';
import { holdStill } from '../update/locks.ts';
import { deadMarks, stopLeftovers } from './leftovers.ts';
import { notLooked, type Observation } from './observation.ts';

/** The service keeps these small itself: two who rotate one file would lose lines. */
const OWN_LOGS = new Set(['claudio.log', 'cloudflared.log']);

/**
 * Clears up behind the service: logs that have grown too large, and what a dead instance left running.
 * Looks at nothing while an update has the database to itself.
 */
export async function lookBehind(parts: {
  readonly home: string;
  /** Whether the service of this home answered. */
  readonly isUp: boolean;
  readonly maxLogBytes: number;
  readonly clock: Clock;
}): Promise<readonly Observation[]> {
  let still: LockFile | null = null;
  try {
    still = await holdStill(parts.home, 0);
  } catch (error) {
    if (error instanceof ClaudioError) return [];
    // A home that cannot be written is not being updated either.
  }
  try {
    return await lookNow(parts);
  } finally {
    still?.release();
  }
}

async function lookNow(parts: Parameters<typeof lookBehind>[0]): Promise<readonly Observation[]> {
  const { home, clock } = parts;
  // What does not answer may still be alive. Who has the home is sure that nobody else runs on it, and
  // gives it back before anything takes long: the service may start at any moment.
  const lock = parts.isUp ? null : takeHome(home);
  let rotating: Promise<Observation>;
  let marks: readonly string[] | Observation;
  try {
    const isDown = lock !== null;
    rotating = rotateLogs(home, parts.maxLogBytes, isDown);
    marks = marksOrWhyNot(home, isDown);
  } finally {
    lock?.release();
  }
  const leftovers = 'state' in marks ? marks : await stopLeftovers(marks, clock);
  return [leftovers, await rotating];
}

function takeHome(home: string): HomeLock | null {
  try {
    return lockHome(home);
  } catch {
    // Somebody has it; or nobody can have it, and then nothing is sure.
    return null;
  }
}

function marksOrWhyNot(home: string, isDown: boolean): readonly string[] | Observation {
  try {
    return deadMarks(home, isDown);
  } catch (error) {
    return notLooked('leftovers', 'What a dead service left behind', messageOf(error));
  }
}

/**
 * Rotates what has grown too large of the logs in the home: while the service may run, only those that
 * somebody else writes to, such as launchd.
 *
 * The files are renamed before this returns its promise; what is left is to compress them.
 *
 * @param isDown Whether it is sure that no service runs.
 */
async function rotateLogs(home: string, maxBytes: number, isDown: boolean): Promise<Observation> {
  try {
    const rotating = readdirSync(home)
      .filter((name) => name.endsWith('.log') && (isDown || !OWN_LOGS.has(name)))
      .map(async (name) => {
        const options = { path: join(home, name), maxBytes, keptCount: KEPT_LOG_COUNT };
        return (await rotateFile(options, !isDown)) ? [name] : [];
      });
    const rotated = (await Promise.all(rotating)).flat();
    return {
      name: 'logs',
      subject: 'A log',
      state: 'ok',
      text: rotated.length === 0 ? 'none is too large' : `rotated: ${rotated.join(', ')}`,
    };
  } catch (error) {
    return notLooked('logs', 'A log', messageOf(error));
  }
}
