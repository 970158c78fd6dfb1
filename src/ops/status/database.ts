import { join } from 'node:path';
import { count, eq, inArray } from 'drizzle-orm';
import { deliveries, turns } from '../../../drizzle/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { ClaudioError } from '../../core/error.ts';
import type { Finding } from '../../core/finding.ts';
import { formatDollars, formatDuration, startOfDay } from '../../core/format.ts';
import { createQueueView } from '../../inbox/queue-view.ts';
import { openDatabase, type Database } from '../../platform/database/open.ts';
import { createUsageReport } from '../../turns/usage.ts';
import { textOf } from './site.ts';

/** What waits and what was done today. Both read the database, beside the service or without it. */
export function databaseFindings(home: string, clock: Clock): readonly Finding[] {
  let database: Database;
  try {
    database = openDatabase(join(home, 'claudio.db'), 'share');
  } catch (thrown) {
    if (thrown instanceof ClaudioError && thrown.code === 'database.missing') {
      return [
        { name: 'queue', state: 'ok', text: 'nothing yet' },
        { name: 'today', state: 'ok', text: 'nothing yet' },
      ];
    }
    return [unreadable(thrown)];
  }
  try {
    return [queueFinding(database, clock), usageFinding(database, clock)];
  } catch (thrown) {
    return [unreadable(thrown)];
  } finally {
    database.close();
  }
}

function unreadable(thrown: unknown): Finding {
  const remedy = '`claudio doctor` looks at it closer.';
  return { name: 'database', state: 'failed', remedy, ...textOf(thrown) };
}

function queueFinding(database: Database, clock: Clock): Finding {
  const { waitingCount, oldestQueuedAtMs } = createQueueView(database, clock).depth();
  const runningCount =
    database.orm.select({ n: count() }).from(turns).where(eq(turns.status, 'running')).get()?.n ??
    0;
  const unsentCount =
    database.orm
      .select({ n: count() })
      .from(deliveries)
      .where(inArray(deliveries.status, ['pending', 'sending']))
      .get()?.n ?? 0;
  const age =
    oldestQueuedAtMs === null || waitingCount === 0
      ? ''
      : ` (the oldest for ${formatDuration(clock.now() - oldestQueuedAtMs)})`;
  const parts = [
    ...(runningCount === 0 ? [] : [`${runningCount} running`]),
    ...(waitingCount === 0 ? [] : [`${waitingCount} waiting${age}`]),
    ...(unsentCount === 0
      ? []
      : [`${unsentCount} ${unsentCount === 1 ? 'message' : 'messages'} to be sent`]),
  ];
  return { name: 'queue', state: 'ok', text: parts.length === 0 ? 'empty' : parts.join(', ') };
}

function usageFinding(database: Database, clock: Clock): Finding {
  const { turnCount, costUsd } = createUsageReport(database).since(startOfDay(clock.now(), 0));
  const text = `${turnCount} ${turnCount === 1 ? 'turn' : 'turns'}, ${formatDollars(costUsd)}`;
  return { name: 'today', state: 'ok', text };
}
