import { and, asc, desc, eq, gte, isNull, lt, type SQL, sql } from 'drizzle-orm';
import { messages, questions, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import { type Mask, maskKeys } from '../core/mask.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';
import { createWaits } from './waits.ts';

/** The verb of the buttons below a question: `answer:<questionId>.<index of the option>`. */
export const ANSWER = 'answer';

/** A question that nobody has answered yet. */
export interface OpenQuestion {
  readonly id: number;
  readonly turnId: number;
  readonly text: string;
  /** The labels of its buttons; empty where any words will do. */
  readonly options: readonly string[];
  /** Whether its turn runs. Claude may still have to ask it again. */
  readonly isTurnRunning: boolean;
  /** Whether Claude is there to hear the answer at once. */
  readonly isWaitedFor: boolean;
}

/** An answer, in the person's words, and the name of whom it came from. */
export interface Answer {
  readonly answer: string;
  readonly by: string;
}

/** The turn that asks. */
export interface Asker {
  readonly turnId: number;
  readonly conversation: Conversation;
  readonly messageId: number;
}

/** What Claude asks in the middle of a turn. What is asked and answered stands in the rows alone. */
export interface Questions {
  /**
   * Asks, in one transaction with the message that shows it.
   *
   * @returns The id of the question.
   */
  ask(asker: Asker, text: string, options: readonly string[]): number;
  /** Shows an open question once more, with its buttons. The history has it already. */
  askAgain(asker: Asker, question: Pick<OpenQuestion, 'id' | 'text' | 'options'>): void;
  /**
   * Takes an answer down. To be called in the transaction of the update that brought it; afterwards
   * {@link wake} tells whoever waits.
   */
  answer(
    questionId: number,
    given: { readonly text: string; readonly by: string },
  ): 'answered' | 'gone';
  /**
   * The newest open question of a conversation, of the turn that runs before any other. A turn that a
   * person has stopped asks nothing any more.
   */
  openFor(conversationId: string): OpenQuestion | null;
  /** The open question of a turn: its newest. */
  openOf(turnId: number): OpenQuestion | null;
  /** The last that an earlier attempt at this turn asked and whose answer came too late for the prompt. */
  answeredLate(turnId: number): Pick<OpenQuestion, 'id' | 'text' | 'options'> | null;
  get(questionId: number): typeof questions.$inferSelect | null;
  /** Takes back what is open of a turn that is over, or that asks something else now. */
  withdraw(turnId: number): void;
  /** What a turn has asked, oldest first, with what it was told so far. */
  answersOf(
    turnId: number,
  ): readonly { readonly question: string; readonly answer: string | null }[];
  /** Resolves with the answer, or with `null` when there will be none or `signal` aborts. */
  waitFor(questionId: number, signal: AbortSignal): Promise<Answer | null>;
  /** Whether somebody waits for the answer, and has not given up. */
  isWaitedFor(questionId: number): boolean;
  /** Has all who wait look again. To be called after a commit that may have changed a question. */
  wake(): void;
}

// As the partial index has it.
const OPEN = sql`${questions.status} = 'open'`;

export function createQuestions(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly mask?: Mask;
}): Questions {
  const { database, clock, outbox, mask = maskKeys } = parts;
  const { orm } = database;
  const { isWaitedFor, ...waits } = createWaits();

  const newestOpen = (which: SQL | undefined) => {
    const statement = orm
      .select({
        id: questions.id,
        turnId: questions.turnId,
        text: questions.text,
        options: questions.options,
        isTurnRunning: sql<number>`${turns.status} = 'running'`.mapWith(Boolean),
      })
      .from(questions)
      .innerJoin(turns, eq(turns.id, questions.turnId))
      .where(and(which, OPEN))
      .orderBy(desc(sql`${turns.status} = 'running'`), desc(questions.id))
      .limit(1)
      .prepare();
    return (id: number | string): OpenQuestion | null => {
      const open = statement.get({ id });
      return open === undefined ? null : { ...open, isWaitedFor: isWaitedFor(open.id) };
    };
  };
  const openFor = newestOpen(
    and(eq(questions.conversationId, sql.placeholder('id')), isNull(turns.stopRequestedAtMs)),
  );
  const openOf = newestOpen(eq(questions.turnId, sql.placeholder('id')));
  const answersOf = orm
    .select({ question: questions.text, answer: questions.answer })
    .from(questions)
    .where(
      and(eq(questions.turnId, sql.placeholder('turnId')), sql`${questions.status} <> 'withdrawn'`),
    )
    .orderBy(asc(questions.id))
    .prepare();

  const get = (questionId: number) =>
    orm.select().from(questions).where(eq(questions.id, questionId)).get() ?? null;

  const show = (
    { conversation, turnId }: Asker,
    { id, options }: Pick<OpenQuestion, 'id' | 'options'>,
    markdown: string,
  ): void => {
    const buttons = options.map((label, index) => [{ label, data: `${ANSWER}:${id}.${index}` }]);
    outbox.say(conversation, { markdown, replyTo: null, buttons }, turnId);
  };

  const ask: Questions['ask'] = (asker, asked, given) =>
    database.transaction(() => {
      const text = mask(asked).text;
      const options = given.map((option) => mask(option).text);
      const now = clock.now();
      const { turnId, conversation, messageId } = asker;
      const { id } = orm
        .insert(questions)
        .values({
          conversationId: conversation.id,
          turnId,
          text,
          options,
          status: 'open',
          askedAtMs: now,
        })
        .returning({ id: questions.id })
        .get();
      const markdown = `❓ ${text}`;
      orm
        .insert(messages)
        .values({
          conversationId: conversation.id,
          role: 'claude',
          text: markdown,
          duringMessageId: messageId,
          createdAtMs: now,
        })
        .run();
      show(asker, { id, options }, markdown);
      return id;
    });

  const answer: Questions['answer'] = (questionId, { text, by }) =>
    database.transaction(() => {
      const now = clock.now();
      const answered = orm
        .update(questions)
        .set({ status: 'answered', answer: text, answeredBy: by, answeredAtMs: now })
        .where(and(eq(questions.id, questionId), OPEN))
        .returning()
        .get();
      if (answered === undefined) return 'gone';
      orm
        .insert(messages)
        .values({
          conversationId: answered.conversationId,
          role: 'person',
          author: by,
          text,
          duringMessageId: sql`(select ${turns.messageId} from ${turns} where ${turns.id} = ${answered.turnId})`,
          createdAtMs: now,
        })
        .run();
      return 'answered';
    });

  return {
    ask,
    askAgain: (asker, question) => show(asker, question, `❓ Still open: ${question.text}`),
    answer,
    get,
    openFor,
    openOf,
    answeredLate: (turnId) =>
      orm
        .select({ id: questions.id, text: questions.text, options: questions.options })
        .from(questions)
        .innerJoin(turns, eq(turns.id, questions.turnId))
        .where(
          and(
            eq(questions.turnId, turnId),
            lt(questions.askedAtMs, turns.startedAtMs),
            gte(questions.answeredAtMs, turns.startedAtMs),
          ),
        )
        .orderBy(desc(questions.id))
        .limit(1)
        .get() ?? null,
    withdraw: (turnId) => {
      orm
        .update(questions)
        .set({ status: 'withdrawn' })
        .where(and(eq(questions.turnId, turnId), OPEN))
        .run();
    },
    answersOf: (turnId) => answersOf.all({ turnId }),
    waitFor: (questionId, signal) =>
      waits.until(questionId, signal, () => {
        const row = get(questionId);
        if (row?.status === 'answered') {
          return { found: { answer: row.answer ?? '', by: row.answeredBy ?? '' } };
        }
        return signal.aborted || row?.status !== 'open' ? { found: null } : null;
      }),
    isWaitedFor,
    wake: waits.wake,
  };
}
