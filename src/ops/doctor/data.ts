import { join } from 'node:path';
import { count, eq, isNull } from 'drizzle-orm';
import { boots, turns } from '../../../drizzle/schema.ts';
import { MARKER_VARIABLE } from '../../agent/claude/environment.ts';
import { checkDatabase } from '../../platform/database/check.ts';
import { openDatabase } from '../../platform/database/open.ts';
import { createProcessTable } from '../../platform/process/table.ts';
import type { View } from '../status/site.ts';
import { auditDiagnosis } from './audit.ts';
import type { Diagnosis } from './diagnosis.ts';

const BYTES_PER_MB = 1e6;

/** The database, and what an instance that died left behind. */
export async function dataDiagnoses(view: View): Promise<readonly Diagnosis[]> {
  const path = join(view.configuration.home, 'claudio.db');
  const health = checkDatabase(path);
  const name = 'database';
  switch (health.kind) {
    case 'missing':
      return [{ name, state: 'off', text: 'none yet: the service makes it at its first start' }];
    case 'older':
      return [
        {
          name,
          state: 'warning',
          text: 'that of an older version',
          remedy: '`claudio restart` brings it up to date.',
        },
      ];
    case 'newer':
      return [
        {
          name,
          state: 'failed',
          text: 'written by a newer version of Claudio',
          remedy: '`claudio update`, or go back to a backup: `claudio backup status`.',
        },
      ];
    case 'damaged':
      return [
        {
          name,
          state: 'failed',
          text: `damaged: ${health.reason}`,
          remedy: 'Stop the service and go back to a backup: `claudio backup restore latest`.',
        },
      ];
    case 'sound':
      break;
  }
  return [
    { name, state: 'ok', text: `sound, ${(health.sizeBytes / BYTES_PER_MB).toFixed(1)} MB` },
    auditDiagnosis(path),
    ...(view.report === null ? await leftovers(path) : []),
  ];
}

/** While the service runs there is nothing to be seen: it clears up when it starts. */
async function leftovers(path: string): Promise<readonly Diagnosis[]> {
  const database = openDatabase(path, 'share');
  let bootIds: ReadonlySet<string>;
  let brokenOffCount: number;
  try {
    const { orm } = database;
    bootIds = new Set(
      orm
        .select({ id: boots.id })
        .from(boots)
        .where(isNull(boots.endedAtMs))
        .all()
        .map(({ id }) => id),
    );
    brokenOffCount =
      orm.select({ n: count() }).from(turns).where(eq(turns.status, 'running')).get()?.n ?? 0;
  } finally {
    database.close();
  }
  const processCount = await countMarked(bootIds);
  const remedy = 'The service clears up when it starts, and tells you in the chat.';
  return [
    ...(brokenOffCount === 0
      ? []
      : [
          {
            name: 'turns',
            state: 'warning' as const,
            text: `${brokenOffCount} broken off`,
            remedy,
          },
        ]),
    ...(processCount === 0
      ? []
      : [
          {
            name: 'leftovers',
            state: 'warning' as const,
            text: `${processCount} ${processCount === 1 ? 'process' : 'processes'} of Claude still run without the service`,
            remedy,
          },
        ]),
  ];
}

/** The processes that bear the mark of one of these starts: `<start>.<turn>.<attempt>`. */
async function countMarked(bootIds: ReadonlySet<string>): Promise<number> {
  if (bootIds.size === 0) return 0;
  const table = createProcessTable();
  const marks = await table.variable(await table.list(), MARKER_VARIABLE);
  return [...marks.values()].filter((mark) => bootIds.has(mark.split('.')[0] ?? '')).length;
}
