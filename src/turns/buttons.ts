import type { Button } from '../core/channel.ts';

/** The verbs of the buttons under a message about a turn that may be tried again. */
export const RETRY = 'retry';
export const DISCARD = 'discard';

export function retryButton(turnId: number): Button {
  return { label: '🔁 Retry', data: `${RETRY}:${turnId}` };
}

export function discardButton(turnId: number): Button {
  return { label: '🗑 Discard', data: `${DISCARD}:${turnId}` };
}

/** The verb of the button below a plan. */
export const CARRY_OUT = 'carry';

export function carryOutButton(turnId: number): Button {
  return { label: '▶️ Carry it out', data: `${CARRY_OUT}:${turnId}` };
}
