import type { Memory } from '../core/memory.ts';

const DAY_MS = 24 * 3_600_000;
/** So long after its last use a fact is as sure as it was. */
const SURE_MS = 30 * DAY_MS;
/** Then it loses half of its confidence in so long. */
const HALVED_MS = 90 * DAY_MS;
/** And keeps at least this, or what it had where that was less. */
const FLOOR = 0.1;

/**
 * What is left of a confidence, 0 to 1, after a fact was not used for a while: all of it for 30 days,
 * then half as much with every 90 days, down to 0.1.
 *
 * @param lastAccessMs May lie in the future, where a clock was set back: then nothing is lost.
 */
export function confidenceNow(confidence: number, lastAccessMs: number, nowMs: number): number {
  const unusedMs = Math.max(0, nowMs - lastAccessMs - SURE_MS);
  return Math.max(Math.min(confidence, FLOOR), confidence * 0.5 ** (unusedMs / HALVED_MS));
}

/** What is left of the confidence of a memory; `null` where it has none. */
export function confidenceLeft(
  memory: Pick<Memory, 'confidence' | 'recentAccessesMs' | 'createdAtMs'>,
  nowMs: number,
): number | null {
  const { confidence, recentAccessesMs, createdAtMs } = memory;
  if (confidence === null) return null;
  return confidenceNow(confidence, recentAccessesMs[0] ?? createdAtMs, nowMs);
}
