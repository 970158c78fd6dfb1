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
