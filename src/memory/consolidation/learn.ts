import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/database/open.ts';
import type { Clock } from '../../core/clock.ts';
import type { Memory, NewMemory } from '../../core/memory.ts';
import type { Embedder } from '../embeddings/embedder.ts';
import type { MemoryStore } from '../store.ts';
import type { VectorIndex } from '../vectors.ts';
import type { createWordSearch } from '../words.ts';
import { readProposals, readVerdicts } from './answer.ts';
import type { Batch } from './batch.ts';
import { KEPT, type Budget } from './budget.ts';
import type { Ask, CallOutcome } from './call.ts';
import type { Cursors } from './cursor.ts';
import { keep, type Embedded } from './keep.ts';
import {
  decide,
  type JudgedPair,
  LOOK_COUNT,
  type Pair,
  PAIR_COUNT,
  pairsByMeaning,
  pairsByWords,
  repeats,
  wordsOf,
} from './pairs.ts';
import { CONSOLIDATE, JUDGE, messagesPrompt, pairsPrompt } from './prompts.ts';

/** What an attempt at something came to. */
export type StepOutcome =
  /** Something was kept, or there was nothing to keep. */
  | { readonly kind: 'done'; readonly hasLearned: boolean }
  /** Things had moved meanwhile, and nothing was written. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'unreadable' }
  | Exclude<CallOutcome, { kind: 'answered' }>;

type WordSearch = ReturnType<typeof createWordSearch>;

/** What making memories takes. */
export interface LearnParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: MemoryStore;
  readonly vectors: VectorIndex | null;
  readonly embedder: Embedder | null;
  /** See createWordSearch. */
  readonly searchWords: WordSearch;
  readonly ask: Ask;
  readonly budget: Budget;
  readonly cursors: Cursors;
}

/** Makes memories of one batch: asks, compares with what is known, and writes all of it in one commit. */
export async function learn(
  batch: Batch,
  parts: LearnParts,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const { cursors, budget } = parts;
  const { scope, messages, cursor } = batch;
  const log = parts.log.child({ conversation: cursor.conversationId });
  const answer = await parts.ask(
    { purpose: 'consolidate', scope, systemPrompt: CONSOLIDATE, prompt: messagesPrompt(messages) },
    signal,
  );
  if (answer.kind !== 'answered') return answer;
  const read = readProposals(
    answer.text,
    messages.map(({ id }) => id),
  );
  if (read.kind === 'unreadable') {
    budget.came(answer.callId, 'unreadable');
    return read;
  }
  const { proposals, droppedCount } = read;
  const embedded = await embed(proposals, parts, signal);
  const pairs = near(scope, proposals, embedded, parts);
  const judged = await judge(scope, proposals, pairs, parts, signal);
  if (judged.kind !== 'judged') return judged;
  if (signal.aborted) return { kind: 'stopped' };

  const decisions = decide(proposals.length, judged.pairs);
  const counts = parts.database.transaction(() => {
    if (!cursors.move(cursor, batch.lastMessageId)) return null;
    budget.came(answer.callId, KEPT);
    return keep(scope, proposals, decisions, embedded, parts).counts;
  });
  if (counts === null) {
    budget.came(answer.callId, 'outdated');
    return { kind: 'outdated' };
  }
  const costUsd = answer.costUsd + judged.costUsd;
  const messageCount = messages.length;
  log.info({ messageCount, ...counts, droppedCount, costUsd }, 'memory.consolidated');
  return { kind: 'done', hasLearned: counts.newCount > 0 };
}

/** The vectors of new memories; `null` where there are none now: they get theirs later. */
export async function embed(
  proposals: readonly NewMemory[],
  { embedder, vectors, log }: Pick<LearnParts, 'embedder' | 'vectors' | 'log'>,
  signal: AbortSignal,
): Promise<Embedded | null> {
  if (embedder === null || vectors === null || proposals.length === 0) return null;
  const embedding = await embedder.embed(
    proposals.map(({ text }) => text),
    { signal },
  );
  if (embedding.kind === 'embedded') return { model: embedder.model, vectors: embedding.vectors };
  log.debug({ reason: embedding.reason }, 'memory.not-embedded');
  return null;
}

/**
 * What is near to new memories: by their vectors, or by their words where what is kept cannot be compared by
 * those.
 *
 * @param isFormer What of the kept they may repeat or contradict.
 */
export function near(
  scope: string,
  proposals: readonly NewMemory[],
  embedded: Embedded | null,
  { store, vectors, searchWords }: Pick<LearnParts, 'store' | 'vectors' | 'searchWords'>,
  isFormer: (memory: Memory) => boolean = () => true,
): readonly Pair[] {
  const isComparable = embedded !== null && vectors?.current()?.model === embedded.model;
  const index = isComparable ? vectors : null;
  const byMeaning =
    embedded === null ? [] : pairsByMeaning(scope, embedded.vectors, store, index, isFormer);
  if (index !== null) return byMeaning;
  const search = (query: string) => searchWords(scope, query, LOOK_COUNT);
  return [...byMeaning, ...pairsByWords(proposals, store, search, isFormer)].slice(0, PAIR_COUNT);
}

/**
 * Asks how the two of each pair stand to each other, where their texts are not the same anyway. An answer
 * that cannot be read is none: what was kept without it might stand beside what it corrects.
 */
export async function judge(
  scope: string,
  proposals: readonly NewMemory[],
  pairs: readonly Pair[],
  { ask, budget }: Pick<LearnParts, 'ask' | 'budget'>,
  signal: AbortSignal,
): Promise<
  | { readonly kind: 'judged'; readonly pairs: readonly JudgedPair[]; readonly costUsd: number }
  | { readonly kind: 'unreadable' }
  | Exclude<CallOutcome, { kind: 'answered' }>
> {
  const clear = pairs
    .filter((pair) => repeats(pair, proposals))
    .map((pair) => ({ ...pair, verdict: 'same' as const }));
  const unclear = pairs.filter((pair) => !repeats(pair, proposals));
  const shown = unclear.flatMap(({ index, former }) => {
    const later = proposals[index];
    const earlier = wordsOf(former, proposals);
    return later === undefined || earlier === undefined ? [] : [{ former: earlier, later }];
  });
  if (shown.length === 0) return { kind: 'judged', pairs: clear, costUsd: 0 };
  const answer = await ask(
    { purpose: 'judge', scope, systemPrompt: JUDGE, prompt: pairsPrompt(shown) },
    signal,
  );
  if (answer.kind !== 'answered') return answer;
  const verdicts = readVerdicts(answer.text, shown.length);
  budget.came(answer.callId, verdicts === null ? 'unreadable' : 'judged');
  if (verdicts === null) return { kind: 'unreadable' };
  const judged = unclear.map((pair, at) => ({ ...pair, verdict: verdicts.get(at) ?? null }));
  return { kind: 'judged', pairs: [...clear, ...judged], costUsd: answer.costUsd };
}
