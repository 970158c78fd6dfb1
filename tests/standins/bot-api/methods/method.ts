import type { z } from 'zod';
import type { State } from '../state.ts';

/** A method of the Bot API: its parameters, strictly, and what it does. */
export interface Method {
  /** Runs the method; throws a refusal. */
  run(state: State, params: unknown): Answer | Promise<Answer>;
  readonly params: z.ZodType;
}

/** What a method answers; `description` only where the Bot API says something beside the result. */
export interface Answer {
  readonly result: unknown;
  readonly description?: string;
}

/** Ties the type of the parameters to what the method does with them. */
export function method<T>(
  params: z.ZodType<T>,
  run: (state: State, params: T) => Answer | Promise<Answer>,
): Method {
  return { params, run: (state, raw) => run(state, params.parse(raw)) };
}

export const TRUE: Answer = { result: true };
