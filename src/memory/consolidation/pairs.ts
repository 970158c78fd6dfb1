import type { Memory, NewMemory } from '../../core/memory.ts';
import type { MemoryStore } from '../store.ts';
import type { VectorIndex } from '../vectors.ts';
import type { WordMatch } from '../words.ts';
import type { Verdict } from './answer.ts';
import type { RememberedWords } from './prompts.ts';

/** From here on two memories may say the same or the opposite: which of them, a model judges. */
export const NEAR = 0.85;
/** So much of what is in the words of one is in the other. */
const NEAR_WORDS = 0.5;
/** So many old ones are compared with each new one, out of so many, and so many pairs in all. */
const OLD_COUNT = 2;
export const LOOK_COUNT = 40;
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
 * @param isFormer What may be repeated or contradicted.
 */
export function pairsByMeaning(
  scope: string,
  vectors: readonly Float32Array[],
  store: MemoryStore,
  index: VectorIndex | null,
  isFormer: (memory: Memory) => boolean,
): readonly Pair[] {
  const pairs = vectors.flatMap((vector, at): Pair[] => {
    const kept = (index?.nearest(scope, vector, LOOK_COUNT) ?? [])
      .flatMap(({ memoryId, similarity }) => {
        const memory = similarity < NEAR ? null : store.find(memoryId);
        if (memory === null || !isFormer(memory)) return [];
        return [{ index: at, former: { kind: 'kept' as const, memory }, similarity }];
      })
      .slice(0, OLD_COUNT);
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
  isFormer: (memory: Memory) => boolean,
): readonly Pair[] {
  return proposals.flatMap(({ text }, index) =>
    search(text)
      .flatMap(({ memoryId, share }): Pair[] => {
        const memory = share < NEAR_WORDS ? null : store.find(memoryId);
        if (memory === null || !isFormer(memory)) return [];
        return [{ index, former: { kind: 'kept', memory }, similarity: null }];
      })
      .slice(0, OLD_COUNT),
  );
}

/** A pair, and how its two stand to each other; `null`: nobody said. */
export interface JudgedPair extends Pair {
  readonly verdict: Verdict | null;
}

/**
 * Decides about each of the new memories: `same` strengthens what is there, `contradicts` supersedes it,
 * `different` keeps both, and so does no verdict.
 *
 * Nearness alone decides nothing, however near: "the port is 8080" and "the port is 8081" are nearer to each
 * other than most repetitions (0.92), and to strengthen the former would drop the correction. So a
 * near-duplicate strengthens what is there where the model says that it is one, and without the model only
 * where it {@link repeats} it to the letter.
 */
export function decide(proposalCount: number, pairs: readonly JudgedPair[]): readonly Decision[] {
  return Array.from({ length: proposalCount }, (_, index) => {
    const own = pairs.filter((pair) => pair.index === index);
    return {
      repeats: own.find(({ verdict }) => verdict === 'same')?.former ?? null,
      replaces: own.filter(({ verdict }) => verdict === 'contradicts').map(({ former }) => former),
    };
  });
}

/** What a former memory says; `undefined`: there is none such. */
export function wordsOf(
  former: Former,
  proposals: readonly NewMemory[],
): RememberedWords | undefined {
  return former.kind === 'kept' ? former.memory : proposals[former.index];
}

/** Whether the two texts of a pair are the same but for case and punctuation. */
export function repeats({ index, former }: Pair, proposals: readonly NewMemory[]): boolean {
  const [one, other] = [wordsOf(former, proposals), proposals[index]];
  if (one === undefined || other === undefined) return false;
  return one.kind === other.kind && plain(one.text) === plain(other.text);
}

/** Without case and what stands around words: what stands within a word or a number, or counts, stays. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[.,;:!"'“”„‘’«»]+(?=\s|$)|(?<=^|\s)["'“”„‘’«»]+/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}

function byNearness(one: { similarity: number | null }, other: { similarity: number | null }) {
  return (other.similarity ?? 0) - (one.similarity ?? 0);
}

/** Of two vectors of length 1. */
function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}
