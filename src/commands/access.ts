import type { BotProfile, Bots } from '../core/bot.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { InboundMessage } from '../core/inbound.ts';
import { aRole, type Role, ROLES } from '../core/role.ts';
import { type Access, everywhere, isPerson } from '../policy/access.ts';
import type { Appointed, Appointments, Wish } from '../policy/appointments.ts';
import type { Command, CommandReply } from './command.ts';

const HERE = 'here';

const USAGE = [
  '- `/access grant ID member`: lets somebody in, as member, viewer or owner',
  '- `/access revoke ID`: takes that back',
  '- with `here` at the end, either counts in this chat alone',
].join('\n');

const NO_ID =
  'Tell me who by their number, such as `/access grant 123456789 member`; a name is not enough. I show it when they send me /start in a chat of their own.';
const NO_ROLE =
  'There are three roles: **member** (asks, and Claude works for them), **viewer** (asks, and Claude only looks things up) and **owner** (all that you may). Such as `/access grant 123456789 member`.';

/** What is typed behind `/access grant` or `/access revoke`. */
interface Order {
  readonly verb: 'grant' | 'revoke';
  readonly personId: string;
  readonly role: Role | null;
  readonly isHere: boolean;
}

/** `/access`: who has which role, and the giving and taking of roles. */
export function accessCommand(parts: {
  readonly access: Pick<Access, 'may' | 'roleOf'>;
  readonly appointments: Appointments;
  readonly bots: Bots;
}): Command {
  const { access, appointments, bots } = parts;

  const list = (message: InboundMessage, bot: BotProfile): string => {
    const { conversation, sender, isPrivate } = message;
    const all = appointments.list(bot, conversation.destination);
    const here = all.filter(({ destination }) => destination !== null);
    if (!access.may(sender, everywhere(bot.source), 'administer')) {
      return [
        '👥 **In this chat, beside those whom the bot knows in every chat:**',
        here.length === 0 ? 'nobody' : here.map(lineOf).join('\n'),
        `To change it, with \`here\` at the end:\n\n${USAGE}`,
      ].join('\n\n');
    }
    const wide = all.filter(({ destination }) => destination === null);
    return [
      '👥 **Who may use me, in every chat:**',
      wide.length === 0 ? 'nobody' : wide.map(lineOf).join('\n'),
      ...(here.length === 0
        ? []
        : ['**In this chat, which comes first:**', here.map(lineOf).join('\n')]),
      ...(isPrivate ? [] : ['Others in this chat are not heard.']),
      `To change it:\n\n${USAGE}`,
    ].join('\n\n');
  };

  /** A sentence where the sender may not decide that, though they may use the command here. */
  const overreach = (message: InboundMessage, order: Order, bot: BotProfile): string | null => {
    const all = everywhere(bot.source);
    if (access.may(message.sender, all, 'administer')) return null;
    if (!order.isHere) {
      return 'You decide that for this chat alone: put `here` at the end. For every chat, an owner of the whole bot does.';
    }
    return access.roleOf({ id: order.personId }, all) === 'owner'
      ? 'They own the whole bot, so their role is not yours to change.'
      : null;
  };

  const carryOut = (message: InboundMessage, order: Order, bot: BotProfile): string => {
    const { conversation, sender, isPrivate } = message;
    if (order.isHere && isPrivate) {
      return 'In this chat there are only the two of us: `here` is for groups. Leave it out, and the role counts in every chat.';
    }
    const tooFar = overreach(message, order, bot);
    if (tooFar !== null) return tooFar;
    const wish: Wish = {
      personId: order.personId,
      reach: { source: bot.source, destination: order.isHere ? conversation.destination : null },
      by: { personId: sender.id, conversationId: conversation.id },
    };
    const where = order.isHere ? 'in this chat' : 'in every chat';
    const outcome =
      order.role === null
        ? appointments.revoke(wish)
        : appointments.grant({ ...wish, role: order.role });
    switch (outcome.kind) {
      case 'no-person':
        return NO_ID;
      case 'owner-of-settings':
        return 'The bot belongs to them by its settings (`TELEGRAM_CHAT_ID`), and that can only be changed there.';
      case 'had-none':
        return `${order.personId} has no role that counts ${where}, so there is nothing to take back. /access shows who has one.`;
      case 'granted':
        return `✅ ${shown(order.personId, outcome.name)} is ${order.role === null ? '' : aRole(order.role)} ${where} from now on.`;
      case 'revoked':
        return `🚪 ${shown(order.personId, outcome.name)} lost the role that counted ${where}. What they still wait for is not answered.`;
    }
  };

  return {
    name: 'access',
    needs: 'administer',
    description: 'Who may use me: “grant ID member”, “revoke ID”',
    run: (message, args): CommandReply => {
      const bot = bots.of(message.conversation);
      if (bot === null) return { markdown: 'This bot is no longer set up.' };
      if (args.trim() === '') return { markdown: list(message, bot) };
      const order = orderOf(args);
      return { markdown: typeof order === 'string' ? order : carryOut(message, order, bot) };
    },
  };
}

/** What is meant, or a sentence about what is wrong with it. */
function orderOf(args: string): Order | string {
  const [verb = '', personId = '', ...rest] = args.trim().toLowerCase().split(/\s+/u);
  if (verb !== 'grant' && verb !== 'revoke') return `I know these here:\n\n${USAGE}`;
  if (!isPerson(personId)) return NO_ID;
  const isHere = rest.at(-1) === HERE;
  const [word, ...more] = isHere ? rest.slice(0, -1) : rest;
  const role = verb === 'grant' ? (ROLES.find((known) => known === word) ?? null) : null;
  if (verb === 'grant' && role === null) return NO_ROLE;
  if (more.length > 0 || (verb === 'revoke' && word !== undefined)) {
    return `That is more than I understand. I know these here:\n\n${USAGE}`;
  }
  return { verb, personId, role, isHere };
}

function lineOf({ personId, name, role, grantedBy }: Appointed): string {
  const by = grantedBy === null ? ', by the settings' : '';
  const what = role === 'none' ? 'no role' : `${role}${by}`;
  return `- ${shown(personId, name)}: ${what}`;
}

function shown(personId: string, name: string | null): string {
  return name === null ? personId : `${escapeMarkdown(name)} (${personId})`;
}
