import { join } from 'node:path';
import { utimesSync, writeFileSync } from 'node:fs';
import { createHandlers } from '../../../src/app/handlers.ts';
import { createOwnCommands } from '../../../src/app/own-commands.ts';
import { parseUpdate } from '../../../src/channels/telegram/parse.ts';
import { createCommandHandler } from '../../../src/commands/dispatch.ts';
import { createPressHandler } from '../../../src/commands/presses.ts';
import { helpCommands } from '../../../src/commands/help.ts';
import { createAsking } from '../../../src/inbox/asking.ts';
import { createInbox } from '../../../src/inbox/accept.ts';
import { createConfirmations } from '../../../src/inbox/confirmations.ts';
import { createOverheard } from '../../../src/inbox/overheard.ts';
import { createSeenUpdates } from '../../../src/inbox/seen-updates.ts';
import { createAccess } from '../../../src/policy/access.ts';
import { createGrants } from '../../../src/policy/grants.ts';
import { type Gate, OPEN_GATE } from '../../../src/policy/gate.ts';
import { testBots } from '../../support/people.ts';
import { turnWorld } from '../../support/turns.ts';

export const OWNER = { id: 42, name: 'Olga' };
export const MEMBER = { id: 7, name: 'Mia' };
export const VIEWER = { id: 8, name: 'Vera' };
export const STRANGER = { id: 9, name: 'Stan' };
export const GROUP = -1009;
export type Someone = typeof OWNER;

const BOT = { id: '1', username: 'claudio_bot' };

const chatOf = (id: number) =>
  id < 0 ? { id, type: 'supergroup', title: 'Others' } : { id, type: 'private' };
const user = ({ id, name }: Someone) => ({ id, is_bot: false, first_name: name });

/**
 * A group in which commands of the person's own are typed and their buttons pressed: from the update as
 * Telegram sends it to the rows.
 */
export function ownCommandsWorld(
  options: { readonly gate?: Gate; readonly maxQueueSize?: number; readonly file?: unknown } = {},
) {
  const world = turnWorld({ maxQueueSize: options.maxQueueSize ?? 100 });
  const { database, clock, conversations, messages, audit, queue, log, home } = world;
  const gate = options.gate ?? OPEN_GATE;
  const path = join(home, 'commands.json');
  const write = (content: unknown): void => {
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), {
      mode: 0o600,
    });
    // It lies still for a while.
    const at = clock.now() / 1000 - 10;
    utimesSync(path, at, at);
  };
  if (options.file !== undefined) write(options.file);
  const bots = testBots({ memberIds: [String(MEMBER.id)] });
  createGrants(database, clock).set({
    scope: 'telegram:1',
    personId: String(VIEWER.id),
    name: VIEWER.name,
    role: 'viewer',
    grantedBy: String(OWNER.id),
  });
  const access = createAccess({ database, clock, bots, audit, log });
  const asking = createAsking({
    conversations,
    messages,
    queue,
    gate,
    defaultModel: () => 'haiku',
  });
  const told: string[] = [];
  /** A service: all that is not in rows is new in each. */
  const boot = () => {
    const own = createOwnCommands({
      ...world,
      gate,
      access,
      asking,
      confirmations: createConfirmations(database, clock, audit),
      tellOwner: (markdown) => told.push(markdown),
      onFault: (error) => {
        throw error;
      },
    });
    const help = helpCommands(() => own.commands(), access);
    const accept = createInbox({
      ...world,
      asking,
      overheard: createOverheard({ database, clock, conversations, messages }),
      seen: createSeenUpdates(database, clock),
      handlers: createHandlers({
        ...world,
        access,
        command: createCommandHandler({
          ...world,
          commands: () => [...help, ...own.commands()],
          access,
        }),
        edit: () => false,
        reaction: () => false,
        press: createPressHandler({ ...world, memory: null, access, gate, acts: own.acts }),
        refused: () => undefined,
        pairing: null,
        denial: () => false,
      }),
    });
    return { own, accept };
  };
  let { own, accept } = boot();
  let updateId = 0;
  const take = (update: Readonly<Record<string, unknown>>) => {
    const inbound = parseUpdate(BOT, { update_id: (updateId += 1), ...update });
    if (inbound === null) throw new Error('no update');
    clock.advance(1);
    return accept('telegram:1', inbound);
  };
  const { query } = database.orm;

  return {
    ...world,
    access,
    told,
    path,
    writeFile: write,
    own: () => own,
    restart: (): void => {
      ({ own, accept } = boot());
    },
    /** Somebody types something; a command ends where Telegram ends it. */
    type: (who: Someone, text: string, chat = GROUP, more: Record<string, unknown> = {}) =>
      take({
        message: {
          message_id: (updateId += 1),
          date: 0,
          chat: chatOf(chat),
          from: user(who),
          ...(text === ''
            ? {}
            : {
                text,
                entities: [
                  { type: 'bot_command', offset: 0, length: /^\/\w+/u.exec(text)?.[0].length ?? 0 },
                ],
              }),
          ...more,
        },
      }),
    /** Somebody presses a button. Returns the word that they see. */
    press: (who: Someone, data: string, chat = GROUP): string => {
      const accepted = take({
        callback_query: {
          id: 'p',
          chat_instance: '1',
          from: user(who),
          data,
          message: {
            message_id: 7,
            date: 0,
            chat: chatOf(chat),
            from: { id: 1, is_bot: true, first_name: 'Claudio' },
            text: 'Deploy to production?',
          },
        },
      });
      return 'word' in accepted ? accepted.word : accepted.kind;
    },
    last: () => query.deliveries.findMany().sync().at(-1)?.part,
    deliveryCount: () => query.deliveries.findMany().sync().length,
    turns: () => query.turns.findMany().sync(),
    kept: () => query.messages.findMany().sync(),
    confirmations: () => query.confirmations.findMany().sync(),
    events: () =>
      query.audit
        .findMany()
        .sync()
        .map(({ event }) => event),
  };
}
