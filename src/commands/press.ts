import type { AuditDetails } from '../../drizzle/schema.ts';
import type { InboundPress } from '../core/inbound.ts';
import type { Action } from '../policy/roles.ts';

/** What a press came to. */
export interface Pressed {
  /** A short word for the one who pressed. */
  readonly word: string;
  /** The turn that it was about, if any. */
  readonly turnId?: number | null;
  /** For the audit log. */
  readonly decision?: string;
  readonly details?: AuditDetails;
}

/** What the buttons with one verb do. */
export interface PressAct {
  /** What one has to be allowed to do for it; where it depends on the button, `act` looks for itself. */
  readonly needs: Action;
  /**
   * Does it. Runs in the transaction that remembers the update. That a button counts once is for the rows
   * it changes to see to: a step from one status to another, with no way back.
   *
   * @returns `null` where there is no such button, or none that was shown there.
   */
  act(press: InboundPress, argument: string): Pressed | null;
}

/** By verb. */
export type PressActs = ReadonlyMap<string, PressAct>;

/** The id that a button carries; 0, which nothing has, for what only somebody else's program would send. */
export function idIn(argument: string): number {
  return /^[1-9]\d{0,14}$/u.test(argument) ? Number(argument) : 0;
}

export const TOO_LATE = 'That is no longer possible.';
/** What somebody reads who would have something run that its asker may not ask for now. */
export const ASKER_GONE = 'Whoever asked for it may not do that any more.';
/** What somebody reads who may not press a button. */
export const NOT_YOURS = 'You may not do that here.';
