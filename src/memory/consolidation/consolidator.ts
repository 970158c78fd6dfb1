import type { Agent, AgentFailure } from '../../core/agent.ts';
import type { Clock } from '../../core/clock.ts';
import { startOfDay } from '../../core/format.ts';
import { isDatabaseFault, type Database } from '../../platform/database/open.ts';
import type { Logger } from '../../platform/log.ts';
import type { Embedder } from '../embeddings/embedder.ts';
import type { MemoryStore } from '../store.ts';
import type { VectorIndex } from '../vectors.ts';
import { createWordSearch } from '../words.ts';
import { createBatches, type Batch } from './batch.ts';
import { createBudget } from './budget.ts';
import { createAsk } from './call.ts';
import { createCursors } from './cursor.ts';
import { createEpisodeSearch, distil, type OldEpisodes } from './distil.ts';
import { BACK_OFF_MS, mayBeAsked, OUTAGE_COUNT, outagePauseMs, pauseMsAfter } from './failure.ts';
import { learn, type LearnParts, type StepOutcome } from './learn.ts';

/** How long to wait after a fault of our own, such as a full disk: twice as long each time, up to the second. */
const BROKEN_PAUSE_MS = 60_000;
const LONGEST_BROKEN_PAUSE_MS = 3_600_000;
/** How often it is looked for old episodes. */
const EPISODES_EVERY_MS = 3_600_000;
/** A clock may have been set back: what waits for its time is looked for anew after this. */
const LONGEST_WAIT_MS = 60_000;

/** Makes memories of what was said, behind the turns. */
export interface Consolidator {
  /** Looks whether there is something to do. Returns at once and never throws. */
  wake(): void;
  /** Resolves when nothing runs and nothing is due. */
  idle(): Promise<void>;
  /** Breaks off what runs, which is begun anew at the next start, and starts nothing more. */
  close(): Promise<void>;
}

/** What there is to do: one thing at a time. */
type Step =
  | { readonly kind: 'learn'; readonly batch: Batch }
  | { readonly kind: 'distil'; readonly old: OldEpisodes };

/**
 * Looks through conversations that have come to rest, and makes facts of old episodes when there is
 * nothing else to do. What was looked at stands in the rows, so it goes on after a restart where it was.
 */
