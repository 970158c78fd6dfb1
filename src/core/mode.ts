/**
 * What Claude may do unasked, from loose to strict. `auto`: all that its tools can; `ask`: what changes
 * something is put before the person first; `plan`: it only looks, and says what it would do.
 */
export const MODES = ['auto', 'ask', 'plan'] as const;

export type Mode = (typeof MODES)[number];

/** The stricter of two modes. */
export function stricter(one: Mode, other: Mode): Mode {
  return MODES.indexOf(one) >= MODES.indexOf(other) ? one : other;
}
