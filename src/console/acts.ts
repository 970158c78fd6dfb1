import { eq } from 'drizzle-orm';
import { turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import { messagesCount } from '../core/format.ts';
import { SHELL_PERSON } from '../core/role.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { MessageStore } from '../inbox/messages.ts';
import type { Queue } from '../inbox/queue.ts';
import type { Outbox } from '../outbox/append.ts';
import { createFailedDeliveries, type Hindrance } from '../outbox/failed.ts';
import type { Database } from '../platform/database/open.ts';
import type { Audit } from '../policy/audit.ts';
import { type Gate, inShort } from '../policy/gate.ts';
import type { Questions } from '../turns/questions.ts';

/** Why something is refused. */
export type ActRefusal = 'full' | 'budget' | Hindrance;

/** What came of something that the owner asked for on a page. */
export type ActOutcome =
  | { readonly kind: 'done' }
  /** It is no longer as it was when the page was made. */
  | { readonly kind: 'too-late' }
  /** `reason`: a sentence that says why not. */
  | { readonly kind: 'refused'; readonly code: ActRefusal; readonly reason: string };

/**
 * What the owner can do on a page. Each is a step from one status to another with no way back, so that of
 * two at once only one counts, writes an entry in the audit log as {@link SHELL_PERSON}, and is said in the
 * chat where those who read along there would else see nothing of it.
 */
export interface Acts {
  /** Asks a running turn to stop, for good. */
  stop(turnId: number): ActOutcome;
  /** Takes a waiting turn out of the queue. */
  cancel(turnId: number): ActOutcome;
  /** Has a turn that was interrupted run again, within the budgets: the owner has no other limit. */
  retry(turnId: number): ActOutcome;
  /** Lets a turn that was interrupted be. */
  discard(turnId: number): ActOutcome;
  /** Sends a part that failed once more, as if it were new. */
  resend(deliveryId: number): ActOutcome;
  /** Lets a part that failed be: it is shown no more. */
  dismiss(deliveryId: number): ActOutcome;
}

type Turn = typeof turns.$inferSelect;
type TurnAct = 'stop' | 'cancel' | 'retry' | 'discard';

/** What is said in the chat. */
const LINES: Readonly<Record<TurnAct, string>> = {
  stop: '⏹ Stopping: that was asked for in the console.',
  cancel: '✖️ Taken out of the queue from the console.',
  retry: '🔁 Started again from the console.',
  discard: '🗑 Discarded from the console.',
};

/** Why a part that failed cannot be sent once more, in a sentence. */
export const HINDRANCES: Readonly<Record<Hindrance, string>> = {
  'files-gone': 'Its files were removed when it failed, so it cannot be sent again.',
  'chat-moved': 'Its chat has moved since, so it cannot be sent again.',
};

const DONE: ActOutcome = { kind: 'done' };
const TOO_LATE: ActOutcome = { kind: 'too-late' };

/** @param parts.wake Something is to be done now: rows were written. */
export function createActs(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly queue: Queue;
  readonly conversations: Pick<ConversationStore, 'get'>;
  readonly messages: Pick<MessageStore, 'get' | 'forgetSecrets'>;
  readonly questions: Pick<Questions, 'withdraw'>;
  readonly outbox: Pick<Outbox, 'say'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly gate: Pick<Gate, 'check'>;
  readonly wake: () => void;
}): Acts {
  const { database, queue, audit } = parts;
  const failed = createFailedDeliveries(database, parts.clock);

  const inOneCommit = (work: () => ActOutcome): ActOutcome => {
    const outcome = database.transaction(work);
    if (outcome.kind === 'done') parts.wake();
    return outcome;
  };

  const aboutTurn = (act: TurnAct, turnId: number, work: (turn: Turn) => ActOutcome) =>
    inOneCommit(() => {
      const turn = database.orm.select().from(turns).where(eq(turns.id, turnId)).get();
      if (turn === undefined) return TOO_LATE;
      const outcome = work(turn);
      if (outcome.kind === 'too-late') return outcome;
      const { conversationId } = turn;
      const decision = decisionOf(outcome);
      audit.write({
        event: `console.${act}`,
        conversationId,
        personId: SHELL_PERSON,
        turnId,
        ...decision,
      });
      if (outcome.kind === 'done') {
        const replyTo = parts.messages.get(turn.messageId).platformMessageId;
        const line = { markdown: LINES[act], replyTo, buttons: [] };
        parts.outbox.say(parts.conversations.get(conversationId), line);
      }
      return outcome;
    });

  const aboutDelivery = (
    act: 'resend' | 'dismiss',
    id: number,
    work: (hindrance: Hindrance | null) => ActOutcome,
  ) =>
    inOneCommit(() => {
      const delivery = failed.find(id);
      if (delivery === null) return TOO_LATE;
      const outcome = work(delivery.hindrance);
      const { conversationId, turnId } = delivery;
      audit.write({
        event: `console.${act}`,
        conversationId,
        personId: SHELL_PERSON,
        turnId,
        ...decisionOf(outcome),
        details: { delivery: id },
      });
      return outcome;
    });

  const again = ({ id, status, conversationId }: Turn): ActOutcome => {
    if (status !== 'interrupted') return TOO_LATE;
    const refusal = parts.gate.check({
      conversation: parts.conversations.get(conversationId),
      personId: SHELL_PERSON,
      role: 'owner',
      text: '',
      isBegunAnew: true,
    });
    if (refusal !== null) return { kind: 'refused', code: 'budget', reason: inShort(refusal) };
    const outcome = queue.requeue(id);
    if (outcome.kind === 'gone') return TOO_LATE;
    if (outcome.kind === 'queued') return DONE;
    const reason = `${messagesCount(outcome.waitingCount)} already waiting there. Try again when the queue is shorter.`;
    return { kind: 'refused', code: 'full', reason };
  };

  return {
    stop: (turnId) =>
      aboutTurn('stop', turnId, ({ stopRequestedAtMs, restartRequestedAtMs }) => {
        // One that is to begin anew can still be stopped for good.
        if (stopRequestedAtMs !== null && restartRequestedAtMs === null) return TOO_LATE;
        return queue.requestStop(turnId) ? DONE : TOO_LATE;
      }),
    cancel: (turnId) => aboutTurn('cancel', turnId, () => (queue.cancel(turnId) ? DONE : TOO_LATE)),
    retry: (turnId) => aboutTurn('retry', turnId, again),
    discard: (turnId) =>
      aboutTurn('discard', turnId, () => {
        if (!queue.discard(turnId)) return TOO_LATE;
        parts.questions.withdraw(turnId);
        parts.messages.forgetSecrets(turnId);
        return DONE;
      }),
    resend: (id) =>
      aboutDelivery('resend', id, (hindrance) => {
        if (hindrance !== null) {
          return { kind: 'refused', code: hindrance, reason: HINDRANCES[hindrance] };
        }
        return failed.resend(id) ? DONE : TOO_LATE;
      }),
    dismiss: (id) => aboutDelivery('dismiss', id, () => (failed.dismiss(id) ? DONE : TOO_LATE)),
  };
}

function decisionOf(outcome: ActOutcome): { readonly decision?: string } {
  return outcome.kind === 'refused' ? { decision: 'refused' } : {};
}
