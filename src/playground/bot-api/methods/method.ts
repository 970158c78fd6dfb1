import type { ApiMethods } from '@grammyjs/types';
import type { z } from 'zod';
import type { FieldName, Upload } from '../fields.ts';
import type { State } from '../state.ts';

type Methods = ApiMethods<Upload>;

/** The name of a method that Telegram has. */
export type MethodName = keyof Methods;

type ParamsOf<M extends MethodName> = NonNullable<Parameters<Methods[M]>[0]>;

/** What a schema must be as well: nothing more, or what none is, where Telegram does not know a field of it. */
type Known<Given, Expected> = [Exclude<Given, Expected>] extends [never]
  ? unknown
  : { readonly 'not a parameter of this method': Exclude<Given, Expected> };

/** A method of the Bot API: its parameters, strictly, and what it does. */
export interface Method<M extends MethodName = MethodName> {
  readonly name: M;
  /** Runs the method; throws a refusal. */
  run(state: State, params: unknown): Answer | Promise<Answer>;
  readonly params: z.ZodType;
}

/** What a method answers; `description` only where the Bot API says something beside the result. */
export interface Answer {
  readonly result: unknown;
  readonly description?: string;
}

/**
 * Ties the parameters to those that Telegram's method of this name has, and what the method does to the
 * parameters. One that Telegram does not know does not compile.
 */
export function method<
  M extends MethodName,
  Shape extends z.ZodRawShape,
  C extends z.core.$ZodObjectConfig,
>(
  name: M,
  params: z.ZodObject<Shape, C> & Known<keyof Shape, FieldName<ParamsOf<M>>>,
  run: (state: State, params: z.output<z.ZodObject<Shape, C>>) => Answer | Promise<Answer>,
): Method<M> {
  const schema: z.ZodObject<Shape, C> = params;
  return { name, params: schema, run: (state, raw) => run(state, schema.parse(raw)) };
}

export const TRUE: Answer = { result: true };
