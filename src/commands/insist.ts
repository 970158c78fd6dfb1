import type { Conversation } from '../core/conversation.ts';
import { escapeMarkdown, messagesCount } from '../core/format.ts';
import type { InboundMessage, InboundPress } from '../core/inbound.ts';
import type { Clock } from '../core/clock.ts';
import type { Asking } from '../inbox/asking.ts';
import type { Confirmations } from '../inbox/confirmations.ts';
import type { MessageStore } from '../inbox/messages.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Access } from '../policy/access.ts';
import { inShort, type Refusal } from '../policy/gate.ts';
import { ASKER_GONE, idIn, type PressActs, type Pressed, TOO_LATE } from './press.ts';

/** The verb of the button below a refusal that a rule brought about. */
const INSIST = 'insist';

/** What follows where the gate was shut for a message. */
export interface Insisting {
  /**
   * Tells why a message was not taken, and offers to run it anyway where its sender may override a rule.
   * To be called in the transaction that keeps it.
   */
  refused(
    message: Pick<InboundMessage, 'conversation' | 'sender' | 'messageId'>,
    refusal: Refusal,
    keptId: number,
  ): void;
  readonly acts: PressActs;
}

/**
 * Lets somebody who may override a rule have a message run all the same: for five minutes, once. It stays
 * the turn of who asked for it, with what Claude may do for them.
 */
export function createInsisting(parts: {
  readonly clock: Clock;
  readonly access: Pick<Access, 'may' | 'roleOf'>;
  readonly asking: Asking;
  readonly confirmations: Confirmations;
  readonly messages: Pick<MessageStore, 'get'>;
  readonly outbox: Outbox;
}): Insisting {
  const { clock, access, asking, confirmations, messages, outbox } = parts;

  const offer = (conversation: Conversation, personId: string, rule: string, keptId: number) => {
    const { id } = confirmations.open({
      conversationId: conversation.id,
      messageId: keptId,
      personId,
      kind: 'rule',
      subject: rule,
      role: 'owner',
      options: { insisted: true },
    });
    return [[{ label: '▶️ Run it anyway', data: `${INSIST}:${id}` }]];
  };

  const insist = (press: InboundPress, argument: string): Pressed | null => {
    const { conversation, sender } = press;
    const row = confirmations.find(idIn(argument), conversation.id);
    if (row?.kind !== 'rule') return null;
    const details = { rule: row.subject, asker: row.personId };
    if (row.status !== 'open' || row.expiresAtMs <= clock.now()) {
      const isExpired = confirmations.settle(row, 'confirmed', sender.id) === 'expired';
      return { word: isExpired ? EXPIRED : TOO_LATE, details };
    }
    const { text } = messages.get(row.messageId);
    const personId = row.personId;
    const role = access.roleOf({ id: personId }, conversation);
    if (role === null) return { word: ASKER_GONE, decision: 'refused', details };
    const request = { conversation, personId, role, pressedBy: sender.id, text };
    const asked = asking.askKept(row.messageId, request, row.options);
    switch (asked.kind) {
      case 'full':
        return {
          word: `${messagesCount(asked.waitingCount)} already waiting. Try again.`,
          details,
        };
      case 'refused':
        return { word: inShort(asked.refusal), decision: 'refused', details };
      case 'queued':
        confirmations.settle(row, 'confirmed', sender.id);
        outbox.edit(conversation, {
          messageId: press.messageId,
          markdown: `▶️ **Run anyway**, against rule ${row.subject}, as ${escapeMarkdown(sender.name)} said.`,
          buttons: [],
        });
        return {
          word: 'Running it anyway.',
          turnId: asked.turnId,
          decision: 'allowed',
          details,
        };
    }
  };

  return {
    refused: (message, refusal, keptId) => {
      const { conversation, sender, messageId } = message;
      const { kind, rule, markdown, isRepeated = false } = refusal;
      if (isRepeated) return;
      const mayInsist = kind === 'rule' && access.may(sender, conversation, 'override');
      outbox.say(conversation, {
        markdown,
        replyTo: messageId,
        buttons: mayInsist ? offer(conversation, sender.id, rule, keptId) : [],
      });
    },
    acts: new Map([[INSIST, { needs: 'override', act: insist }]]),
  };
}

const EXPIRED = 'The five minutes are over. Please send it again.';
