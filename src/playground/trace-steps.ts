import { formatDollars } from '../core/format.ts';
import type { DeliveryRow, TraceRows } from './trace-rows.ts';
import type { Attempt, Way } from './trace-ways.ts';

/** The stages of the path of a message, in their order. */
export const STAGES = ['webhook', 'inbox', 'turns', 'agent', 'outbox', 'channel'] as const;
export type StageName = (typeof STAGES)[number];

/** Something that a stage did. */
export interface Step {
  readonly stage: StageName;
  /** In a few words: `acknowledged with 200`. */
  readonly what: string;
  /** The row that it stands in: `turns #12`; `null` where it is no row. */
  readonly row: string | null;
  readonly atMs: number;
  /** Since the update was first sent. */
  readonly sinceMs: number;
}

/**
 * How far a message of the person has come. `sent`: nobody has acknowledged it. `taken`: acknowledged, and
 * there is nothing to wait for. `answering`: the answer is written and not all of it is sent. `failed`:
 * the turn, or the sending of its answer.
 */
export type TraceState =
  | 'sent'
  | 'taken'
  | 'queued'
  | 'running'
  | 'answering'
  | 'answered'
  | 'failed'
  | 'interrupted'
  | 'cancelled'
  | 'ignored';

type Happened = Omit<Step, 'sinceMs'>;
type Turn = TraceRows['turns'][number];

/** So much of a boot's id tells it from others. */
const BOOT_ID_LENGTH = 8;

/** The rows of one way. */
interface Own {
  readonly messages: TraceRows['messages'];
  readonly turns: readonly Turn[];
  readonly deliveries: readonly DeliveryRow[];
}

/** How far a message has come. */
export function stateOf(way: Way, rows: TraceRows): TraceState {
  if (!way.attempts.some(isTaken)) return 'sent';
  const own = ownRows(way, rows);
  const turn = lastTurn(own.turns);
  switch (turn?.status) {
    case 'queued':
    case 'running':
    case 'failed':
    case 'interrupted':
    case 'cancelled':
      return turn.status;
    case 'done':
    case 'joined':
      return sentState(own.deliveries) ?? 'answered';
    case undefined:
      break;
  }
  const isKept = own.messages.length > 0 || !rows.isThere;
  return sentState(own.deliveries) ?? (isKept ? 'taken' : 'ignored');
}

/** What happened to a message, in order. */
export function stepsOf(way: Way, rows: TraceRows): readonly Step[] {
  const own = ownRows(way, rows);
  const happened = [
    ...sendingSteps(way),
    ...inboxSteps(way, rows, own),
    ...own.turns.flatMap((turn) => turnSteps(turn, rows)),
    ...answerSteps(way),
    ...outboxSteps(own, callsBy(rows.deliveries, way.calls)),
  ];
  const lastMs = isOver(stateOf(way, rows)) ? Math.max(...happened.map(({ atMs }) => atMs)) : null;
  for (const { id, startedAtMs } of rows.boots) {
    if (startedAtMs <= way.sentAtMs || (lastMs !== null && startedAtMs > lastMs)) continue;
    const row = `boots ${id.slice(0, BOOT_ID_LENGTH)}`;
    happened.push({ stage: 'turns', what: 'the service started again', row, atMs: startedAtMs });
  }
  // Within a millisecond, in the order of above: what caused what.
  return happened
    .sort((a, b) => a.atMs - b.atMs)
    .map((step) => ({ ...step, sinceMs: step.atMs - way.sentAtMs }));
}

function isTaken({ status }: Attempt): boolean {
  return status !== null && status >= 200 && status < 300;
}

function isOver(state: TraceState): boolean {
  return !['sent', 'queued', 'running', 'answering'].includes(state);
}

function ownRows(way: Way, rows: TraceRows): Own {
  const own = rows.messages.filter(({ platformMessageId }) =>
    way.messageIds.has(Number(platformMessageId)),
  );
  const ids = new Set(own.map(({ id }) => id));
  const asked = rows.turns.filter(({ messageId }) => ids.has(messageId));
  const joinedIds = new Set(asked.map(({ joinedTurnId }) => joinedTurnId));
  const turns = rows.turns.filter((turn) => asked.includes(turn) || joinedIds.has(turn.id));
  const turnIds = new Set(turns.map(({ id }) => id));
  const deliveries = rows.deliveries.filter(({ turnId, replyTo }) =>
    turnId === null ? replyTo !== null && way.messageIds.has(replyTo) : turnIds.has(turnId),
  );
  return { messages: own, turns, deliveries };
}

/** The one that answers: the last, or the one that it was joined to. */
function lastTurn(turns: readonly Turn[]): Turn | undefined {
  return turns.toSorted((a, b) => a.id - b.id).at(-1);
}

/** `null` where there is nothing to send. */
function sentState(deliveries: readonly DeliveryRow[]): TraceState | null {
  if (deliveries.length === 0) return null;
  if (deliveries.some(({ status }) => status === 'failed')) return 'failed';
  return deliveries.every(({ status }) => status === 'sent') ? 'answered' : 'answering';
}

