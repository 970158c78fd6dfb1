import type { ServerContext } from '@modelcontextprotocol/server';
import type { Answer } from '../turns/questions.ts';
import type { ToolContext } from './context.ts';
import { waitForPerson } from './waiting.ts';

export const BUSY =
  'Another question still waits for its answer. Ask one at a time; nothing was asked.';
export const WITHDRAWN = 'The question was withdrawn before anybody answered it.';

/** What became of a question. */
export type Asked =
  | ({ readonly kind: 'answered' } & Answer)
  /** Another one waits: nothing was asked. */
  | { readonly kind: 'busy' }
  /** The turn is over. */
  | { readonly kind: 'over' }
  | { readonly kind: 'withdrawn' };

/**
 * Asks the people of the conversation something and waits for the answer.
 *
 * @param text Markdown.
 * @param options The labels of its buttons: not blank, and different ones.
 */
export async function askPerson(
  context: ToolContext,
  call: ServerContext,
  text: string,
  options: readonly string[],
): Promise<Asked> {
  if (context.asking.size > 0) return { kind: 'busy' };
  const questionId = open(context, text, options);
  context.asking.add(questionId);
  try {
    const answer = await waitForPerson(context, call, (signal) =>
      context.questions.waitFor(questionId, signal),
    );
    if (answer !== null) {
      context.answered.add(questionId);
      return { kind: 'answered', ...answer };
    }
    if (context.closed.aborted) return { kind: 'over' };
    // Claude does something else now: whoever answered would speak to nobody.
    if (call.mcpReq.signal.aborted) context.questions.withdraw(context.user.turnId);
    return { kind: 'withdrawn' };
  } finally {
    context.asking.delete(questionId);
  }
}

/** Asks, or goes on with what an interrupted attempt at this turn asked, where that is the very same. */
function open(context: ToolContext, text: string, options: readonly string[]): number {
  const { questions, user, database } = context;
  const asked = database.transaction(() => {
    const unanswered = questions.openOf(user.turnId);
    const earlier = unanswered ?? questions.answeredLate(user.turnId);
    if (
      earlier?.text === text &&
      JSON.stringify(earlier.options) === JSON.stringify(options) &&
      !context.answered.has(earlier.id)
    ) {
      // It stands far up in the chat, and the person was not told that it is waited for again.
      if (unanswered !== null) questions.askAgain(user, unanswered);
      return { id: earlier.id, isSaid: unanswered !== null };
    }
    // Nobody waits for it any more.
    questions.withdraw(user.turnId);
    return { id: questions.ask(user, text, options), isSaid: true };
  });
  if (asked.isSaid) context.said();
  return asked.id;
}
