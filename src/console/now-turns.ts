import { and, count, desc, eq, gte, isNotNull, sql, type SQL } from 'drizzle-orm';
import { approvals, conversations, messages, toolUses, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import { startOfDay } from '../core/format.ts';
import { ACTIVE } from '../inbox/claim.ts';
import { RUNNING, shownText } from '../inbox/queue-view.ts';
import type { Database } from '../platform/database/open.ts';

/** So many rows of a list are shown. */
export const LISTED_COUNT = 50;
/** So much of a text is read for an excerpt, in characters. */
export const READ_LENGTH = 2000;
/** So many of the tools that a turn used last are shown. */
const TOOL_COUNT = 4;
/** The median of a day is that of so many turns, the latest, at most. */
const MEDIAN_COUNT = 1000;

/** The first rows of a list, and how many there are beside them. */
export interface Listed<Row> {
  readonly rows: readonly Row[];
  readonly moreCount: number;
}

/** A turn in a list. `text` is the beginning of what was asked. */
export interface ListedTurn {
  readonly turnId: number;
  readonly conversation: typeof conversations.$inferSelect;
  readonly text: string;
  readonly author: string | null;
  readonly personId: string | null;
  readonly requestedModel: string;
  readonly queuedAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** The latest use of a tool, in words. */
  readonly activity: string | null;
  readonly attemptCount: number;
  readonly stopRequestedAtMs: number | null;
  readonly restartRequestedAtMs: number | null;
  /** What it asked that nobody has answered, and the tool that waits to be allowed. */
  readonly question: string | null;
  readonly tool: string | null;
}

export interface RunningTurn extends ListedTurn {
  /** The tools that this attempt used last, a line each, the latest first. */
  readonly toolLines: readonly string[];
}

/** The turns that ended today, in the machine's time zone. */
export interface Today {
  readonly turnCount: number;
  readonly costUsd: number;
  /** Of those that were answered, from their start to their end; `null` where there is none. */
  readonly medianMs: number | null;
}

/** Reads what runs and what waits. Each call looks at few rows, however many there are. */
export interface NowTurns {
  /** In the order in which they began. */
  running(): Listed<RunningTurn>;
  /** By conversation, in the order in which they will run. */
  waiting(): Listed<ListedTurn>;
  /** The latest first. */
  interrupted(): Listed<ListedTurn>;
  today(): Today;
}

// As the partial index has it.
const INTERRUPTED = sql`${turns.status} = 'interrupted'`;
const WAITING = sql`${ACTIVE} and ${turns.status} = 'queued'`;

const columns = {
  turnId: turns.id,
  conversation: conversations,
  text: sql<string>`substr(${shownText}, 1, ${sql.raw(String(READ_LENGTH))})`,
  author: messages.author,
  personId: turns.personId,
  requestedModel: turns.requestedModel,
  queuedAtMs: turns.queuedAtMs,
  startedAtMs: turns.startedAtMs,
  endedAtMs: turns.endedAtMs,
  activity: turns.activity,
  attemptCount: turns.attemptCount,
  stopRequestedAtMs: turns.stopRequestedAtMs,
  restartRequestedAtMs: turns.restartRequestedAtMs,
  question: sql<string | null>`(select questions.text from questions
    where questions.turn_id = ${turns.id} and questions.status = 'open'
    order by questions.id desc limit 1)`,
  tool: sql<string | null>`(select ${approvals.tool} from ${approvals}
    where ${approvals.turnId} = ${turns.id} and ${approvals.status} = 'open'
    order by ${approvals.id} desc limit 1)`,
};

export function createNowTurns({ orm }: Pick<Database, 'orm'>, clock: Clock): NowTurns {
  const listed = (which: SQL, order: readonly SQL[]) => {
    const rows = orm
      .select(columns)
      .from(turns)
      .innerJoin(messages, eq(messages.id, turns.messageId))
      .innerJoin(conversations, eq(conversations.id, turns.conversationId))
      .where(which)
      .orderBy(...order)
      .limit(LISTED_COUNT)
      .prepare();
    const all = orm.select({ count: count() }).from(turns).where(which).prepare();
    return (): Listed<ListedTurn> => {
      const found = rows.all();
      return { rows: found, moreCount: (all.get()?.count ?? 0) - found.length };
    };
  };
  const running = listed(RUNNING, [sql`${turns.startedAtMs}`, sql`${turns.id}`]);
  const waiting = listed(WAITING, [sql`${turns.conversationId}`, sql`${turns.id}`]);
  const interrupted = listed(INTERRUPTED, [desc(turns.id)]);

  const lastTools = orm
    .select({ summary: toolUses.summary })
    .from(toolUses)
    .where(
      and(
        eq(toolUses.turnId, sql.placeholder('turnId')),
        eq(toolUses.attempt, sql.placeholder('attempt')),
      ),
    )
    .orderBy(desc(toolUses.id))
    .limit(TOOL_COUNT)
    .prepare();
  const endedSince = gte(turns.endedAtMs, sql.placeholder('fromMs'));
  const ended = orm
    .select({ turnCount: count(), costUsd: sql<number>`coalesce(sum(${turns.costUsd}), 0)` })
    .from(turns)
    .where(endedSince)
    .prepare();
  const answered = orm
    .select({ tookMs: sql<number>`${turns.endedAtMs} - ${turns.startedAtMs}` })
    .from(turns)
    .where(and(endedSince, eq(turns.status, 'done'), isNotNull(turns.startedAtMs)))
    .orderBy(desc(turns.endedAtMs))
    .limit(MEDIAN_COUNT)
    .prepare();

  return {
    running: () => {
      const { rows, moreCount } = running();
      const withTools = rows.map((turn) => {
        const used = lastTools.all({ turnId: turn.turnId, attempt: turn.attemptCount });
        return { ...turn, toolLines: used.map(({ summary }) => summary) };
      });
      return { rows: withTools, moreCount };
    },
    waiting,
    interrupted,
    today: () => {
      const fromMs = startOfDay(clock.now(), 0);
      const { turnCount, costUsd } = ended.get({ fromMs }) ?? { turnCount: 0, costUsd: 0 };
      return { turnCount, costUsd, medianMs: medianOf(answered.all({ fromMs })) };
    },
  };
}

function medianOf(turnsTook: readonly { readonly tookMs: number }[]): number | null {
  const sorted = turnsTook.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
