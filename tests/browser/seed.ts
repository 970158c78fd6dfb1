import { deliveries, messages, toolUses, turns } from '../../drizzle/schema.ts';
import { conversationOf, type Conversation } from '../../src/core/conversation.ts';
import { createConversationStore } from '../../src/inbox/conversations.ts';
import { createMemoryStore } from '../../src/memory/store.ts';
import type { Database } from '../../src/platform/database/open.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { testClock } from '../support/clock.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A question and its answer. */
interface Talk {
  readonly question: string;
  readonly answer: string;
  readonly tools: readonly (readonly [tool: string, summary: string])[];
}

const TALKS: readonly Talk[] = [
  {
    question: 'why is the build red?',
    answer:
      'One test fails: `tests/price.test.ts`, “rounds half up”. The cause is in `src/price.ts`, line 12: `Math.floor` where it should be `Math.round`. Shall I mend it?',
    tools: [
      ['Bash', 'Running npm test'],
      ['Read', 'Reading src/price.ts'],
    ],
  },
  {
    question: 'yes, and push it to a branch',
    answer: 'Done: `fix/rounding`, one commit, and the tests are green.',
    tools: [
      ['Edit', 'Editing src/price.ts'],
      ['Bash', 'Running npm test'],
      ['Bash', 'Running git push origin fix/rounding'],
    ],
  },
  {
    question: 'what changed in the invoices this week?',
    answer:
      'Three things:\n\n1. Totals are rounded once, at the end.\n2. A line may have no tax rate.\n3. The PDF names the due date.',
    tools: [['Bash', 'Running git log --since=1.week -- src/invoices']],
  },
  {
    question: 'is the staging server healthy?',
    answer: 'Yes: it answers in 40 ms, the disk is 61 % full, and no error was logged today.',
    tools: [['Bash', 'Running curl -s https://staging.example.com/health']],
  },
  {
    question: 'update the dependencies and tell me what could break',
    answer: 'Seven were updated. One has a new major version: its dates are in UTC from now on.',
    tools: [
      ['Bash', 'Running npm outdated'],
      ['Edit', 'Editing package.json'],
    ],
  },
];

/** How long each takes for an answer, at the least. */
const MODELS = [
  { name: 'claude-sonnet-4-5', tookMs: 12_000 },
  { name: 'claude-opus-4-5', tookMs: 24_000 },
  { name: 'claude-haiku-4-5', tookMs: 4000 },
] as const;

/** Turns of each day of a week. */
const DAYS = [9, 12, 7, 14, 10, 3, 4];

/** Markup that would do something where it is not escaped. */
export const MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script>"><b>bold</b>';

/** The conversation of the owner with the bot of the stand-in. */
export function ownersConversation(chat: number): Conversation {
  return conversationOf({ channel: 'telegram', bot: '1', chat: String(chat), thread: null });
}

/**
 * Two weeks in the life of a service: turns on several models, one that failed, one that ran when the
 * service died, a part that could not be delivered, memories and an audit log.
 *
 * @param options.hasMarkup Whether somebody tries {@link MARKUP} wherever words can be. Default: yes.
 */
