import { join } from 'node:path';
import { ClaudioError } from '../core/error.ts';
import { systemClock } from '../platform/clock.ts';
import { claudioHomePath } from '../platform/configuration/load.ts';
import { openDatabase, type Database } from '../platform/database/open.ts';
import {
  type AuditFilter,
  createNames,
  entriesInOrder,
  newestEntries,
  type ReadEntry,
} from '../policy/audit-read.ts';
import { verifyAudit } from '../policy/audit-verify.ts';
import { brokenSentence, isoOf } from '../policy/audit-words.ts';
import { auditTable } from './audit-table.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { sinceOf } from './since.ts';

export interface AuditOptions extends CommonOptions {
  readonly since?: string;
  readonly limit: number;
  readonly person?: string;
  readonly event?: string;
  readonly verify?: boolean;
  readonly head?: string;
  readonly export?: 'jsonl';
}

/** `claudio audit`: beside the running service. 1 where the chain is broken. */
export async function audit(context: CliContext, options: AuditOptions): Promise<number> {
  const sinceMs =
    options.since === undefined ? undefined : sinceOf(options.since, systemClock.now());
  if (options.head !== undefined && !/^[\da-f]{64}$/iu.test(options.head)) {
    throw new ClaudioError({
      code: 'cli.no-hash',
      message: `--head ${options.head} is no hash.`,
      hint: 'Give the 64 characters that `claudio audit --verify` printed.',
    });
  }
  const filter: AuditFilter = {
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(options.person === undefined ? {} : { personId: options.person }),
    ...(options.event === undefined ? {} : { event: options.event }),
  };
  const database = openDatabase(join(claudioHomePath(context.environment), 'claudio.db'), 'share');
  try {
    if (options.verify === true || options.head !== undefined) {
      return verify(context, database, options);
    }
    if (options.export !== undefined) return await exportAll(context, database, filter);
    const entries = newestEntries(database, filter, options.limit);
    const nameOf = createNames(database);
    if (options.json === true) {
      const all = entries.map((entry) => ({ ...exported(entry), name: nameOf(entry.personId) }));
      context.print(JSON.stringify(all, null, 2));
    } else if (entries.length === 0) context.ui.say('Nothing like that is in the audit log.');
    else {
      context.print(auditTable(entries, nameOf));
      if (entries.length === options.limit) {
        context.ui.say(`The newest ${options.limit}. --limit shows more, --export jsonl all.`);
      }
    }
    return EXIT.ok;
  } finally {
    database.close();
  }
}

/** A line each, with all that its hash is made of. */
async function exportAll(
  context: CliContext,
  database: Database,
  filter: AuditFilter,
): Promise<number> {
  const { stdout } = process;
  const over = new AbortController();
  // EPIPE: `claudio audit --export jsonl | head` has seen enough.
  stdout.on('error', () => over.abort());
  for (const entries of entriesInOrder(database, filter)) {
    if (over.signal.aborted) break;
    context.print(entries.map((entry) => JSON.stringify(exported(entry))).join('\n'));
    // Until it was taken, so that it is not all in memory.
    await new Promise<void>((resolve) => stdout.write('', () => resolve()));
  }
  return EXIT.ok;
}

function exported({ details, atMs, ...entry }: ReadEntry) {
  return { ...entry, atMs, at: isoOf(atMs), details };
}

function verify(context: CliContext, database: Database, options: AuditOptions): number {
  const { head } = options;
  const verdict = verifyAudit(database, head === undefined ? {} : { hash: head.toLowerCase() });
  if (options.json === true) context.print(JSON.stringify(verdict, null, 2));
  if (verdict.kind === 'broken') {
    if (options.json !== true) context.ui.warn(brokenSentence(verdict));
    return EXIT.failed;
  }
  const isGone = head !== undefined && verdict.foundId === null;
  if (options.json !== true) {
    if (isGone) {
      context.ui.warn(
        'The chain is unbroken, but no entry has the hash that you kept: the log was written anew, or put back from a backup that is older.',
      );
    } else {
      const found =
        verdict.foundId === null
          ? ''
          : `, and the hash that you kept is that of entry ${verdict.foundId}`;
      context.ui.done(`${verdict.count} entries, unbroken${found}`);
    }
    if (verdict.head !== '') context.print(`head ${verdict.head}`);
  }
  return isGone ? EXIT.failed : EXIT.ok;
}
