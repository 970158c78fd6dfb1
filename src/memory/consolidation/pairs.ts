import type { Memory, NewMemory } from '../../core/memory.ts';
import type { MemoryStore } from '../store.ts';
import type { VectorIndex } from '../vectors.ts';
import type { WordMatch } from '../words.ts';
import type { Verdict } from './answer.ts';

/** From here on two memories may say the same or the opposite. */
export const NEAR = 0.85;
/** From here on they say the same, unless they contradict each other. */
export const NEARLY_SAME = 0.92;
/** So much of what is in the words of one is in the other. */
const NEAR_WORDS = 0.5;
/** So many old ones are looked at for each new one, and so many pairs in all. */
export const OLD_COUNT = 2;
export const PAIR_COUNT = 40;

/** What a new memory may repeat or contradict. */
export type Former =
  | { readonly kind: 'kept'; readonly memory: Memory }
  /** An earlier one of the same answer. */
  | { readonly kind: 'proposed'; readonly index: number };

/** A new memory, and one from before that is near to it. */
export interface Pair {
  /** The place of the new one in the answer. */
  readonly index: number;
  readonly former: Former;
  /** Cosine; `null` where it is not known, because they were found by their words. */
  readonly similarity: number | null;
}

/** What to do with a new memory. */
export interface Decision {
  /** Keep this one instead, which says the same. */
  readonly repeats: Former | null;
  /** These are no longer so. */
  readonly replaces: readonly Former[];
}

/**
 * Finds what is near to each of the new memories, by their vectors: {@link NEAR} or nearer, nearest first.
 *
 * @param index `null`: only among the new ones.
 */
export function pairsByMeaning(
  scope: string,
  vectors: readonly Float32Array[],
  store: MemoryStore,
  index: VectorIndex | null,
): readonly Pair[] {
  const pairs = vectors.flatMap((vector, at): Pair[] => {
    const kept = (index?.nearest(scope, vector, OLD_COUNT) ?? []).flatMap(
      ({ memoryId, similarity }) => {
        const memory = store.find(memoryId);
        if (memory === null) return [];
        return [{ index: at, former: { kind: 'kept' as const, memory }, similarity }];
      },
    );
    const proposed = vectors.slice(0, at).map((earlier, earlierAt) => ({
      index: at,
      former: { kind: 'proposed' as const, index: earlierAt },
      similarity: cosine(earlier, vector),
    }));
    return [...kept, ...proposed.sort(byNearness).slice(0, OLD_COUNT)].filter(
      ({ similarity }) => similarity >= NEAR,
    );
  });
  return pairs.sort(byNearness).slice(0, PAIR_COUNT);
}

/** Finds what may be near to each of the new memories: what has most of their words. */
export function pairsByWords(
  proposals: readonly NewMemory[],
  store: MemoryStore,
  search: (query: string) => readonly WordMatch[],
): readonly Pair[] {
  return proposals.flatMap(({ text }, index) =>
    search(text).flatMap(({ memoryId, share }): Pair[] => {
      const memory = store.find(memoryId);
      if (memory === null || share < NEAR_WORDS) return [];
      return [{ index, former: { kind: 'kept', memory }, similarity: null }];
    }),
  );
}

/**
 * Decides about each of the new memories. Nearness alone does not do: "the port is 8080" and "the port is
 * 8081" are nearer to each other than {@link NEARLY_SAME}, and only the later of them is so. Without a
 * verdict it has to.
 *
 * @param verdicts By the index of their pair.
 */
export function decide(
  proposalCount: number,
  pairs: readonly Pair[],
  verdicts: ReadonlyMap<number, Verdict>,
): readonly Decision[] {
  const judged = pairs.map((pair, at) => ({ ...pair, verdict: verdicts.get(at) }));
  return Array.from({ length: proposalCount }, (_, index) => {
    const own = judged.filter((pair) => pair.index === index);
    const isReplaced = ({ verdict }: (typeof own)[number]) => verdict === 'contradicts';
    const repeated = own.find(
      (pair) =>
        !isReplaced(pair) && (pair.verdict === 'same' || (pair.similarity ?? 0) >= NEARLY_SAME),
    );
    return {
      repeats: repeated?.former ?? null,
      replaces: own.filter(isReplaced).map(({ former }) => former),
    };
  });
}

function byNearness(one: { similarity: number | null }, other: { similarity: number | null }) {
  return (other.similarity ?? 0) - (one.similarity ?? 0);
}

/** Of two vectors of length 1. */
function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}
