import type { Clock } from '../../core/clock.ts';
import { cutMiddle } from '../../core/format.ts';
import type { Database } from '../../platform/database/open.ts';
import type { Cursor } from './cursor.ts';
import { BACK_OFF_MS } from './failure.ts';

/** The most messages of a batch, and the most characters of all of them and of one. */
const BATCH_COUNT = 60;
const BATCH_LENGTH = 24_000;
const MESSAGE_LENGTH = 4000;
/** So many messages are looked through at once, however short ago the last of them was. */
const PLENTY_COUNT = 40;
/** So long a batch that is due waits for a moment in which no turn runs; then it goes on beside those of others. */
const PATIENCE_MS = 10 * 60_000;
/** Of a conversation that was never looked through, only the last hours count, and so many messages. */
const FIRST_LOOK_MS = 24 * 3_600_000;
const FIRST_LOOK_COUNT = 1000;
const LONGEST_BACK_OFF_MS = Math.max(...BACK_OFF_MS);

/** What was said, as it is looked through. */
export interface SaidMessage {
  readonly id: number;
  readonly role: 'person' | 'claude';
  readonly author: string | null;
  readonly forwardedFrom: string | null;
  /** Cut in the middle where it is long. */
  readonly text: string;
  readonly createdAtMs: number;
}

/** What of a conversation is looked through at once. */
export interface Batch {
  readonly cursor: Cursor;
  readonly scope: string;
  /** In the order of the talk. Empty: there is nothing to learn from. */
  readonly messages: readonly SaidMessage[];
  /** The message behind which it begins, and the last that has been looked at with it. */
  readonly afterMessageId: number;
  readonly lastMessageId: number;
}

/** Finds what is to be looked through. */
export interface Batches {
  /** Whether a turn is running. */
  isBusy(): boolean;
  /**
   * The batch that has waited longest, or when the next will be due; `null`: when more was said. Never one
   * of a conversation that waits for an answer itself; while other turns run (`isBusy`) only one that has
   * waited for long, or that is long.
   */
  next(isBusy: boolean): Batch | { readonly dueAtMs: number } | null;
}

interface Candidate {
  readonly conversationId: string;
  readonly scope: string;
  readonly servedAtMs: number;
  readonly lastMessageId: number | null;
  readonly failureCount: number;
  readonly notBeforeMs: number;
}

type MessageRow = SaidMessage & { readonly position: number };

/**
 * How far a conversation was looked through counts in the order of the talk, where an answer stands right
 * behind its question: an answer to what was asked before something was forgotten is not learned from; and
 * neither is one to a question that was looked at without, where its turn was interrupted and tried again.
 */
