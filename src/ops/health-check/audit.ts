import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../platform/database/open.ts';
import { verifyAudit } from '../../policy/audit-verify.ts';
import type { Observation } from './observation.ts';

/** What came since the last look, and much more; all of it is looked at by the doctor. */
const LOOKED_AT_COUNT = 2000;

/**
 * Whether the end of the audit log is as it was written.
 *
 * @throws what the database throws.
 */
export function lookAtAudit(home: string): readonly Observation[] {
  const path = join(home, 'claudio.db');
  if (!existsSync(path)) return [];
  const about = { name: 'audit', subject: 'The audit log' };
  const database = openDatabase(path, 'share');
  try {
    const verdict = verifyAudit(database, { lastCount: LOOKED_AT_COUNT });
    if (verdict.kind === 'unbroken') return [{ ...about, state: 'ok', text: 'is unbroken' }];
    // Until its first start with this version, the service has not sealed what is older.
    if (verdict.fault === 'unsealed' && verdict.soundCount === 0 && verdict.id === 1) return [];
    return [
      {
        ...about,
        state: 'failed',
        text: `is broken at entry ${verdict.id}: somebody changed the database`,
        remedy: 'Run `claudio audit --verify` in a terminal.',
        isToldOnce: true,
      },
    ];
  } finally {
    database.close();
  }
}
