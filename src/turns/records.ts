import { and, asc, eq, ne, or, sql } from 'drizzle-orm';
import { conversations, deliveries, messages, toolUses, turns } from '../../drizzle/schema.ts';
import type { ToolUse } from '../core/agent.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import { type Mask, maskKeys, maskNote } from '../core/mask.ts';
import { type TurnStatus, UNUSABLE_NOW, type Usage } from '../core/turn.ts';
import { MASKED_IN_HISTORY, maskAsked } from '../inbox/masking.ts';
import type { Database } from '../platform/database/open.ts';
import type { Audit } from '../policy/audit.ts';

/** How a turn ended, for its row and for the talk. */
export interface TurnEnd {
  readonly status: Exclude<TurnStatus, 'queued' | 'running'>;
  readonly usage: Usage;
  /** The model that answered, where one did. */
  readonly model: string | null;
  readonly failure: string | null;
  /** What the talk keeps as Claude's part: the answer, or what the person was told instead. */
  readonly text: string;
}

export type StoredTurn = typeof turns.$inferSelect;

interface TurnAttempt {
  readonly turnId: number;
  readonly attempt: number;
}

/** What is written about a turn while it runs and when it ends. */
export interface TurnRecords {
  started(turnId: number, sessionId: string): void;
  toolUsed(turnId: number, attempt: number, use: ToolUse): void;
  /** The message that shows its progress is there, with this id of the platform. */
  progressShown(turn: TurnAttempt, platformMessageId: string): void;
  /** Adds what an attempt used that ends without an end of the turn. */
  used(turnId: number, usage: Usage): void;
  forgetProgress(turnId: number, platformMessageId: string): void;
  /** Its answer is to be spoken before it is told. */
  speechWanted(turnId: number): void;
  turn(turnId: number): StoredTurn;
  message(messageId: number): typeof messages.$inferSelect;
  /** The messages that a turn answers: those of the turns that were joined to it, then its own. */
  asked(turnId: number): readonly (typeof messages.$inferSelect)[];
  /** What was said in a message of either side, by the platform's id of it: also what was spoken. */
  saidIn(conversation: Conversation, platformMessageId: string): string | null;
  /** The tools used so far, a line each, oldest first. */
  toolLines(turnId: number): readonly string[];
  /**
   * To be called in the transaction that also tells the person.
   *
   * @returns The end as it is kept and to be told: without secrets, and with a word where there were some.
   */
  ended(turn: { turnId: number; conversationId: string; messageId: number }, end: TurnEnd): TurnEnd;
}

/** So many of the last tools are kept with the answer. */
const SUMMARY_LINE_COUNT = 40;