export function seedHistory(
  database: Database,
  options: { readonly ownerId: number; readonly nowMs: number; readonly hasMarkup?: boolean },
): void {
  const markup = options.hasMarkup === false ? '' : MARKUP;
  const clock = testClock(options.nowMs - 14 * DAY_MS);
  const conversation = ownersConversation(options.ownerId);
  const group = conversationOf({ channel: 'telegram', bot: '1', chat: '-1001', thread: null });
  const conversations = createConversationStore(database, clock);
  const audit = createAudit({ database, clock });
  const memory = createMemoryStore({ database, clock, vectors: null });
  let platformId = 100;

  const say = (
    where: Conversation,
    text: string,
    more: Partial<typeof messages.$inferInsert> = {},
  ): number =>
    database.orm
      .insert(messages)
      .values({
        conversationId: where.id,
        role: 'person',
        personId: String(options.ownerId),
        author: 'Owner',
        text,
        platformMessageId: String((platformId += 2)),
        createdAtMs: clock.now(),
        ...more,
      })
      .returning({ id: messages.id })
      .get().id;
  const run = (
    where: Conversation,
    messageId: number,
    more: Partial<typeof turns.$inferInsert> = {},
  ): number => {
    const turnId = database.orm
      .insert(turns)
      .values({
        conversationId: where.id,
        messageId,
        personId: String(options.ownerId),
        status: 'done',
        attemptCount: 1,
        queuedAtMs: clock.now(),
        startedAtMs: clock.now() + 150,
        requestedModel: 'sonnet',
        ...more,
      })
      .returning({ id: turns.id })
      .get().id;
    audit.write({
      event: 'turn.asked',
      conversationId: where.id,
      personId: String(options.ownerId),
      turnId,
      decision: 'allowed',
    });
    return turnId;
  };
  const talk = (where: Conversation, { question, answer, tools }: Talk, nth: number): void => {
    const questionId = say(where, question);
    const model = MODELS[nth % MODELS.length] ?? MODELS[0];
    const tookMs = model.tookMs + ((nth * 7919) % 9000);
    const outputTokenCount = 300 + ((nth * 131) % 900);
    const turnId = run(where, questionId, {
      endedAtMs: clock.now() + tookMs,
      model: model.name,
      inputTokenCount: 900 + ((nth * 37) % 400),
      outputTokenCount,
      cacheReadTokenCount: 12_000 + ((nth * 613) % 9000),
      cacheWriteTokenCount: 2000,
      costUsd: 0.01 + outputTokenCount / 20_000,
    });
    for (const [index, [tool, summary]] of tools.entries()) {
      const startedAtMs = clock.now() + 500 + index * 1500;
      database.orm
        .insert(toolUses)
        .values({ turnId, attempt: 1, tool, summary, startedAtMs })
        .run();
    }
    clock.advance(tookMs);
    say(where, answer, {
      role: 'claude',
      personId: null,
      author: null,
      platformMessageId: null,
      answersMessageId: questionId,
      toolSummary: tools.map(([, summary]) => `• ${summary}`).join('\n'),
    });
    deliver(where, turnId, answer, { status: 'sent', platformMessageId: String(platformId + 1) });
  };
  const deliver = (
    where: Conversation,
    turnId: number,
    text: string,
    more: Partial<typeof deliveries.$inferInsert>,
  ): void => {
    database.orm
      .insert(deliveries)
      .values({
        conversationId: where.id,
        destination: where.destination,
        turnId,
        part: { kind: 'text', text, entities: [], replyTo: null, buttons: [] },
        status: 'sent',
        attemptCount: 1,
        dueAtMs: clock.now(),
        createdAtMs: clock.now(),
        endedAtMs: clock.now(),
        ...more,
      })
      .run();
  };

  database.transaction(() => {
    for (const where of [conversation, group]) conversations.ensure(where);
    let nth = 0;
    for (let day = 0; day < 14; day += 1) {
      clock.set(options.nowMs - (14 - day) * DAY_MS + 30 * MINUTE_MS);
      for (let count = DAYS[day % DAYS.length] ?? 0; count > 0; count -= 1) {
        talk(count % 4 === 3 ? group : conversation, TALKS[nth % TALKS.length] ?? lastTalk(), nth);
        nth += 1;
        clock.advance(25 * MINUTE_MS);
      }
    }
    clock.set(options.nowMs - 3 * 60 * MINUTE_MS);
    run(conversation, say(conversation, 'summarise the incident report'), {
      status: 'failed',
      failure: 'overloaded',
      endedAtMs: clock.now() + 9000,
    });
    clock.advance(MINUTE_MS);
    run(group, say(group, `and the tests? ${markup}`, { author: markup || 'Member' }), {
      endedAtMs: clock.now() + 5000,
      model: MODELS[0].name,
    });
    clock.advance(MINUTE_MS);
    const undelivered = run(conversation, say(conversation, 'and the old changelog?'), {
      endedAtMs: clock.now() + 5000,
      model: MODELS[0].name,
    });
    deliver(conversation, undelivered, `It begins with version 0.1. ${markup}`.trim(), {
      status: 'failed',
      attemptCount: 3,
      reason: 'Forbidden: bot was blocked by the user',
    });
    clock.advance(MINUTE_MS);
    // Found running by the next start, which takes it for interrupted.
    run(conversation, say(conversation, 'move the logs to the new disk'), {
      status: 'running',
      activity: 'Running rsync -a /var/log/app /mnt/new',
    });
  });

  const told = { kind: 'semantic', source: 'told' } as const;
  const remembered = [
    { ...told, text: 'Deployments happen on Tuesdays and Thursdays, never on Fridays.' },
    { ...told, text: 'The staging server is staging.example.com.' },
    { ...told, text: `The reviewer is on holiday until Monday. ${markup}`.trim() },
    {
      kind: 'episodic',
      source: 'learned',
      text: 'The build was red because of rounding in src/price.ts.',
      context: 'the build',
      outcome: 'mended on the branch fix/rounding',
      importance: 0.7,
    },
    {
      kind: 'procedural',
      source: 'noted',
      text: 'Run npm test before each push.',
      trigger: 'before a push',
    },
  ] as const;
  for (const one of remembered) memory.remember(conversation.destination, one);
  audit.write({
    event: 'access.refused',
    conversationId: ownersConversation(7).id,
    personId: '7',
    decision: 'refused',
    details: { name: markup || 'Mallory' },
  });
}

function lastTalk(): Talk {
  throw new Error('there are no talks');
}
