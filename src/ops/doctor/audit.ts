import { openDatabase } from '../../platform/database/open.ts';
import { verifyAudit } from '../../policy/audit-verify.ts';
import type { Diagnosis } from './diagnosis.ts';

/** Whether the audit log is as it was written. Reads all of it. */
export function auditDiagnosis(path: string): Diagnosis {
  const database = openDatabase(path, 'share');
  try {
    const verdict = verifyAudit(database);
    const name = 'audit';
    if (verdict.kind === 'unbroken') {
      return { name, state: 'ok', text: `${verdict.count} entries, unbroken` };
    }
    return {
      name,
      state: 'failed',
      text: `broken at entry ${verdict.id}: somebody changed the database`,
      remedy: '`claudio audit --verify` says more. A backup from before has it as it was.',
    };
  } finally {
    database.close();
  }
}
