import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { desc, sql } from 'drizzle-orm';
import { boots } from '../../../drizzle/schema.ts';
import { MARKER_VARIABLE } from '../../agent/claude/environment.ts';
import type { Clock } from '../../core/clock.ts';
import { openDatabase } from '../../platform/database/open.ts';
import { createTree } from '../../platform/process/tree.ts';
import type { Observation } from './observation.ts';

/** A younger one may still be about to end by itself. */
const LEAST_AGE_MS = 30 * 60_000;
/** So many earlier starts are looked at. */
const LOOKED_BACK_COUNT = 50;

/**
 * The marks of all processes that dead instances of this home's service started: each begins with the
 * id of a start that never ended in good order.
 *
 * @param isDown Whether it is sure that none runs. Where not, the last one to start may be alive.
 * @throws what the database throws.
 */
export function deadMarks(home: string, isDown: boolean): readonly string[] {
  const path = join(home, 'claudio.db');
  if (!existsSync(path)) return [];
  const database = openDatabase(path, 'share');
  try {
    const starts = database.orm
      .select()
      .from(boots)
      // In the order in which they were made: a clock that was set would mix their times up.
      .orderBy(desc(sql`rowid`))
      .limit(LOOKED_BACK_COUNT)
      .all();
    return starts
      .slice(isDown ? 0 : 1)
      .filter(({ endedAtMs }) => endedAtMs === null)
      .map(({ id }) => `${id}.`);
  } finally {
    database.close();
  }
}

/**
 * Stops what bears one of the marks and is older than half an hour, with everything that those
 * processes started. Nothing else: not what the running service started, and not the person's own.
 */
export async function stopLeftovers(marks: readonly string[], clock: Clock): Promise<Observation> {
  const about = { name: 'leftovers', subject: 'What a dead service left behind' };
  const none: Observation = { ...about, state: 'ok', text: 'is gone' };
  if (marks.length === 0) return none;
  const tree = createTree({
    root: null,
    variable: MARKER_VARIABLE,
    isOurs: (value, { startedAtMs }) =>
      clock.now() - startedAtMs >= LEAST_AGE_MS && marks.some((mark) => value.startsWith(mark)),
  });
  const { stoppedCount, leftCount } = await tree.stop();
  if (leftCount > 0) {
    return {
      ...about,
      state: 'failed',
      text: `still runs: ${processes(leftCount)} could not be stopped`,
      remedy: `\`ps -ef\` shows them; each has ${MARKER_VARIABLE} in its environment.`,
    };
  }
  if (stoppedCount === 0) return none;
  return { ...about, state: 'warning', text: `was ${processes(stoppedCount)}, stopped now` };
}

function processes(count: number): string {
  return `${count} ${count === 1 ? 'process' : 'processes'}`;
}
