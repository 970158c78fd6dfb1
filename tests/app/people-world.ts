import { createCommands } from '../../src/app/commands.ts';
import { createHandlers } from '../../src/app/handlers.ts';
import { parseUpdate } from '../../src/channels/telegram/parse.ts';
import { createOwnCommands } from '../../src/app/own-commands.ts';
import { approvalPresses, createDenial } from '../../src/commands/approve.ts';
import { createEditHandler } from '../../src/commands/changes.ts';
import { createCommandHandler } from '../../src/commands/dispatch.ts';
import { forgetPresses } from '../../src/commands/forget.ts';
import { createInsisting } from '../../src/commands/insist.ts';
import { modePresses } from '../../src/commands/mode.ts';
import { createPairingDesk } from '../../src/commands/pairing.ts';
import { planPresses } from '../../src/commands/plan.ts';
import { createPressHandler } from '../../src/commands/presses.ts';
import { projectPresses } from '../../src/commands/project.ts';
import { createReactionHandler } from '../../src/commands/reactions.ts';
import { TURN_VERBS } from '../../src/commands/turn-verbs.ts';
import type { BotProfile } from '../../src/core/bot.ts';
import { conversationOf } from '../../src/core/conversation.ts';
import { createInbox, type Acceptance } from '../../src/inbox/accept.ts';
import { createConfirmations } from '../../src/inbox/confirmations.ts';
import { createModes } from '../../src/inbox/modes.ts';
import { createOverheard } from '../../src/inbox/overheard.ts';
import { createSeenUpdates } from '../../src/inbox/seen-updates.ts';
import { createRecall } from '../../src/memory/recall.ts';
import { newId } from '../../src/platform/clock.ts';
import { createAccess } from '../../src/policy/access.ts';
import { createAppointments } from '../../src/policy/appointments.ts';
import { createPairings } from '../../src/policy/pairing.ts';
import { createUsageReport } from '../../src/turns/usage.ts';
import { testLog } from '../support/log.ts';
import { memoryWorld } from '../support/memory.ts';
import { testBots } from '../support/people.ts';
import { turnWorld } from '../support/turns.ts';

/** A group in which all sorts of people are. */
export const GROUP = -1009;
export const OWNER = 42;
const BOT = { id: '1', username: 'claudio_bot' };

export function conversationIn(chat: number) {
  return conversationOf({ channel: 'telegram', bot: '1', chat: String(chat), thread: null });
}

/** A user of Telegram as updates name them; a negative id is that of a chat that speaks for itself. */
export function from(id: number, name = `Person ${id}`): Record<string, unknown> {
  if (id > 0) return { from: { id, is_bot: false, first_name: name } };
  const standIn = { id: 1_087_968_824, is_bot: true, first_name: 'Group' };
  return { sender_chat: { id, type: 'channel', title: name }, from: standIn };
}

function chatOf(id: number) {
  return id < 0 ? { id, type: 'supergroup', title: 'Others' } : { id, type: 'private' };
}

/**
 * From an update as Telegram sends it to the rows that it leaves: the real parser, inbox, commands and
 * buttons on a real database, put together as the service does. Only the agent is not there.
 */
