import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/error.ts';
import type { Notes } from './notes.ts';
import type { Observation } from './observation.ts';

/** Between two restarts. */
const PAUSE_MS = 180_000;
const MAX_RESTART_COUNT = 3;

/** What became of a restart. */
type Step =
  | { readonly kind: 'restarted'; readonly count: number }
  | { readonly kind: 'refused'; readonly count: number; readonly reason: string }
  /** The last restart is to have its time first. */
  | { readonly kind: 'waiting'; readonly count: number }
  | { readonly kind: 'given-up'; readonly count: number };

/**
 * Climbs one step for a service that does not answer: a restart, at most once in three minutes and three
 * times in all. Its two notes hold when the last one was, in seconds since the epoch, and how many there
 * were; where they are removed, it begins anew.
 *
 * @param restart Counts whether it throws or not.
 * @throws ClaudioError `health-check.forgetful`: then nothing was restarted, since nobody could count it.
 */
export async function climb(
  notes: Notes,
  clock: Clock,
  restart: () => Promise<void>,
): Promise<Step> {
  const count = wholeNumber(notes.read('.restart_fail_count')) ?? 0;
  const lastMs = (wholeNumber(notes.read('.last_restart_attempt')) ?? 0) * 1000;
  const sinceMs = clock.now() - lastMs;
  // A last one that is still to come was noted before the clock was set back.
  if (sinceMs >= 0 && sinceMs < PAUSE_MS) return { kind: 'waiting', count };
  if (count >= MAX_RESTART_COUNT) return { kind: 'given-up', count };
  notes.write('.last_restart_attempt', `${Math.floor(clock.now() / 1000)}\n`);
  notes.write('.restart_fail_count', `${count + 1}\n`);
  try {
    await restart();
    return { kind: 'restarted', count: count + 1 };
  } catch (error) {
    return { kind: 'refused', count: count + 1, reason: messageOf(error) };
  }
}

/** What is found of a service that does not answer and is on that ladder. */
export function onLadder(step: Step, reason: string): Omit<Observation, 'name' | 'subject'> {
  const down = `does not answer (${reason})`;
  const again = '`claudio health-check` looks again.';
  switch (step.kind) {
    case 'restarted':
      return {
        state: 'failed',
        text: `${down}; restarted (${step.count} of ${MAX_RESTART_COUNT})`,
        remedy: again,
        isPending: true,
        ...(step.count === 1 ? { isReset: true } : {}),
      };
    case 'refused':
      return {
        state: 'failed',
        text: `${down}, and could not be restarted (${step.count} of ${MAX_RESTART_COUNT}): ${withoutStop(step.reason)}`,
        remedy: again,
        isPending: true,
        ...(step.count === 1 ? { isReset: true } : {}),
      };
    case 'waiting':
      return {
        state: 'failed',
        text: `${down}; restarted less than ${PAUSE_MS / 60_000} minutes ago`,
        remedy: again,
        isPending: true,
      };
    case 'given-up':
      return {
        state: 'failed',
        text: `${down}, and ${step.count} restarts did not help`,
        remedy: '`claudio log` tells why it ended; `claudio restart` tries once more.',
      };
  }
}

/** The service is well, or is meant to be stopped: the next time it is down, it begins anew. */
export function leaveLadder(notes: Notes): void {
  for (const name of ['.last_restart_attempt', '.restart_fail_count'] as const) {
    if (notes.read(name) !== null) notes.remove(name);
  }
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,12}$/u.test(text.trim()) ? Number(text) : null;
}

/** A sentence as a part of another one. */
export function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/u, '');
}
