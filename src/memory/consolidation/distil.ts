import { inArray } from 'drizzle-orm';
import { memories } from '../../../drizzle/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { Memory } from '../../core/memory.ts';
import type { Database } from '../../platform/database/open.ts';
import { readFacts } from './answer.ts';
import { KEPT } from './budget.ts';
import { mayBeAsked } from './failure.ts';
import { keep } from './keep.ts';
import { embed, judge, near, type LearnParts, type StepOutcome } from './learn.ts';
import { decide } from './pairs.ts';
import { DISTIL, episodesPrompt } from './prompts.ts';

const DAY_MS = 24 * 3_600_000;
/** Episodes of this age are made into facts, as soon as there are enough of them or one is as old as that. */
const OLD_MS = 90 * DAY_MS;
const VERY_OLD_MS = 120 * DAY_MS;
const ENOUGH_COUNT = 10;
const MOST_COUNT = 30;
/** So many of the oldest are looked at to find a scope. */
const LOOK_COUNT = 1000;
/** What was looked at and came to nothing is not shown again for so long. */
const LOOKED_AT_MS = 90 * DAY_MS;
/** From here on an episode is worth more than a fact made of it, and stays what it is. */
const IMPORTANT = 0.8;

/** Old episodes of which facts are to be made. */
export interface OldEpisodes {
  readonly scope: string;
  /** Oldest first. */
  readonly episodes: readonly Memory[];
}

/**
 * Finds old episodes, of a scope that is due: once a day at the most. `null`: there are none.
 *
 * @returns Where turns run (`isBusy`), only what cannot wait for a quiet hour any longer.
 */
export function createEpisodeSearch(
  { orm }: Database,
  clock: Clock,
  store: LearnParts['store'],
): (isBusy: boolean) => OldEpisodes | null {
  // A time to come is one from before the clock was set back, and counts as none.
  const oldest = orm.$client.prepare<
    [{ beforeMs: number; dayAgoMs: number; lookedMs: number; nowMs: number }],
    { id: number; scope: string; createdAtMs: number }
  >(
    `SELECT id, scope, created_at_ms AS createdAtMs FROM memories
     WHERE status = 'live' AND kind = 'episodic' AND created_at_ms < :beforeMs
       AND coalesce(importance, 0) < ${IMPORTANT}
       AND NOT coalesce(looked_at_ms > :lookedMs AND looked_at_ms <= :nowMs, 0)
       AND scope NOT IN (SELECT scope FROM memory_calls
         WHERE purpose = 'distil' AND started_at_ms > :dayAgoMs AND started_at_ms <= :nowMs)
     ORDER BY created_at_ms, id LIMIT ${LOOK_COUNT}`,
  );

  return (isBusy) => {
    const nowMs = clock.now();
    const [beforeMs, dayAgoMs, lookedMs] = [nowMs - OLD_MS, nowMs - DAY_MS, nowMs - LOOKED_AT_MS];
    const rows = oldest.all({ beforeMs, dayAgoMs, lookedMs, nowMs });
    for (const [scope, found] of Map.groupBy(rows, (row) => row.scope)) {
      const isOverdue = (found[0]?.createdAtMs ?? nowMs) < nowMs - VERY_OLD_MS;
      if (!isOverdue && (isBusy || found.length < ENOUGH_COUNT)) continue;
      const episodes = found.slice(0, MOST_COUNT).map(({ id }) => store.find(id));
      return { scope, episodes: episodes.filter((episode) => episode !== null) };
    }
    return null;
  };
}

/**
 * Makes facts of old episodes. Those that a fact names that was kept, or strengthened, become history. The
 * others stay as they are, and are not looked at again for a while: an answer takes nothing away by silence.
 */
export async function distil(
  old: OldEpisodes,
  parts: LearnParts,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const outcome = await makeFacts(old, parts, signal);
  const isNoUse =
    outcome.kind === 'unreadable' || (outcome.kind === 'failed' && mayBeAsked(outcome.failure));
  if (isNoUse) lookedAt(old.episodes, parts);
  return outcome;
}

async function makeFacts(
  { scope, episodes }: OldEpisodes,
  parts: LearnParts,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const { store, budget } = parts;
  const answer = await parts.ask(
    { purpose: 'distil', scope, systemPrompt: DISTIL, prompt: episodesPrompt(episodes) },
    signal,
  );
  if (answer.kind !== 'answered') return answer;
  const shown = episodes.map(({ id, createdAtMs }) => {
    const messageIds = store.sources(id).map(({ messageId }) => messageId);
    return { id, createdAtMs, messageIds };
  });
  const read = readFacts(answer.text, shown);
  if (read.kind === 'unreadable') {
    budget.came(answer.callId, 'unreadable');
    return read;
  }
  const { proposals, droppedCount } = read;
  const embedded = await embed(proposals, parts, signal);
  // The episodes are no facts: what is near to them is what they are made into.
  const pairs = near(scope, proposals, embedded, parts, ({ kind }) => kind !== 'episodic');
  const judged = await judge(scope, proposals, pairs, parts, signal);
  if (judged.kind !== 'judged') return judged;
  if (signal.aborted) return { kind: 'stopped' };

  const decisions = decide(proposals.length, judged.pairs);
  const kept = parts.database.transaction(() => {
    const areLive = episodes.every(({ id }) => store.find(id)?.status === 'live');
    if (!areLive) return null;
    const { counts, keptIds } = keep(scope, proposals, decisions, embedded, parts);
    const cited = new Set(
      proposals.flatMap(({ episodeIds = [] }, at) =>
        (keptIds[at] ?? null) === null ? [] : episodeIds,
      ),
    );
    store.distilled([...cited]);
    lookedAt(
      episodes.filter(({ id }) => !cited.has(id)),
      parts,
    );
    budget.came(answer.callId, cited.size > 0 ? KEPT : 'nothing');
    return { ...counts, distilledCount: cited.size };
  });
  if (kept === null) {
    budget.came(answer.callId, 'outdated');
    return { kind: 'outdated' };
  }
  const costUsd = answer.costUsd + judged.costUsd;
  const episodeCount = episodes.length;
  parts.log.info({ scope, episodeCount, ...kept, droppedCount, costUsd }, 'memory.distilled');
  return { kind: 'done', hasLearned: kept.newCount > 0 };
}

/** Writes down that these came to nothing. May stand in a transaction of the caller. */
function lookedAt(
  episodes: readonly Memory[],
  { database, clock }: Pick<LearnParts, 'database' | 'clock'>,
): void {
  const ids = episodes.map(({ id }) => id);
  database.orm
    .update(memories)
    .set({ lookedAtMs: clock.now() })
    .where(inArray(memories.id, ids))
    .run();
}
