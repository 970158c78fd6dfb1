import { and, eq } from 'drizzle-orm';
import { confirmations, messages, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import { escapeMarkdown, messagesCount } from '../core/format.ts';
import type { InboundPress } from '../core/inbound.ts';
import { type Mode, stricter } from '../core/mode.ts';
import { SHELL_PERSON } from '../core/role.ts';
import { defuseTags } from '../core/tags.ts';
import type { TurnOptions } from '../core/turn.ts';
import type { Asking } from '../inbox/asking.ts';
import type { MessageStore } from '../inbox/messages.ts';
import type { Modes } from '../inbox/modes.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';
import type { Access } from '../policy/access.ts';
import { inShort } from '../policy/gate.ts';
import { CARRY_OUT } from '../turns/buttons.ts';
import type { Command } from './command.ts';
import { idIn, NOT_YOURS, TOO_LATE, type PressActs, type Pressed } from './press.ts';
import { createMayRunAgain } from './run-again.ts';

/** A longer answer may stand in more than one message of the chat: it stays as it is. */
const ONE_MESSAGE_LENGTH = 2000;

const TOO_OLD = 'This plan is more than a day old. Please ask for a new one.';

/**
 * What the button below a plan does: it becomes a turn of the one who asked for the plan, which may change
 * things. Each plan is carried out once, within a day.
 */
export function planPresses(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly access: Pick<Access, 'may' | 'roleOf'>;
  readonly asking: Asking;
  readonly messages: Pick<MessageStore, 'get'>;
  readonly modes: Pick<Modes, 'of' | 'mayChoose'>;
  readonly outbox: Outbox;
  /** `MODE`: what holds where a conversation chose nothing. */
  readonly defaultMode: Mode;
  /** Those of the person's own, as they are now. */
  readonly commands?: () => readonly Command[];
}): PressActs {
  const { database, access, clock, modes } = parts;
  const { orm } = database;
  const mayRunAgain = createMayRunAgain(parts);

  const planOf = (turnId: number, conversationId: string) => {
    const turn = orm
      .select()
      .from(turns)
      .where(and(eq(turns.id, turnId), eq(turns.conversationId, conversationId)))
      .get();
    if (turn?.status !== 'done') return null;
    const answer = orm
      .select({ text: messages.text })
      .from(messages)
      .where(eq(messages.answersMessageId, turn.messageId))
      .get();
    const offer = orm
      .select()
      .from(confirmations)
      .where(
        and(
          eq(confirmations.kind, 'plan'),
          eq(confirmations.subject, String(turnId)),
          eq(confirmations.conversationId, conversationId),
        ),
      )
      .get();
    // Only what was made where nothing could be changed is a plan.
    return answer === undefined || offer === undefined ? null : { turn, text: answer.text, offer };
  };

  /** Whoever may not choose a looser mode may not have one by this way either. */
  const mayCarryOut = ({ sender, conversation }: InboundPress, askerId: string | null): boolean =>
    access.may(sender, conversation, askerId === sender.id ? 'approve-own' : 'approve-any') &&
    modes.mayChoose(sender, conversation, modeFor(conversation));

  const modeFor = (conversation: Conversation): Mode => {
    const chosen = modes.of(conversation);
    return [chosen, parts.defaultMode].reduce<Mode>(
      (mode, other) => (other === 'plan' ? mode : stricter(mode, other)),
      'auto',
    );
  };

  const keepMessage = (press: InboundPress, personId: string): number =>
    orm
      .insert(messages)
      .values({
        conversationId: press.conversation.id,
        role: 'command',
        author: press.sender.name,
        personId,
        text: '▶️ Carry out this plan.',
        createdAtMs: clock.now(),
      })
      .returning({ id: messages.id })
      .get().id;

  const act = (press: InboundPress, argument: string): Pressed | null => {
    const { conversation, sender } = press;
    const plan = planOf(idIn(argument), conversation.id);
    if (plan === null) return null;
    const { turn, text, offer } = plan;
    if (!mayCarryOut(press, turn.personId) || !mayRunAgain(press, turn.id)) {
      return { word: NOT_YOURS, turnId: turn.id, decision: 'refused' };
    }
    if (offer.status !== 'open') return { word: TOO_LATE, turnId: turn.id };
    if (offer.expiresAtMs <= clock.now()) {
      return { word: TOO_OLD, turnId: turn.id, decision: 'expired' };
    }
    const isOfShell = turn.personId === SHELL_PERSON;
    const personId = isOfShell ? sender.id : (turn.personId ?? sender.id);
    const role = access.roleOf({ id: personId }, conversation);
    if (role === null || role === 'viewer') return { word: TOO_LATE, turnId: turn.id };
    const { project, tools, insisted } = turn;
    const mode = modeFor(conversation);
    const instruction = instructionFor(text);
    const options: TurnOptions = { project, tools, insisted, mode, instruction };
    const asked = parts.messages.get(turn.messageId);
    const messageId = keepMessage(press, personId);
    const outcome = parts.asking.askKept(
      messageId,
      { conversation, personId, role, text: asked.text },
      options,
    );
    switch (outcome.kind) {
      case 'full':
        return {
          word: `${messagesCount(outcome.waitingCount)} already waiting. Try again later.`,
          turnId: turn.id,
        };
      case 'refused':
        return { word: inShort(outcome.refusal), turnId: turn.id, decision: 'refused' };
      case 'queued':
    }
    orm
      .update(confirmations)
      .set({
        messageId,
        personId,
        // As much as it took.
        role: parts.defaultMode === 'plan' ? 'owner' : 'member',
        options: { mode },
        status: 'confirmed',
        decidedBy: sender.id,
        decidedAtMs: clock.now(),
      })
      .where(eq(confirmations.id, offer.id))
      .run();
    if (text.length <= ONE_MESSAGE_LENGTH) {
      parts.outbox.edit(conversation, {
        messageId: press.messageId,
        markdown: `${text}\n\n**▶️ ${escapeMarkdown(sender.name)} has it carried out.**`,
        buttons: [],
      });
    }
    return { word: 'On it.', turnId: turn.id, details: { mode, carriedOutBy: outcome.turnId } };
  };

  return new Map([[CARRY_OUT, { needs: 'approve-own', act }]]);
}

function instructionFor(plan: string): string {
  const words =
    'Carry out the plan in <claudio-plan>, which you made when you could only look, and which the person has now agreed to. Where it turns out to be wrong, stop and say so.';
  return `${words}\n\n<claudio-plan>\n${defuseTags(plan)}\n</claudio-plan>`;
}
