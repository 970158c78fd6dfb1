import type { CallToolResult, McpServer, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { excerpt } from '../../core/format.ts';
import type { Answer } from '../../turns/questions.ts';
import type { ToolContext } from '../context.ts';
import { done, guarded, OVER, refused } from '../result.ts';

const DESCRIPTION = `Asks the person a question in the chat and waits for the answer, for hours or days if need be.

Use it when you cannot go on without a decision that is theirs: which of two ways, whether to do what cannot be undone, a detail that is nowhere to be found. Do not use it for what you can find out or reasonably decide yourself, to ask whether they are content, or for a question that may as well end your answer. Ask one question at a time, complete in itself: they may read it much later, on a phone. With options each becomes a button, but they may write something else instead: be ready for an answer that is none of the options. In a group another person than the one who wrote to you may answer; you are told who did.`;

const inputSchema = z.object({
  question: z.string().min(1).max(3000).describe('Markdown.'),
  options: z
    .array(z.string().min(1).max(60))
    .max(8)
    .default([])
    .describe('Short labels for buttons. Leave out for a free answer.'),
});

const NAME_LENGTH = 64;

type Input = z.infer<typeof inputSchema>;

export function registerAskUser(server: McpServer, context: ToolContext): void {
  server.registerTool('ask_user', { description: DESCRIPTION, inputSchema }, (input, call) =>
    guarded(context, 'ask_user', () => ask(context, input, call)),
  );
}

async function ask(
  context: ToolContext,
  input: Input,
  call: ServerContext,
): Promise<CallToolResult> {
  const question = input.question.trim();
  const options = input.options.map((option) => option.trim());
  if (question === '') return refused('The question is blank. Nothing was asked.');
  if (options.includes('') || new Set(options).size < options.length) {
    return refused('The options must not be blank and must differ. Nothing was asked.');
  }
  if (context.asking.size > 0) {
    return refused(
      'Another question still waits for its answer. Ask one at a time; nothing was asked.',
    );
  }
  const questionId = open(context, question, options);
  context.asking.add(questionId);
  context.user.waits(true);
  const stopSigns = giveSigns(context, call);
  try {
    const signal = AbortSignal.any([context.closed, call.mcpReq.signal]);
    const answer = await context.questions.waitFor(questionId, signal);
    if (answer !== null) {
      context.answered.add(questionId);
      return done(`${nameOf(answer)} answered: ${answer.answer}`);
    }
    if (context.closed.aborted) return refused(OVER);
    // Claude does something else now: whoever answered would speak to nobody.
    if (call.mcpReq.signal.aborted) context.questions.withdraw(context.user.turnId);
    return refused('The question was withdrawn before anybody answered it.');
  } finally {
    stopSigns();
    context.asking.delete(questionId);
    context.user.waits(false);
  }
}

/** On one line, so that it cannot pass for the answer or for more than a name. */
function nameOf({ by }: Answer): string {
  const name = excerpt(by.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '), NAME_LENGTH);
  return name === '' ? 'The person' : name;
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

/** Tells a program that wants to know that the call is alive. Returns what ends it. */
function giveSigns({ keepAliveMs, log }: ToolContext, { mcpReq }: ServerContext): () => void {
  const { _meta: meta } = mcpReq;
  const progressToken = meta?.progressToken;
  if (progressToken === undefined) return () => undefined;
  let progress = 0;
  const timer = setInterval(() => {
    progress += 1;
    mcpReq
      .notify({
        method: 'notifications/progress',
        params: { progressToken, progress, message: 'Waiting for the person' },
      })
      .catch((error: unknown) => log.debug({ err: error }, 'tool.sign-failed'));
  }, keepAliveMs);
  return () => clearInterval(timer);
}
