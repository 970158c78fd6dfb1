import type { Clock } from '../../core/clock.ts';
import type { Memory } from '../../core/memory.ts';
import type { Database } from '../../platform/database/open.ts';
import { readFacts } from './answer.ts';
import { keep } from './keep.ts';
import { embed, near, type LearnParts, type StepOutcome } from './learn.ts';
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
/** After so many tries that came to nothing, a scope is left alone for so long. */
const TRY_COUNT = 3;
const LEFT_ALONE_MS = 7 * DAY_MS;
/** What is written down of a call whose facts were kept. */
const KEPT = 'kept';

/** Old episodes of which facts are to be made. */
export interface OldEpisodes {
  readonly scope: string;
  /** Oldest first. */
  readonly episodes: readonly Memory[];
}

/** Finds old episodes, of a scope that is due: once a day at the most. `null`: there are none. */
export function createEpisodeSearch(
  { orm }: Database,
  clock: Clock,
  store: LearnParts['store'],
): () => OldEpisodes | null {
  const sqlite = orm.$client;
  const oldest = sqlite.prepare<
    [{ beforeMs: number; dayAgoMs: number; nowMs: number }],
    { id: number; scope: string; createdAtMs: number }
  >(
    `SELECT id, scope, created_at_ms AS createdAtMs FROM memories
     WHERE status = 'live' AND kind = 'episodic' AND created_at_ms < :beforeMs
       AND scope NOT IN (SELECT scope FROM memory_calls
         WHERE purpose = 'distil' AND started_at_ms > :dayAgoMs AND started_at_ms <= :nowMs)
     ORDER BY created_at_ms, id LIMIT ${LOOK_COUNT}`,
  );
  const lastCalls = sqlite.prepare<[string], { outcome: string | null; startedAtMs: number }>(
    `SELECT outcome, started_at_ms AS startedAtMs FROM memory_calls
     WHERE purpose = 'distil' AND scope = ? ORDER BY id DESC LIMIT ${TRY_COUNT}`,
  );

  const isLeftAlone = (scope: string, nowMs: number): boolean => {
    const calls = lastCalls.all(scope);
    const sinceMs = nowMs - (calls[0]?.startedAtMs ?? 0);
    return (
      calls.length === TRY_COUNT &&
      calls.every(({ outcome }) => outcome !== KEPT) &&
      sinceMs >= 0 &&
      sinceMs < LEFT_ALONE_MS
    );
  };

  return () => {
    const nowMs = clock.now();
    const rows = oldest.all({ beforeMs: nowMs - OLD_MS, dayAgoMs: nowMs - DAY_MS, nowMs });
    for (const [scope, found] of Map.groupBy(rows, (row) => row.scope)) {
      const isEnough =
        found.length >= ENOUGH_COUNT || (found[0]?.createdAtMs ?? nowMs) < nowMs - VERY_OLD_MS;
      if (!isEnough || isLeftAlone(scope, nowMs)) continue;
      const episodes = found.slice(0, MOST_COUNT).map(({ id }) => store.find(id));
      return { scope, episodes: episodes.filter((episode) => episode !== null) };
    }
    return null;
  };
}

/**
 * Makes facts of old episodes, which become history. Where no fact comes of them, they stay as they are:
 * an answer takes nothing away.
 */
export async function distil(
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
  const sources = episodes.map(({ id }) => store.sources(id).map(({ messageId }) => messageId));
  const read = readFacts(answer.text, sources);
  if (read.kind === 'unreadable' || read.proposals.length === 0) {
    budget.came(answer.callId, read.kind === 'unreadable' ? 'unreadable' : 'nothing');
    return { kind: 'unreadable' };
  }
  const { proposals, droppedCount } = read;
  const embedded = await embed(proposals, parts, signal);
  if (signal.aborted) return { kind: 'stopped' };
  const pairs = near(scope, proposals, embedded, parts);
  // The episodes are no facts: what is near to them is what they are made into.
  const factPairs = pairs.filter(
    ({ former }) => former.kind === 'proposed' || former.memory.kind !== 'episodic',
  );
  const decisions = decide(proposals.length, factPairs, new Map());

  const counts = parts.database.transaction(() => {
    const areLive = episodes.every(({ id }) => store.find(id)?.status === 'live');
    if (!areLive) return null;
    budget.came(answer.callId, KEPT);
    store.distilled(episodes.map(({ id }) => id));
    return keep(scope, proposals, decisions, embedded, parts);
  });
  if (counts === null) {
    budget.came(answer.callId, 'outdated');
    return { kind: 'outdated' };
  }
  const { costUsd } = answer;
  const episodeCount = episodes.length;
  parts.log.info({ scope, episodeCount, ...counts, droppedCount, costUsd }, 'memory.distilled');
  return { kind: 'done', hasLearned: counts.newCount > 0 };
}
