import { and, asc, eq, inArray, min, sql } from 'drizzle-orm';
import { conversations, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';
import type { Audit } from '../policy/audit.ts';
import { noteEnds } from './ends.ts';

/** A turn that was just claimed. */
export interface ClaimedTurn {
  readonly turnId: number;
  readonly conversationId: string;
  readonly messageId: number;
  /** From 1. */
  readonly attempt: number;
  readonly marker: string;
  readonly requestedModel: string;
}

// Spelt out as the partial indexes have them: SQLite uses such an index for no other wording, and not
// for bound values. https://sqlite.org/partialindex.html
export const ACTIVE = sql`${turns.status} in ('queued', 'running')`;

/**
 * Makes the next turn that may run a running one, or returns `null` when there is none: the first of
 * the conversation that has waited longest, counted from its oldest waiting turn or from the end of its
 * last one, whichever came later. So whoever was served last waits behind the others. A turn whose time
 * has not come holds up those behind it, and so does an answer that is still being spoken.
 *
 * @param joinQueued Makes one turn of all that wait in that conversation for the same model: the last of
 * them runs, and the others become `joined`. A turn that ran before stays by itself, and so does one whose
 * message had a turn before, one that is to be run in a way of its own, and what another person asked.
 * @param audit Where it is written down that they were joined.
 */
export function createClaim(
  database: Database,
  clock: Clock,
  joinQueued: boolean,
  audit?: Pick<Audit, 'write'>,
): (markerPrefix: string) => ClaimedTurn | null {
  const { orm } = database;
  const next = orm
    .select({ id: min(turns.id) })
    .from(turns)
    .innerJoin(conversations, eq(conversations.id, turns.conversationId))
    .where(
      sql`${ACTIVE} and ${turns.status} = 'queued' and not exists (
        select 1 from turns as other
        where other.conversation_id = ${turns.conversationId}
          and other.status in ('queued', 'running')
          and (other.status = 'running'
            or (other.id <= ${turns.id} and other.not_before_ms > ${sql.placeholder('now')})))
        and not exists (
        select 1 from turns as spoken
        where spoken.speech = 'pending' and spoken.conversation_id = ${turns.conversationId})`,
    )
    .groupBy(turns.conversationId)
    .orderBy(sql`max(min(${turns.queuedAtMs}), ${conversations.servedAtMs})`, sql`min(${turns.id})`)
    .limit(1)
    .prepare();

  /** The last of the turns that may be joined with this one, which is among them. */
  const joined = (firstId: number, now: number): number => {
    const waiting = orm
      .select({
        id: turns.id,
        requestedModel: turns.requestedModel,
        personId: turns.personId,
        hasOptions: sql<number>`${turns.project} is not null or ${turns.mode} is not null
          or ${turns.tools} is not null or ${turns.insisted}`.mapWith(Boolean),
        attemptCount: turns.attemptCount,
        notBeforeMs: turns.notBeforeMs,
        // Spelt out: in a list of columns, the names of this table would stand without it.
        isAgain: sql<number>`exists (select 1 from turns as other
          where other.message_id = turns.message_id and other.id <> turns.id)`.mapWith(Boolean),
      })
      .from(turns)
      .where(
        and(
          sql`${turns.conversationId} = (select conversation_id from turns where id = ${firstId})`,
          ACTIVE,
        ),
      )
      .orderBy(asc(turns.id))
      .all();
    const end = waiting.findIndex(
      ({ attemptCount, notBeforeMs, isAgain, requestedModel, personId, hasOptions }) =>
        attemptCount > 0 ||
        hasOptions ||
        personId !== waiting[0]?.personId ||
        notBeforeMs > now ||
        isAgain ||
        requestedModel !== waiting[0]?.requestedModel,
    );
    const together = (end === -1 ? waiting : waiting.slice(0, end)).map(({ id }) => id);
    const lastId = together.pop() ?? firstId;
    const ended = orm
      .update(turns)
      .set({ status: 'joined', joinedTurnId: lastId })
      .where(inArray(turns.id, together))
      .returning()
      .all();
    noteEnds(audit, ended);
    return lastId;
  };

  return (markerPrefix) =>
    database.transaction(() => {
      const now = clock.now();
      const firstId = next.get({ now })?.id;
      if (firstId === undefined || firstId === null) return null;
      const turnId = joinQueued ? joined(firstId, now) : firstId;
      const marker = sql`${`${markerPrefix}.${turnId}.`} || (${turns.attemptCount} + 1)`;
      const claimed = orm
        .update(turns)
        .set({
          status: 'running',
          attemptCount: sql`${turns.attemptCount} + 1`,
          marker,
          startedAtMs: now,
          activity: null,
          progressMessageId: null,
          stopRequestedAtMs: null,
        })
        .where(eq(turns.id, turnId))
        .returning()
        .get();
      return {
        turnId,
        conversationId: claimed.conversationId,
        messageId: claimed.messageId,
        attempt: claimed.attemptCount,
        marker: claimed.marker ?? '',
        requestedModel: claimed.requestedModel,
      };
    });
}