function sendingSteps({ updates }: Way): Happened[] {
  const sentIds = new Set<number>();
  return updates.map(({ updateId, atMs, isEdit }) => {
    const again = sentIds.has(updateId) ? ' once more' : '';
    sentIds.add(updateId);
    const what = `update ${updateId}${isEdit ? ', an edit,' : ''} sent${again}`;
    return { stage: 'webhook', what, row: null, atMs };
  });
}

function answerSteps({ attempts }: Way): Happened[] {
  const takenIds = new Set<number>();
  return attempts.map((attempt) => {
    const { updateId, atMs } = attempt;
    const what = wordsOf(attempt, takenIds.has(updateId));
    if (isTaken(attempt)) takenIds.add(updateId);
    return { stage: 'webhook', what, row: null, atMs };
  });
}

function wordsOf(attempt: Attempt, isAgain: boolean): string {
  if (attempt.status === null) return 'no answer: it is sent again';
  if (!isTaken(attempt)) return `refused with ${attempt.status}: it is sent again`;
  const duplicate = isAgain ? ', a duplicate: nothing is done twice' : '';
  return `acknowledged with ${attempt.status}${duplicate}`;
}

function inboxSteps(way: Way, rows: TraceRows, own: Own): Happened[] {
  const updateIds = new Set(way.updates.map(({ updateId }) => updateId));
  const seen = rows.updates
    .filter(({ updateId }) => updateIds.has(updateId))
    .map(({ updateId, receivedAtMs }): Happened => ({
      stage: 'inbox',
      what: 'update kept',
      row: `updates #${updateId}`,
      atMs: receivedAtMs,
    }));
  const kept = own.messages.map(({ id, role, createdAtMs }): Happened => ({
    stage: 'inbox',
    what: role === 'command' ? 'message kept: not for Claude' : 'message kept',
    row: `messages #${id}`,
    atMs: createdAtMs,
  }));
  return [...seen, ...kept];
}

function turnSteps(turn: Turn, rows: TraceRows): Happened[] {
  const row = `turns #${turn.id}`;
  const at = (stage: StageName, what: string, atMs: number | null): Happened[] =>
    atMs === null ? [] : [{ stage, what, row, atMs }];
  const joined = turn.joinedTurnId === null ? '' : `, answered with turns #${turn.joinedTurnId}`;
  // Of one that waits again, it is when it ran before.
  const startedAtMs = turn.status === 'queued' ? null : turn.startedAtMs;
  const attempt = turn.attemptCount > 1 ? `, attempt ${turn.attemptCount}` : '';
  return [
    ...at('turns', `queued${joined}`, turn.queuedAtMs),
    ...at('turns', `taken on${attempt}`, startedAtMs),
    ...rows.toolUses
      .filter(({ turnId }) => turnId === turn.id)
      .map(({ id, summary, startedAtMs: atMs }): Happened => ({
        stage: 'agent',
        what: summary,
        row: `tool_uses #${id}`,
        atMs,
      })),
    ...at(turn.status === 'cancelled' ? 'turns' : 'agent', endOf(turn), turn.endedAtMs),
  ];
}

function endOf(turn: Turn): string {
  switch (turn.status) {
    case 'failed':
      return `failed: ${turn.failure ?? 'unknown'}`;
    case 'interrupted':
      return 'found interrupted: it does not run again unasked';
    case 'done': {
      const model = turn.model === null ? '' : ` by ${turn.model}`;
      const tokens = `${turn.inputTokenCount} tokens in, ${turn.outputTokenCount} out`;
      return `answered${model}: ${tokens}, ${formatDollars(turn.costUsd)}`;
    }
    case 'queued':
    case 'running':
    case 'cancelled':
    case 'joined':
      return turn.status;
  }
}

function outboxSteps(own: Own, calls: ReadonlyMap<number, Way['calls']>): Happened[] {
  return own.deliveries.flatMap(({ id, status, reason, createdAtMs, endedAtMs }) => {
    const row = `deliveries #${id}`;
    const end = status === 'failed' ? `given up: ${reason ?? 'unknown'}` : 'noted as sent';
    return [
      { stage: 'outbox', what: 'reply written', row, atMs: createdAtMs },
      ...(calls.get(id) ?? []).map(({ method, status: code, description, atMs }): Happened => {
        const why = description === null ? '' : `, ${description}`;
        const what = `${method}: ${code === null ? 'no answer' : `${code}${why}`}`;
        return { stage: 'channel', what, row: null, atMs };
      }),
      ...(endedAtMs === null
        ? []
        : [{ stage: 'outbox', what: end, row, atMs: endedAtMs } as const]),
    ] satisfies Happened[];
  });
}

/** The calls that were made for each delivery: they go out one after another. */
function callsBy(
  deliveries: readonly DeliveryRow[],
  calls: Way['calls'],
): ReadonlyMap<number, Way['calls']> {
  const found = new Map<number, Way['calls']>();
  let rest = calls;
  for (const { id, createdAtMs, endedAtMs } of deliveries) {
    const later = rest.findIndex(({ atMs }) => atMs > (endedAtMs ?? Number.POSITIVE_INFINITY));
    const until = later === -1 ? rest.length : later;
    found.set(
      id,
      rest.slice(0, until).filter(({ atMs }) => atMs >= createdAtMs),
    );
    rest = rest.slice(until);
  }
  return found;
}