export function createConsolidator(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Without tools and without the person's own servers. */
  readonly agent: Agent;
  readonly store: MemoryStore;
  readonly vectors: VectorIndex | null;
  readonly embedder: Embedder | null;
  /** Begins the marker of every process that is started. */
  readonly bootId: string;
  /** `MEMORY_CONSOLIDATION_MODEL`. */
  readonly model: string;
  /** `MEMORY_DAILY_BUDGET`, in US dollars; 0: nothing is called. */
  readonly dailyBudgetUsd: number;
  /** A conversation is looked through so long after its last answer. */
  readonly delayMs: number;
  /** An existing, empty folder, for the program to run in. */
  readonly workDir: string;
  /** Called after each commit that made memories. */
  readonly learned: () => void;
}): Consolidator {
  const { database, clock, log, agent, dailyBudgetUsd } = parts;
  const batches = createBatches(database, clock, parts.delayMs);
  const cursors = createCursors(database);
  const budget = createBudget(database, clock, dailyBudgetUsd);
  const findEpisodes = createEpisodeSearch(database, clock, parts.store);
  const learnParts: LearnParts = {
    ...parts,
    budget,
    cursors,
    searchWords: createWordSearch(database),
    ask: createAsk({ ...parts, budget }),
  };
  const closing = new AbortController();
  let underWay: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let idlers: (() => void)[] = [];
  /** On the clock that only goes forward; `null`: it began just now. */
  let restsUntilMs: number | null = null;
  let episodesDueMs = 0;
  /**
   * How often it broke since something was done: what was asked for in vain costs as much. This alone does
   * not outlive the process; what a service costs that is started over and over, the budget bounds, because
   * each call is written down with what it may cost before it is made.
   */
  let brokenCount = 0;
  /** The day on which it was said that the budget is spent. */
  let toldDayMs: number | null = null;

  const wakeIn = (waitMs: number): void => {
    clearTimeout(timer);
    timer = setTimeout(wake, Math.min(waitMs, LONGEST_WAIT_MS)).unref();
  };
  const rest = (pauseMs: number): void => {
    restsUntilMs = clock.elapsed() + pauseMs;
  };
  /** What is left of the pause behind an outage in which the last call of an earlier process ended. */
  const restLeftMs = (): number => {
    const last = budget.last();
    const pauseMs = pauseMsAfter(last?.outcome ?? '');
    const sinceMs = clock.now() - (last?.startedAtMs ?? 0);
    return pauseMs === null || sinceMs < 0 ? 0 : Math.max(pauseMs - sinceMs, 0);
  };
  const restBroken = (): void => {
    rest(Math.min(BROKEN_PAUSE_MS * 2 ** brokenCount, LONGEST_BROKEN_PAUSE_MS));
    brokenCount += 1;
  };

  const wake = (): void => {
    if (underWay !== null) return;
    clearTimeout(timer);
    try {
      const step = closing.signal.aborted ? null : nextStep();
      if (step !== null) start(step);
    } catch (error) {
      log.error({ err: error }, 'memory.unreadable');
      restBroken();
      wakeIn(BROKEN_PAUSE_MS);
    }
    if (underWay === null) tellIdlers();
  };

  const tellIdlers = (): void => {
    for (const resolve of idlers) resolve();
    idlers = [];
  };

  const nextStep = (): Step | null => {
    restsUntilMs ??= clock.elapsed() + restLeftMs();
    const restMs = restsUntilMs - clock.elapsed();
    if (restMs > 0) {
      wakeIn(restMs);
      return null;
    }
    if (dailyBudgetUsd === 0) return null;
    // The end of a turn wakes.
    const isBusy = batches.isBusy();
    const next = batches.next(isBusy);
    if (next !== null && !('dueAtMs' in next)) return affordable({ kind: 'learn', batch: next });
    if (next !== null) wakeIn(next.dueAtMs - clock.now());
    if (clock.elapsed() < episodesDueMs) return null;
    const old = findEpisodes(isBusy);
    if (old !== null) return affordable({ kind: 'distil', old });
    episodesDueMs = clock.elapsed() + EPISODES_EVERY_MS;
    return null;
  };

  const affordable = (step: Step): Step | null => {
    if (!budget.isSpent()) return step;
    const todayMs = startOfDay(clock.now(), 0);
    if (toldDayMs !== todayMs) log.warn({ dailyBudgetUsd }, 'memory.budget-spent');
    toldDayMs = todayMs;
    rest(LONGEST_WAIT_MS);
    wakeIn(LONGEST_WAIT_MS);
    return null;
  };

  const start = (step: Step): void => {
    underWay = take(step)
      .catch((error: unknown) => {
        log.error({ err: error }, 'memory.broken');
        restBroken();
      })
      .finally(() => {
        underWay = null;
        wake();
      });
  };

  const take = async (step: Step): Promise<void> => {
    if (step.kind === 'distil') {
      judgeOutcome(await distil(step.old, learnParts, closing.signal), null);
      return;
    }
    const { batch } = step;
    if (batch.messages.length === 0) {
      cursors.move(batch.cursor, batch.lastMessageId);
      return;
    }
    try {
      judgeOutcome(await learn(batch, learnParts, closing.signal), batch);
    } catch (error) {
      // A fault of the database is not the batch's; anything else may be, and must not go on for ever.
      if (!isDatabaseFault(error)) failed(batch, 'broken');
      throw error;
    }
  };

  /** @param batch What was looked through; `null` where it was old episodes, which wait by themselves. */
  const judgeOutcome = (outcome: StepOutcome, batch: Batch | null): void => {
    switch (outcome.kind) {
      case 'done':
        brokenCount = 0;
        if (outcome.hasLearned) parts.learned();
        return;
      case 'stopped':
        return;
      case 'outdated':
        log.info({ conversation: batch?.cursor.conversationId }, 'memory.outdated');
        return;
      case 'unreadable':
        if (batch !== null) failed(batch, 'unreadable');
        else log.warn('memory.not-distilled');
        return;
      case 'failed': {
        const { failure, detail } = outcome;
        const isBatchs = batch !== null && isOfBatch(batch, failure);
        const pauseMs = isBatchs ? null : outagePauseMs(failure, clock.now());
        log.warn(
          { failure, detail, ...(pauseMs === null ? {} : { pauseMs }) },
          'memory.call-failed',
        );
        if (isBatchs) failed(batch, failure.code);
        else if (pauseMs !== null) rest(pauseMs);
      }
    }
  };

  /** Whether a failure counts as one of the batch: at once, or as one outage too many over it. */
  const isOfBatch = ({ scope }: Batch, failure: AgentFailure): boolean =>
    outagePauseMs(failure, clock.now()) === null ||
    (mayBeAsked(failure) && budget.unclearCount(scope) % OUTAGE_COUNT === 0);

  const failed = (batch: Batch, failure: string): void => {
    const { cursor, afterMessageId, lastMessageId } = batch;
    const fields = {
      conversation: cursor.conversationId,
      messages: batch.messages.map(({ id }) => id),
      failure,
    };
    const [pauseMs, isLast] = backOff(cursor.failureCount);
    const notBeforeMs = clock.now() + pauseMs;
    if (!isLast) {
      if (cursors.failed(cursor, afterMessageId, notBeforeMs)) {
        log.warn({ ...fields, pauseMs }, 'memory.batch-failed');
      }
    } else if (cursors.move(cursor, lastMessageId, notBeforeMs)) {
      log.error(fields, 'memory.batch-given-up');
    }
  };

  return {
    wake,
    idle: () =>
      new Promise((resolve) => {
        idlers.push(resolve);
        wake();
      }),
    close: async () => {
      closing.abort();
      clearTimeout(timer);
      await underWay;
      wake();
      await agent.settled();
    },
  };
}

/** How long to wait after one more failure, and whether it was the last. */
function backOff(failureCount: number): readonly [pauseMs: number, isLast: boolean] {
  const last = BACK_OFF_MS.length - 1;
  return [BACK_OFF_MS[Math.min(failureCount, last)] ?? 0, failureCount >= last];
}
