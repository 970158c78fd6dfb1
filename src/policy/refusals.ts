import { and, eq, gt, sql } from 'drizzle-orm';
import { audit } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';

/** The event of a stranger who was not heard. */
export const REFUSED = 'access.refused';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_A_DAY = 200;

/** Which refusals are written down for good: strangers must not be able to fill the disk. */
export interface Refusals {
  worthKeeping(personId: string, conversationId: string): 'yes' | 'known' | 'too many';
}

/** The event of a message that the gate was shut for. */
export const GATE_REFUSED = 'gate.refused';

const TOLD_FOR_MS = 60_000;

/** Whether somebody was told within the last minute, in that conversation, that a rule stands against them. */
export function createTold(
  { orm }: Database,
  clock: Clock,
): (of: {
  readonly personId: string;
  readonly conversationId: string;
  readonly rule: string;
}) => boolean {
  const recent = orm
    .select({ id: audit.id })
    .from(audit)
    .where(
      and(
        eq(audit.event, GATE_REFUSED),
        eq(audit.personId, sql.placeholder('personId')),
        gt(audit.atMs, sql.placeholder('sinceMs')),
        eq(audit.conversationId, sql.placeholder('conversationId')),
        sql`json_extract(${audit.details}, '$.rule') = ${sql.placeholder('rule')}`,
      ),
    )
    .limit(1)
    .prepare();
  return (of) => recent.get({ ...of, sinceMs: clock.now() - TOLD_FOR_MS }) !== undefined;
}

export function createRefusals({ orm }: Database, clock: Clock): Refusals {
  const recent = orm
    .select({ id: audit.id })
    .from(audit)
    .where(
      and(
        eq(audit.event, REFUSED),
        eq(audit.personId, sql.placeholder('personId')),
        eq(audit.conversationId, sql.placeholder('conversationId')),
        gt(audit.atMs, sql.placeholder('sinceMs')),
      ),
    )
    .limit(1)
    .prepare();
  // The sign keeps SQLite from walking through all refusals that there ever were.
  // https://sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
  const ofDay = orm
    .select({ id: audit.id })
    .from(audit)
    .where(and(gt(audit.atMs, sql.placeholder('sinceMs')), sql`+${audit.event} = ${REFUSED}`))
    .limit(MAX_A_DAY)
    .prepare();

  return {
    worthKeeping: (personId, conversationId) => {
      const now = clock.now();
      const known = recent.get({ personId, conversationId, sinceMs: now - HOUR_MS });
      if (known !== undefined) return 'known';
      return ofDay.all({ sinceMs: now - DAY_MS }).length < MAX_A_DAY ? 'yes' : 'too many';
    },
  };
}
