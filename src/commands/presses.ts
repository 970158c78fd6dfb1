import { and, eq } from 'drizzle-orm';
import { audit, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import { escapeMarkdown, messagesCount } from '../core/format.ts';
import type { InboundPress } from '../core/inbound.ts';
import type { Queue } from '../inbox/queue.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';
import { DISCARD, RETRY } from '../turns/recovery.ts';
import { CANCEL, queueList, STOP } from './queue.ts';

/** What a press did: a short word for the one who pressed. */
export type PressHandler = (press: InboundPress) => string;

const TOO_LATE = 'That is no longer possible.';

/**
 * Acts on a press. To be called in the transaction that remembers the update. That each button counts
 * once needs no memory of its own: it is a step from one status of the turn to another, and there is
 * no way back.
 */
export function createPressHandler(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly queue: Queue;
  readonly outbox: Outbox;
}): PressHandler {
  const { orm } = parts.database;

  const settle = (press: InboundPress, what: string) => {
    parts.outbox.edit(press.conversation, {
      messageId: press.messageId,
      markdown: `${escapeLines(press.messageText)}\n\n**${what} by ${escapeMarkdown(press.sender.name)}.**`,
      buttons: [],
    });
  };

  const refreshList = (press: InboundPress) => {
    const list = queueList(parts.queue.entries(press.conversation.id), parts.clock.now());
    parts.outbox.edit(press.conversation, {
      messageId: press.messageId,
      markdown: list.markdown,
      buttons: list.buttons ?? [],
    });
  };

  const retry = (press: InboundPress, turnId: number): string => {
    const outcome = parts.queue.requeue(turnId);
    if (outcome.kind === 'gone') return TOO_LATE;
    if (outcome.kind === 'full') {
      return `${messagesCount(outcome.waitingCount)} already waiting. Try again when the queue is shorter.`;
    }
    settle(press, '🔁 Started again');
    return 'Trying again.';
  };

  const discard = (press: InboundPress, turnId: number): string => {
    const { changes } = orm
      .update(turns)
      .set({ status: 'cancelled' })
      .where(and(eq(turns.id, turnId), eq(turns.status, 'interrupted')))
      .run();
    if (changes === 0) return TOO_LATE;
    settle(press, '🗑 Discarded');
    return 'Discarded.';
  };

  const cancel = (press: InboundPress, turnId: number): string => {
    const cancelled = parts.queue.cancel(turnId);
    refreshList(press);
    return cancelled ? 'Cancelled.' : TOO_LATE;
  };

  const stop = (press: InboundPress, turnId: number): string => {
    const asked = parts.queue.requestStop(turnId);
    if (!asked) refreshList(press);
    return asked ? 'Stopping.' : TOO_LATE;
  };

  const handlers = new Map([
    [RETRY, retry],
    [DISCARD, discard],
    [CANCEL, cancel],
    [STOP, stop],
  ]);

  return (press) => {
    const [verb = '', argument = ''] = press.data.split(':', 2);
    const handler = handlers.get(verb);
    const turn = orm
      .select({ id: turns.id })
      .from(turns)
      // A button counts only where it was shown.
      .where(and(eq(turns.id, Number(argument)), eq(turns.conversationId, press.conversation.id)))
      .get();
    if (handler === undefined || turn === undefined) return TOO_LATE;
    const word = handler(press, turn.id);
    orm
      .insert(audit)
      .values({
        atMs: parts.clock.now(),
        event: `press.${verb}`,
        conversationId: press.conversation.id,
        personId: press.sender.id,
        turnId: turn.id,
      })
      .run();
    return word;
  };
}

function escapeLines(text: string): string {
  return text.split('\n').map(escapeMarkdown).join('\n');
}
