import type { Memory, RecalledMemory } from '../core/memory.ts';
import { baseLevel, normalisedActivation } from './activation.ts';
import { confidenceNow } from './confidence.ts';

/** How much of the score is that it fits, and how much that it was needed often and lately. */
const SIMILARITY_WEIGHT = 0.7;
const ACTIVATION_WEIGHT = 0.3;

/** A turn is reminded of what scores at least this: */
const LEAST_SCORE = 0.35;
/** and fits at least this well, however often it was needed. */
const LEAST_SIMILARITY = 0.25;

/** Why a memory is recalled. */
export type Score = Pick<RecalledMemory, 'score' | 'similarity' | 'activation'>;

/**
 * What a memory is worth now: 0.7 × similarity + 0.3 × activation. Its similarity is the cosine to what is
 * asked, or the share of the words where that is larger: an exact name counts though the embedding model
 * never saw it. On the set of tests/memory/quality.test.ts that finds 97 in 100, and the cosine alone 91.
 * Either may be missing; a cosine below 0 is as good as none.
 */
export function scoreOf(
  memory: Pick<Memory, 'createdAtMs' | 'accessCount' | 'recentAccessesMs'>,
  found: { readonly cosine?: number | undefined; readonly share?: number | undefined },
  nowMs: number,
): Score {
  const similarity = Math.max(0, found.cosine ?? 0, found.share ?? 0);
  const activation = normalisedActivation(baseLevel(memory, nowMs));
  return {
    score: SIMILARITY_WEIGHT * similarity + ACTIVATION_WEIGHT * activation,
    similarity,
    activation,
  };
}

/** Whether a turn is to be reminded of it. */
export function isWorthRecalling({ score, similarity }: Score): boolean {
  return score >= LEAST_SCORE && similarity >= LEAST_SIMILARITY;
}

/** A memory with why it was recalled, and with what is left of its confidence now. */
export function recalledAs(
  memory: Memory,
  why: Omit<RecalledMemory, 'memory' | 'confidence'>,
  nowMs: number,
): RecalledMemory {
  const { score, similarity, activation, foundBy } = why;
  const lastAccessMs = memory.recentAccessesMs[0] ?? memory.createdAtMs;
  const confidence =
    memory.confidence === null ? null : confidenceNow(memory.confidence, lastAccessMs, nowMs);
  return { memory, score, similarity, activation, confidence, foundBy };
}