/** @param options.audit Where the uses of tools and the ends of turns are written down, too. */
export function createTurnRecords(
  database: Database,
  clock: Clock,
  options: { readonly mask?: Mask; readonly audit?: Audit } = {},
): TurnRecords {
  const { orm } = database;
  const { mask = maskKeys, audit } = options;
  const usedBy = orm
    .select({ summary: toolUses.summary })
    .from(toolUses)
    .where(eq(toolUses.turnId, sql.placeholder('turnId')))
    .orderBy(asc(toolUses.id))
    .prepare();
  const turnById = orm
    .select()
    .from(turns)
    .where(eq(turns.id, sql.placeholder('turnId')))
    .prepare();
  const messageById = orm
    .select()
    .from(messages)
    .where(eq(messages.id, sql.placeholder('messageId')))
    .prepare();
  const askedBy = orm
    .select({ message: messages })
    .from(turns)
    .innerJoin(messages, eq(messages.id, turns.messageId))
    .where(
      or(
        eq(turns.id, sql.placeholder('turnId')),
        eq(turns.joinedTurnId, sql.placeholder('turnId')),
      ),
    )
    .orderBy(asc(turns.id))
    .prepare();
  const wasAnswered = (messageId: number, exceptTurnId: number): boolean =>
    orm
      .select({ id: turns.id })
      .from(turns)
      .where(
        and(eq(turns.messageId, messageId), eq(turns.status, 'done'), ne(turns.id, exceptTurnId)),
      )
      .limit(1)
      .get() !== undefined;
  const asked = (turnId: number) => askedBy.all({ turnId }).map(({ message }) => message);
  const toolLines = (turnId: number) => usedBy.all({ turnId }).map(({ summary }) => summary);

  return {
    started: (turnId, sessionId) => {
      orm.update(turns).set({ sessionId }).where(eq(turns.id, turnId)).run();
    },

    toolUsed: (turnId, attempt, { tool, summary: given, inputDigest }) => {
      const summary = mask(given, given.endsWith('…')).text;
      database.transaction(() => {
        const { conversationId, personId } = found(turnById.get({ turnId }), `turn ${turnId}`);
        audit?.write({
          event: 'tool.used',
          conversationId,
          personId: personId ?? '',
          turnId,
          details: { tool, inputDigest },
        });
        orm
          .insert(toolUses)
          .values({ turnId, attempt, tool, summary, startedAtMs: clock.now() })
          .run();
        orm.update(turns).set({ activity: summary }).where(eq(turns.id, turnId)).run();
      });
    },

    progressShown: ({ turnId, attempt }, progressMessageId) => {
      orm
        .update(turns)
        .set({ progressMessageId })
        .where(and(eq(turns.id, turnId), eq(turns.attemptCount, attempt)))
        .run();
    },

    used: (turnId, usage) => {
      orm.update(turns).set(added(usage)).where(eq(turns.id, turnId)).run();
    },

    forgetProgress: (turnId, platformMessageId) => {
      orm
        .update(turns)
        .set({ progressMessageId: null })
        .where(and(eq(turns.id, turnId), eq(turns.progressMessageId, platformMessageId)))
        .run();
    },

    speechWanted: (turnId) => {
      orm.update(turns).set({ speech: 'pending' }).where(eq(turns.id, turnId)).run();
    },

    turn: (turnId) => found(turnById.get({ turnId }), `turn ${turnId}`),
    message: (messageId) => found(messageById.get({ messageId }), `message ${messageId}`),
    saidIn: ({ id, destination }, platformMessageId) => {
      const byPerson = orm
        .select({ text: messages.text })
        .from(messages)
        .where(
          and(eq(messages.conversationId, id), eq(messages.platformMessageId, platformMessageId)),
        )
        .limit(1)
        .get();
      const byClaude = orm
        .select({ text: messages.text })
        .from(deliveries)
        .innerJoin(turns, eq(turns.id, deliveries.turnId))
        .innerJoin(messages, eq(messages.answersMessageId, turns.messageId))
        .where(
          and(
            eq(deliveries.destination, destination),
            eq(deliveries.platformMessageId, platformMessageId),
          ),
        )
        .limit(1)
        .get();
      return (byPerson ?? byClaude)?.text.trim() || null;
    },
    asked,
    toolLines,

    ended: ({ turnId, conversationId, messageId }, given) => {
      const now = clock.now();
      const masked = mask(given.text);
      // Until here Claude may have needed it, and on another try it may again.
      const isTold = !isOffered(given) && maskAsked(database, mask, turnId) > 0;
      const notes = [maskNote(masked.maskedCount), isTold ? MASKED_IN_HISTORY : ''];
      const end = {
        ...given,
        text: [masked.text, ...notes].filter((part) => part !== '').join('\n\n'),
      };
      const ended = orm
        .update(turns)
        .set({
          status: end.status,
          endedAtMs: now,
          model: end.model,
          failure: end.failure,
          ...added(end.usage),
          ...(end.status === 'interrupted'
            ? { interruptionCount: sql`${turns.interruptionCount} + 1` }
            : {}),
        })
        .where(and(eq(turns.id, turnId), eq(turns.status, 'running')))
        .run();
      if (ended.changes !== 1) throw new Error(`turn ${turnId} is not running`);
      const { model, usage } = end;
      audit?.write({
        event: 'turn.ended',
        conversationId,
        personId: found(turnById.get({ turnId }), `turn ${turnId}`).personId ?? '',
        turnId,
        decision: end.status,
        details: { model, costUsd: usage.costUsd },
        text: end.text,
      });
      orm
        .update(conversations)
        .set({ servedAtMs: now })
        .where(eq(conversations.id, conversationId))
        .run();
      // A second try that came to nothing takes no answer away.
      if (end.status !== 'done' && wasAnswered(messageId, turnId)) return end;
      const lines = toolLines(turnId);
      const said = {
        text: end.text,
        toolSummary:
          lines.length === 0
            ? null
            : lines
                .slice(-SUMMARY_LINE_COUNT)
                .map((line) => `- ${line}`)
                .join('\n'),
        createdAtMs: now,
      };
      orm
        .insert(messages)
        .values({ conversationId, role: 'claude', answersMessageId: messageId, ...said })
        .onConflictDoUpdate({ target: messages.answersMessageId, set: said })
        .run();
      return end;
    },
  };
}

/** Whether the person is offered another try with the very same words. */
function isOffered({ status, failure }: TurnEnd): boolean {
  return status === 'interrupted' || failure === UNUSABLE_NOW;
}

function found<Row>(row: Row | undefined, name: string): Row {
  if (row === undefined) throw new Error(`no ${name}`);
  return row;
}

function added(usage: Usage) {
  return {
    inputTokenCount: sql`${turns.inputTokenCount} + ${usage.inputTokenCount}`,
    outputTokenCount: sql`${turns.outputTokenCount} + ${usage.outputTokenCount}`,
    cacheReadTokenCount: sql`${turns.cacheReadTokenCount} + ${usage.cacheReadTokenCount}`,
    cacheWriteTokenCount: sql`${turns.cacheWriteTokenCount} + ${usage.cacheWriteTokenCount}`,
    costUsd: sql`${turns.costUsd} + ${usage.costUsd}`,
  };
}
