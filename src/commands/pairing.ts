import type { BotProfile, Bots } from '../core/bot.ts';
import type { Clock } from '../core/clock.ts';
import { type Conversation, conversationOf, sourceOf } from '../core/conversation.ts';
import { escapeMarkdown, formatDuration } from '../core/format.ts';
import type { InboundAct, InboundMessage, InboundPress } from '../core/inbound.ts';
import type { Role } from '../core/role.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Logger } from '../platform/log.ts';
import { type Access, everywhere } from '../policy/access.ts';
import type { Appointed, Appointments } from '../policy/appointments.ts';
import type { Audit } from '../policy/audit.ts';
import type { Pairing, Pairings } from '../policy/pairing.ts';
import { idIn, NOT_YOURS, type PressActs, type Pressed, TOO_LATE } from './press.ts';

/** The verb of the buttons below the request of somebody new: `pair:<id>.<choice>`. */
const PAIR = 'pair';

const CHOICES = new Map<string, Role | null>([
  ['member', 'member'],
  ['viewer', 'viewer'],
  ['refuse', null],
]);

/** How new people get in: they ask with `/start`, the owner compares a code and presses a button. */
export interface PairingDesk {
  /** Somebody without a role did something. Returns whether it was a request that was taken. */
  asks(inbound: InboundAct): boolean;
  readonly acts: PressActs;
}

/** Works in the transaction that remembers the update. */
export function createPairingDesk(parts: {
  readonly pairings: Pairings;
  readonly appointments: Appointments;
  readonly access: Pick<Access, 'may'>;
  readonly bots: Bots;
  readonly conversations: ConversationStore;
  readonly outbox: Outbox;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Logger;
}): PairingDesk {
  const { pairings, bots, conversations, outbox } = parts;

  const take = (message: InboundMessage): boolean => {
    const { conversation, sender } = message;
    const bot = bots.of(conversation);
    const deciding = bot === null ? [] : decidersOf(bot, parts.appointments.list(bot));
    if (deciding.length === 0) return false;
    const asked = pairings.ask(sender, conversation);
    if (asked.kind === 'hasty') return true;
    const about = { conversation: conversation.id, person: sender.id };
    if (!('pairing' in asked)) {
      parts.log.warn(about, `pairing.${asked.kind}`);
      return false;
    }
    const { pairing } = asked;
    const left = formatDuration(pairing.expiresAtMs - parts.clock.now());
    conversations.ensure(conversation);
    const isNew = asked.kind === 'asked';
    outbox.say(conversation, {
      markdown: isNew
        ? `👋 I do not know you yet, so I asked my owner. Your code is **${pairing.code}**: tell it to them, they see the same one. It is good for an hour.`
        : `Your code is still **${pairing.code}**, good for another ${left}. My owner has yet to decide.`,
      replyTo: message.messageId,
      buttons: [],
    });
    if (!isNew) return true;
    for (const chat of deciding) {
      conversations.ensure(chat);
      outbox.say(chat, {
        markdown: `${requestOf(pairing)}\n\nLet them tell you their code, and press only if it is this one. For a member I work on this machine, for a viewer I only look things up. If you do not know them, refuse. The request stands for an hour.`,
        replyTo: null,
        buttons: [
          [
            { label: '✅ Member', data: `${PAIR}:${pairing.id}.member` },
            { label: '👀 Viewer', data: `${PAIR}:${pairing.id}.viewer` },
          ],
          [{ label: '🚫 Refuse', data: `${PAIR}:${pairing.id}.refuse` }],
        ],
      });
    }
    parts.audit.write({
      event: 'pairing.asked',
      conversationId: conversation.id,
      personId: sender.id,
      details: { code: pairing.code },
    });
    parts.log.info(about, 'pairing.asked');
    return true;
  };

  const settle = (press: InboundPress, pairing: Pairing, what: string) => {
    outbox.edit(press.conversation, {
      messageId: press.messageId,
      markdown: `${requestOf(pairing)}\n\n**${what}**`,
      buttons: [],
    });
  };

  const decide = (press: InboundPress, argument: string): Pressed | null => {
    const [id = '', choice = ''] = argument.split('.');
    const role = CHOICES.get(choice);
    if (role === undefined) return null;
    const { sender, conversation } = press;
    const source = sourceOf(conversation);
    // Who owns one chat alone lets nobody into the others.
    if (!parts.access.may(sender, everywhere(source), 'administer')) {
      return { word: NOT_YOURS, decision: 'refused' };
    }
    const verdict = role === null ? 'refused' : 'approved';
    const decided = pairings.decide(idIn(id), source, verdict, sender.id);
    if (decided.kind === 'over') return null;
    const { pairing } = decided;
    const details = { person: pairing.personId, code: pairing.code };
    if (decided.kind === 'expired') {
      settle(
        press,
        pairing,
        '⌛ Too late: the code was good for an hour. They can send /start again.',
      );
      return { word: TOO_LATE, decision: 'expired', details };
    }
    const by = escapeMarkdown(sender.name);
    const tell = (markdown: string) => {
      const theirs = conversations.get(pairing.conversationId);
      outbox.say(theirs, { markdown, replyTo: null, buttons: [] });
    };
    if (role === null) {
      settle(press, pairing, `🚫 Refused by ${by}.`);
      tell('My owner did not let you in.');
      return { word: 'Refused.', decision: 'refused', details };
    }
    parts.appointments.grant({
      personId: pairing.personId,
      reach: { source, destination: null },
      by: { personId: sender.id, conversationId: conversation.id },
      role,
      name: pairing.name,
    });
    settle(press, pairing, `${role === 'member' ? '✅ Member' : '👀 Viewer'}, let in by ${by}.`);
    tell(`🎉 You are in, as a ${role}. Send me a message, or /help for what else there is.`);
    return { word: `Let in as ${role}.`, decision: role, details };
  };

  return {
    asks: (inbound) =>
      inbound.kind === 'message' &&
      inbound.isPrivate &&
      inbound.command?.name === 'start' &&
      take(inbound),
    acts: new Map([[PAIR, { needs: 'administer', act: decide }]]),
  };
}

/**
 * The chats in which it is decided who gets in: that of the owner, or, where the settings name none, those of
 * the people who were made owners of the bot. A group does not decide that.
 */
function decidersOf(
  { source, ownerId, ownerConversation }: BotProfile,
  appointed: readonly Appointed[],
): readonly Conversation[] {
  if (ownerId !== null) return [ownerConversation];
  const [channel = '', bot = ''] = source.split(':');
  return appointed
    .filter(({ role, destination }) => role === 'owner' && destination === null)
    .map(({ personId }) => conversationOf({ channel, bot, chat: personId, thread: null }));
}

/** The name is theirs to choose: it stands for itself, on one line. */
function requestOf({ name, personId, code }: Pairing): string {
  const who = name === '' ? 'Somebody without a name' : `**${escapeMarkdown(name)}**`;
  return `🔑 Somebody new wants to use me: ${who}, id ${personId}.\n\nCode: **${code}**`;
}