export function createBatches(database: Database, clock: Clock, delayMs: number): Batches {
  const sqlite = database.orm.$client;
  const running = sqlite.prepare("SELECT 1 FROM turns WHERE status = 'running' LIMIT 1");
  // The statuses word for word as the partial indexes have them.
  const candidates = sqlite.prepare<[{ sinceMs: number }], Candidate>(
    `SELECT c.id AS conversationId, c.destination AS scope, c.served_at_ms AS servedAtMs,
       k.last_message_id AS lastMessageId, coalesce(k.failure_count, 0) AS failureCount,
       coalesce(k.not_before_ms, 0) AS notBeforeMs
     FROM conversations c LEFT JOIN consolidations k ON k.conversation_id = c.id
     WHERE c.has_memory
       AND NOT EXISTS (SELECT 1 FROM turns t
         WHERE t.conversation_id = c.id AND t.status in ('queued', 'running'))
       AND CASE WHEN k.last_message_id IS NULL THEN c.served_at_ms >= :sinceMs
         ELSE EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id
           AND m.position > k.last_message_id AND m.role = 'claude') END
     ORDER BY c.served_at_ms`,
  );
  const firstStart = sqlite
    .prepare<[{ conversationId: string; sinceMs: number }]>(
      `SELECT min(position) - 1 FROM (SELECT position, created_at_ms FROM messages
         WHERE conversation_id = :conversationId AND role <> 'overheard'
         ORDER BY position DESC LIMIT ${FIRST_LOOK_COUNT})
       WHERE created_at_ms >= :sinceMs`,
    )
    .pluck();
  const lastPosition = sqlite
    .prepare<[string]>('SELECT coalesce(max(position), 0) FROM messages WHERE conversation_id = ?')
    .pluck();
  const plenty = sqlite
    .prepare<[{ conversationId: string; after: number }]>(
      `SELECT count(*) FROM (SELECT 1 FROM messages WHERE conversation_id = :conversationId
         AND position > :after AND role in ('person', 'claude') LIMIT ${PLENTY_COUNT})`,
    )
    .pluck();
  // Not what was taken back before Claude was given it, nor what a person was told instead of an answer.
  const said = sqlite.prepare<[{ conversationId: string; after: number }], MessageRow>(
    `SELECT m.id, m.role, m.author, m.forwarded_from AS forwardedFrom, m.text,
       m.created_at_ms AS createdAtMs, m.position
     FROM messages m
     WHERE m.conversation_id = :conversationId AND m.position > :after
       AND m.role in ('person', 'claude') AND trim(m.text) <> ''
       AND coalesce((SELECT max(t.attempt_count > 0 OR t.status = 'joined') FROM turns t
         WHERE t.message_id = m.id), 1)
       AND (m.answers_message_id IS NULL OR EXISTS (SELECT 1 FROM turns t
         WHERE t.message_id = m.answers_message_id AND t.status = 'done'))
     ORDER BY m.position, m.id LIMIT ${BATCH_COUNT + 1}`,
  );

  const startOf = ({ conversationId, lastMessageId }: Candidate): number => {
    if (lastMessageId !== null) return lastMessageId;
    const start = firstStart.get({ conversationId, sinceMs: clock.now() - FIRST_LOOK_MS });
    return typeof start === 'number' ? start : lastOf(conversationId);
  };
  const lastOf = (conversationId: string): number => Number(lastPosition.get(conversationId));

  /** A time that is further away than any wait is one from before the clock was set back. */
  const dueAtMs = (candidate: Candidate, now: number, isBusy: boolean): number => {
    const { conversationId, servedAtMs, notBeforeMs } = candidate;
    const restedAtMs = notBeforeMs > now + LONGEST_BACK_OFF_MS ? now : notBeforeMs;
    if (restedAtMs > now) return restedAtMs;
    const patienceMs = isBusy ? PATIENCE_MS : 0;
    const quietAtMs = servedAtMs > now ? now : servedAtMs + delayMs + patienceMs;
    if (quietAtMs <= now) return now;
    const waitingCount = plenty.get({ conversationId, after: startOf(candidate) });
    return waitingCount === PLENTY_COUNT ? now : quietAtMs;
  };

  const read = (candidate: Candidate): Batch => {
    const { conversationId, scope, lastMessageId, failureCount } = candidate;
    const afterMessageId = startOf(candidate);
    const rows = said.all({ conversationId, after: afterMessageId });
    const taken = fitting(
      rows.map((row) => ({ ...row, text: cutMiddle(row.text, MESSAGE_LENGTH) })),
    );
    return {
      cursor: { conversationId, lastMessageId, failureCount },
      scope,
      messages: taken,
      afterMessageId,
      lastMessageId:
        taken.length < rows.length || rows.length > BATCH_COUNT
          ? (taken.at(-1)?.position ?? 0)
          : lastOf(conversationId),
    };
  };

  return {
    isBusy: () => running.get() !== undefined,
    next: (isBusy) => {
      const now = clock.now();
      let earliestMs = Number.POSITIVE_INFINITY;
      for (const candidate of candidates.all({ sinceMs: now - FIRST_LOOK_MS })) {
        const dueMs = dueAtMs(candidate, now, isBusy);
        if (dueMs <= now) return read(candidate);
        earliestMs = Math.min(earliestMs, dueMs);
      }
      return Number.isFinite(earliestMs) ? { dueAtMs: earliestMs } : null;
    },
  };
}

/**
 * As many as a batch holds. What belongs to one question stays together, and the first question is taken
 * however long it is.
 */
function fitting(rows: readonly MessageRow[]): readonly MessageRow[] {
  let length = 0;
  const endAt = rows.findIndex((row, at) => {
    length += row.text.length;
    const isFull = at === BATCH_COUNT || length > BATCH_LENGTH;
    return isFull && row.position !== rows[0]?.position;
  });
  const end = rows[endAt];
  return end === undefined ? rows : rows.filter(({ position }) => position < end.position);
}
