import type { InboundPress } from '../core/inbound.ts';
import type { Action } from '../policy/roles.ts';
import { DISCARD, RETRY } from '../turns/buttons.ts';
import { ANSWER } from '../turns/questions.ts';
import { HALT } from '../turns/turn.ts';
import { RESTART } from './changes.ts';
import { CANCEL, STOP } from './queue.ts';
import { AGAIN } from './reactions.ts';

/** The verbs of the buttons about a turn. */
export const TURN_VERBS = [RETRY, DISCARD, CANCEL, STOP, HALT, RESTART, AGAIN, ANSWER] as const;
export type TurnVerb = (typeof TURN_VERBS)[number];

export function isAboutTurn(verb: string): verb is TurnVerb {
  return TURN_VERBS.some((known) => known === verb);
}

/** The verbs of what has a turn run once more. */
export const RUNS_AGAIN: ReadonlySet<string> = new Set([RETRY, RESTART, AGAIN]);

/** What one has to be allowed to do for a button about a turn. */
export function neededFor(
  verb: string,
  turn: { readonly personId: string | null },
  sender: InboundPress['sender'],
): Action {
  if (verb === ANSWER) return 'answer';
  return turn.personId === sender.id ? 'steer-own' : 'steer-any';
}
