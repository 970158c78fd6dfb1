import { and, eq } from 'drizzle-orm';
import { turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import { escapeMarkdown, messagesCount } from '../core/format.ts';
import type { InboundPress } from '../core/inbound.ts';
import type { MessageStore } from '../inbox/messages.ts';
import type { Queue } from '../inbox/queue.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';
import type { Access } from '../policy/access.ts';
import type { Audit } from '../policy/audit.ts';
import type { Gate } from '../policy/gate.ts';
import { ANSWER, type Questions } from '../turns/questions.ts';
import { DISCARD, RETRY } from '../turns/buttons.ts';
import { HALT } from '../turns/turn.ts';
import { RESTART } from './changes.ts';
import type { Command } from './command.ts';
import { forgetPresses } from './forget.ts';
import { createPressRefusals } from './press-refusals.ts';
import { idIn, NOT_YOURS, TOO_LATE, type PressActs, type Pressed } from './press.ts';
import { CANCEL, queueList, STOP } from './queue.ts';
import { AGAIN, nextLarger } from './reactions.ts';
import { createMayRunAgain } from './run-again.ts';
import { isAboutTurn, neededFor, RUNS_AGAIN, type TurnVerb } from './turn-verbs.ts';

/** What a press did: a short word for the one who pressed. */
export type PressHandler = (press: InboundPress) => string;

/**
 * Acts on a press. To be called in the transaction that remembers the update. That each button counts
 * once needs no record of its own: it is a step from one status of the turn to another, and there is
 * no way back; and what is forgotten is gone.
 *
 * @param parts.acts What the buttons of others do, by verb.
 */
export function createPressHandler(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly queue: Queue;
  readonly messages: MessageStore;
  readonly questions: Questions;
  readonly outbox: Outbox;
  /** `null` where the memory is turned off. */
  readonly memory: MemoryStore | null;
  readonly access: Pick<Access, 'may' | 'roleOf'>;
  readonly gate: Gate;
  readonly audit: Audit;
  readonly acts: PressActs;
  /** Those of the person's own, as they are now. */
  readonly commands?: () => readonly Command[];
}): PressHandler {
  const { access } = parts;
  const mayRunAgain = createMayRunAgain(parts);
  const { refusalOf, unpaidOf } = createPressRefusals(parts);
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

  /** Has a turn that was interrupted run again, or says in a few words why it does not. */
  const beginAnew = (press: InboundPress, turnId: number): string | null => {
    const unpaid = unpaidOf(press, turnId);
    if (unpaid !== null) return unpaid;
    const outcome = parts.queue.requeue(turnId);
    if (outcome.kind === 'gone') return TOO_LATE;
    return outcome.kind === 'full' ? tooMany(outcome.waitingCount) : null;
  };

  const retry = (press: InboundPress, turnId: number): string => {
    const objection = beginAnew(press, turnId);
    if (objection !== null) return objection;
    settle(press, '🔁 Started again');
    return 'Trying again.';
  };

  const discard = (press: InboundPress, turnId: number): string => {
    if (!parts.queue.discard(turnId)) return TOO_LATE;
    parts.questions.withdraw(turnId);
    parts.messages.forgetSecrets(turnId);
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

  /** The button below the message that shows the progress, which goes away by itself. */
  const halt = (_: InboundPress, turnId: number): string =>
    parts.queue.requestStop(turnId) ? 'Stopping.' : TOO_LATE;

  const restart = (press: InboundPress, turnId: number): string => {
    const offered = orm.select().from(turns).where(eq(turns.id, turnId)).get();
    // What was answered may be tried again meanwhile.
    const turn = offered === undefined ? null : parts.queue.latest(offered.messageId);
    if (turn === null || turn.restartRequestedAtMs !== null) return TOO_LATE;
    const changed = parts.messages.changedDuring(turn.id);
    if (changed.length === 0) return TOO_LATE;
    if (turn.status === 'running') {
      // What ran so far was paid for, and it runs once more.
      for (const message of changed) {
        const refusal = refusalOf(press, message, message.changedText, false);
        if (refusal !== null) return refusal;
      }
      parts.queue.requestStop(turn.id);
      orm
        .update(turns)
        .set({ restartRequestedAtMs: parts.clock.now() })
        .where(eq(turns.id, turn.id))
        .run();
    } else if (turn.status === 'interrupted' || turn.status === 'queued') {
      const objection = turn.status === 'queued' ? null : beginAnew(press, turn.id);
      if (objection !== null) return objection;
      for (const { id, changedText } of changed) parts.messages.change(id, changedText);
    } else {
      for (const message of changed) {
        const refusal = refusalOf(press, message, message.changedText, false);
        if (refusal !== null) return refusal;
        const { changedText, personId } = message;
        const asked = parts.queue.enqueueChange(
          message,
          changedText,
          personId,
          turn.requestedModel,
        );
        if (asked.kind === 'full') return tooMany(asked.waitingCount);
        parts.messages.keepChange(message.id, null);
      }
    }
    settle(press, '🔁 Restarted');
    return 'Restarting.';
  };

  const again = (press: InboundPress, turnId: number): string => {
    const turn = orm.select().from(turns).where(eq(turns.id, turnId)).get();
    if (turn === undefined) return TOO_LATE;
    const message = parts.messages.get(turn.messageId);
    const refusal = refusalOf(press, message, message.text, turn.insisted);
    if (refusal !== null) return refusal;
    const model = nextLarger(turn.model ?? turn.requestedModel);
    const outcome = parts.queue.again(turnId, model);
    if (outcome.kind === 'gone') return TOO_LATE;
    if (outcome.kind === 'full') return tooMany(outcome.waitingCount);
    settle(press, `🔁 Tried again with ${model}`);
    return 'Trying again.';
  };

  /** Whether Claude can still come to know the answer. */
  const isHeard = (
    question: { readonly id: number; readonly askedAtMs: number },
    turn: typeof turns.$inferSelect,
  ): boolean => {
    if (turn.status !== 'running') return turn.status === 'interrupted' || turn.status === 'queued';
    if (turn.stopRequestedAtMs !== null) return false;
    // What an earlier attempt asked, this one may ask again, and then finds the answer.
    const isOfEarlierAttempt = question.askedAtMs < (turn.startedAtMs ?? 0);
    return isOfEarlierAttempt || parts.questions.isWaitedFor(question.id);
  };

  const maySteer = (
    { sender, conversation }: InboundPress,
    verb: string,
    turn: Pick<typeof turns.$inferSelect, 'id' | 'personId'>,
  ): boolean =>
    access.may(sender, conversation, neededFor(verb, turn, sender)) &&
    (!RUNS_AGAIN.has(verb) || mayRunAgain({ sender, conversation }, turn.id));

  /** An answer to what was asked before the turn was interrupted sets it going again. */
  const answer = (press: InboundPress, turnId: number, argument: string): string => {
    const [questionId = '', index = ''] = argument.split('.');
    const question = parts.questions.get(idIn(questionId));
    const option = /^\d{1,3}$/u.test(index) ? question?.options[Number(index)] : undefined;
    if (question?.turnId !== turnId || question.status !== 'open' || option === undefined) {
      return TOO_LATE;
    }
    const turn = orm.select().from(turns).where(eq(turns.id, turnId)).get();
    if (turn === undefined || !isHeard(question, turn)) return TOO_LATE;
    if (turn.status === 'interrupted') {
      if (!maySteer(press, RETRY, turn)) return NOT_YOURS;
      const objection = beginAnew(press, turnId);
      if (objection !== null) return objection;
    }
    const given = { text: option, by: press.sender.name };
    parts.questions.answer(question.id, given);
    settle(press, `➡️ ${escapeMarkdown(option)}: chosen`);
    return option;
  };

  const turnOf = (verb: string, argument: string): number => {
    if (verb !== ANSWER) return idIn(argument);
    return parts.questions.get(idIn(argument.split('.')[0] ?? ''))?.turnId ?? 0;
  };

  const handlers = {
    [RETRY]: retry,
    [DISCARD]: discard,
    [CANCEL]: cancel,
    [STOP]: stop,
    [HALT]: halt,
    [RESTART]: restart,
    [AGAIN]: again,
    [ANSWER]: answer,
  } satisfies Record<TurnVerb, unknown>;

  const memoryHandlers =
    parts.memory === null ? null : forgetPresses(parts.memory, parts.database, parts.outbox);

  const aboutTurn = (press: InboundPress, verb: string, argument: string): Pressed | null => {
    if (!isAboutTurn(verb)) return null;
    const handler = handlers[verb];
    const turn = orm
      .select({ id: turns.id, personId: turns.personId })
      .from(turns)
      // A button counts only where it was shown.
      .where(
        and(eq(turns.id, turnOf(verb, argument)), eq(turns.conversationId, press.conversation.id)),
      )
      .get();
    if (turn === undefined) return null;
    if (!maySteer(press, verb, turn)) {
      return { word: NOT_YOURS, turnId: turn.id, decision: 'refused' };
    }
    return { word: handler(press, turn.id, argument), turnId: turn.id };
  };

  const aboutMemory = (press: InboundPress, verb: string, argument: string): Pressed | null => {
    const handler = memoryHandlers?.get(verb);
    if (handler === undefined) return null;
    if (!access.may(press.sender, press.conversation, 'remember')) return REFUSED;
    const word = handler(press, argument);
    return word === null ? null : { word };
  };

  const ofOthers = (press: InboundPress, verb: string, argument: string): Pressed | null => {
    const found = parts.acts.get(verb);
    if (found === undefined) return null;
    if (!access.may(press.sender, press.conversation, found.needs)) return REFUSED;
    return found.act(press, argument);
  };

  return (press) => {
    const [verb = '', argument = ''] = press.data.split(':', 2);
    const pressed =
      aboutTurn(press, verb, argument) ??
      aboutMemory(press, verb, argument) ??
      ofOthers(press, verb, argument);
    if (pressed === null) return TOO_LATE;
    const { turnId = null, decision, details } = pressed;
    parts.audit.write({
      event: `press.${verb}`,
      conversationId: press.conversation.id,
      personId: press.sender.id,
      turnId,
      ...(decision === undefined ? {} : { decision }),
      ...(details === undefined ? {} : { details }),
    });
    return pressed.word;
  };
}

const REFUSED: Pressed = { word: NOT_YOURS, decision: 'refused' };

function tooMany(waitingCount: number): string {
  return `${messagesCount(waitingCount)} already waiting. Try again when the queue is shorter.`;
}

function escapeLines(text: string): string {
  return text.split('\n').map(escapeMarkdown).join('\n');
}
