import type { CallToolResult, McpServer, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { excerpt } from '../../core/format.ts';
import { maskKeys } from '../../core/mask.ts';
import type { Answer } from '../../turns/questions.ts';
import { askPerson, BUSY, WITHDRAWN } from '../asking.ts';
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
  const { mask = maskKeys } = context;
  // As it is kept, so that it is known again.
  const question = mask(input.question.trim()).text;
  const options = input.options.map((option) => mask(option.trim()).text);
  if (question === '') return refused('The question is blank. Nothing was asked.');
  if (options.includes('') || new Set(options).size < options.length) {
    return refused('The options must not be blank and must differ. Nothing was asked.');
  }
  const asked = await askPerson(context, call, question, options);
  switch (asked.kind) {
    case 'answered':
      return done(`${nameOf(asked)} answered: ${asked.answer}`);
    case 'busy':
      return refused(BUSY);
    case 'over':
      return refused(OVER);
    case 'withdrawn':
      return refused(WITHDRAWN);
  }
}

/** On one line, so that it cannot pass for the answer or for more than a name. */
function nameOf({ by }: Answer): string {
  const name = excerpt(by.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '), NAME_LENGTH);
  return name === '' ? 'The person' : name;
}
