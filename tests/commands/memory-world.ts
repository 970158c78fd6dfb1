import { recalls } from '../../drizzle/schema.ts';
import { createCommands } from '../../src/app/commands.ts';
import { createHandlers } from '../../src/app/handlers.ts';
import { renderReply } from '../../src/channels/telegram/render/reply.ts';
import { createCommandHandler } from '../../src/commands/dispatch.ts';
import { createPressHandler } from '../../src/commands/presses.ts';
import type { InboundMessage } from '../../src/core/inbound.ts';
import { createInbox } from '../../src/inbox/accept.ts';
import { createSeenUpdates } from '../../src/inbox/seen-updates.ts';
import { createRecall } from '../../src/memory/recall.ts';
import { createAccess } from '../../src/policy/access.ts';
import { createUsageReport } from '../../src/turns/usage.ts';
import { z } from 'zod';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { memoryWorld } from '../support/memory.ts';
import { turnWorld } from '../support/turns.ts';
import { testBots } from '../support/people.ts';

const partSchema = z.object({
  markdown: z.string(),
  messageId: z.string().optional(),
  buttons: z.array(z.array(z.object({ label: z.string(), data: z.string() }))),
});

/** Person 42 may use the bot anywhere, and everyone in the chat 42. */
export const OWNER = { id: '42', name: 'Owner_1' };

/** Chats in which commands are typed and buttons pressed, from the update to the row of the outbox. */
export function memoryChats(options: { readonly isTurnedOff?: boolean } = {}) {
  const world = turnWorld();
  const { database, clock, log, outbox, conversations, queue, messages, questions, audit } = world;
  const { store, remember, say } = memoryWorld({ database, clock, isWithoutVectors: true });
  const recall = createRecall({ database, clock, log, store, vectors: null, embedder: null });
  const memory = options.isTurnedOff === true ? null : { store, recall };
  const commands = createCommands({
    ...world,
    memory,
    usage: createUsageReport(database),
    defaultModel: () => 'haiku',
    defaultProgress: 'brief',
  });
  const accept = createInbox({
    database,
    conversations,
    messages,
    queue,
    moves: world.moves,
    overheard: world.overheard,
    asking: world.asking,
    seen: createSeenUpdates(database, clock),
    handlers: createHandlers({
      access: createAccess({ database, clock, bots: testBots(), audit, log }),
      outbox,
      questions,
      approvals: world.approvals,
      gate: world.gate,
      audit,
      command: createCommandHandler({
        messages,
        outbox,
        commands: () => commands,
        access: world.access,
        audit,
      }),
      edit: () => false,
      reaction: () => false,
      refused: () => undefined,
      denial: () => false,
      pairing: null,
      press: createPressHandler({ ...world, memory: memory?.store ?? null }),
    }),
  });
  let updateId = 0;
  const deliveryCount = () => database.orm.query.deliveries.findMany().sync().length;
  /** The last thing that was said or changed, and what a phone shows of it. */
  const last = () => {
    const part = partSchema.parse(database.orm.query.deliveries.findMany().sync().at(-1)?.part);
    const { texts } = renderReply(part.markdown);
    return { ...part, shown: texts.map(({ text }) => text).join('\n'), partCount: texts.length };
  };

  return {
    ...world,
    store,
    recall,
    remember,
    say,
    deliveryCount,
    last,
    /** What is written down for good, the typing of commands apart. */
    audit: () =>
      database.orm.query.audit
        .findMany()
        .sync()
        .filter(({ event }) => !event.startsWith('command.')),
    /** Types a command and returns what is answered. */
    type: (text: string, from: Partial<InboundMessage> & { readonly chat?: string } = {}) => {
      const [, name = '', args = ''] = /^\/(\w+)([^]*)$/u.exec(text) ?? [];
      const { chat, ...more } = from;
      accept('telegram:1', {
        ...inboundMessage((updateId += 1), text, chat),
        sender: OWNER,
        command: { name, args: args.trim() },
        ...more,
      });
      return last();
    },
    /** Presses a button and returns the word for the one who did. */
    press: (data: string, from: { readonly chat?: string; readonly id?: string } = {}) => {
      const accepted = accept('telegram:1', {
        kind: 'press',
        updateId: (updateId += 1),
        conversation: conversation(from.chat),
        sender: { ...OWNER, id: from.id ?? OWNER.id },
        messageId: '7',
        messageText: 'the question as it stands',
        data,
        pressId: 'p',
      });
      return 'word' in accepted ? accepted.word : accepted;
    },
    /** A turn that runs, and was reminded of this. */
    reminded: (
      recalled: readonly Omit<typeof recalls.$inferInsert, 'turnId' | 'place' | 'atMs'>[],
    ) => {
      world.arrive('what about it?');
      const turn = queue.claim('boot');
      if (turn === null) throw new Error('nothing to run');
      for (const [index, row] of recalled.entries()) {
        database.orm
          .insert(recalls)
          .values({ ...row, turnId: turn.turnId, place: index + 1, atMs: clock.now() })
          .run();
      }
      store.accessed(recalled.map(({ memoryId }) => memoryId));
      return turn;
    },
  };
}