export function peopleWorld(profile: Partial<BotProfile> = {}) {
  const world = turnWorld();
  const { database, clock, conversations, messages, audit } = world;
  const bots = testBots(profile);
  const { log, lines } = testLog();
  const access = createAccess({ database, clock, bots, audit, log });
  const modes = createModes({ ...world, access });
  const appointments = createAppointments({ database, clock, bots, audit });
  const { store, remember } = memoryWorld({ database, clock, isWithoutVectors: true });
  const memory = {
    store,
    recall: createRecall({ database, clock, log, store, vectors: null, embedder: null }),
  };
  const pairing = createPairingDesk({
    ...world,
    pairings: createPairings({ database, clock, newId }),
    appointments,
    access,
    bots,
    log,
  });
  const confirmations = createConfirmations(database, clock, audit);
  const own = createOwnCommands({
    ...world,
    confirmations,
    access,
    modes,
    tellOwner: () => undefined,
    onFault: (error) => {
      throw error;
    },
  });
  const builtIn = createCommands({
    ...world,
    own: own.commands,
    access,
    modes,
    appointments,
    bots,
    memory,
    usage: createUsageReport(database),
    defaultModel: () => 'haiku',
    defaultProgress: 'brief',
  });
  const commands = [...builtIn, ...own.commands()];
  const insisting = createInsisting({ ...world, access, confirmations });
  const acts = new Map([
    ...pairing.acts,
    ...insisting.acts,
    ...own.acts,
    ...projectPresses(world),
    ...approvalPresses({ ...world, access }),
    ...planPresses({ ...world, access, modes, commands: own.commands }),
    ...modePresses({ ...world, modes }),
  ]);
  const overheard = createOverheard({ database, clock, conversations, messages });
  const accept = createInbox({
    ...world,
    overheard,
    seen: createSeenUpdates(database, clock),
    handlers: createHandlers({
      ...world,
      access,
      command: createCommandHandler({ ...world, commands: () => commands, access }),
      edit: createEditHandler({ ...world, defaultModel: () => 'haiku' }),
      reaction: createReactionHandler(world),
      press: createPressHandler({
        ...world,
        memory: store,
        access,
        acts,
        commands: own.commands,
      }),
      denial: createDenial({ ...world, access }),
      refused: insisting.refused,
      pairing: pairing.asks,
    }),
  });

  let updateId = 0;
  let look: (() => void) | null = null;
  const pressed = new Set<string>();
  const take = (update: Readonly<Record<string, unknown>>): Acceptance => {
    const inbound = parseUpdate(BOT, { update_id: (updateId += 1), ...update });
    if (inbound === null) throw new Error('no update');
    look?.();
    return accept('telegram:1', inbound);
  };
  const message = (sender: Readonly<Record<string, unknown>>, text: string, chat: number) => ({
    message_id: (updateId += 1),
    date: 0,
    chat: chatOf(chat),
    ...sender,
    text,
    entities: [...text.matchAll(/^\/\w+|@claudio_bot/gu)].map((match) => ({
      type: match[0].startsWith('/') ? 'bot_command' : 'mention',
      offset: match.index,
      length: match[0].length,
    })),
  });

  return {
    ...world,
    access,
    appointments,
    bots,
    store,
    remember,
    lines,
    commands,
    builtIn,
    confirmations,
    insisting,
    /** The verbs of all buttons that there are, and of those that were pressed. */
    verbs: [...TURN_VERBS, ...forgetPresses(store, database, world.outbox).keys(), ...acts.keys()],
    pressed,
    take,
    /** Has this called right before each update that is to come. */
    beforeUpdate: (call: () => void): void => {
      look = call;
    },
    /** Somebody writes a text. */
    write: (sender: Readonly<Record<string, unknown>>, text: string, chat = GROUP): Acceptance =>
      take({ message: message(sender, text, chat) }),
    edit: (
      sender: Readonly<Record<string, unknown>>,
      messageId: string,
      text: string,
      chat = GROUP,
    ): Acceptance =>
      take({
        edited_message: { ...message(sender, text, chat), message_id: Number(messageId) },
      }),
    react: (
      sender: Readonly<Record<string, unknown>>,
      messageId: string,
      emoji: string,
    ): Acceptance =>
      take({
        message_reaction: {
          chat: chatOf(GROUP),
          message_id: Number(messageId),
          date: 0,
          ...('sender_chat' in sender
            ? { actor_chat: sender['sender_chat'] }
            : { user: sender['from'] }),
          old_reaction: [],
          new_reaction: [{ type: 'emoji', emoji }],
        },
      }),
    /** Somebody presses a button below a message of the bot. Only people can: a channel has no buttons. */
    press: (sender: Readonly<Record<string, unknown>>, data: string, chat = GROUP): Acceptance => {
      pressed.add(data.replace(/:.*/u, ''));
      return take({
        callback_query: {
          id: 'p',
          chat_instance: '1',
          from: sender['from'],
          data,
          message: {
            message_id: 7,
            date: 0,
            chat: chatOf(chat),
            from: { id: 1, is_bot: true, first_name: 'Claudio' },
            text: 'as it stands',
          },
        },
      });
    },
    /** What was said or changed last, in this chat if one is named. */
    last: (chat?: number): Readonly<Record<string, unknown>> | undefined =>
      database.orm.query.deliveries
        .findMany()
        .sync()
        .findLast(
          ({ conversationId }) => chat === undefined || conversationId === conversationIn(chat).id,
        )?.part,
    deliveryCount: () => database.orm.query.deliveries.findMany().sync().length,
    auditRows: () => database.orm.query.audit.findMany().sync(),
    /** All that somebody without the right to must not change. */
    state: () => {
      const { query } = database.orm;
      return {
        turns: query.turns.findMany().sync(),
        conversations: query.conversations.findMany().sync(),
        grants: query.grants.findMany().sync(),
        pairings: query.pairings.findMany().sync(),
        questions: query.questions.findMany().sync(),
        memories: query.memories.findMany().sync(),
        reactions: query.reactions.findMany().sync(),
        approvals: query.approvals.findMany().sync(),
        approvalRules: query.approvalRules.findMany().sync(),
        confirmations: query.confirmations.findMany().sync(),
        spoken: query.messages
          .findMany()
          .sync()
          .filter(({ role }) => role !== 'command'),
      };
    },
  };
}
