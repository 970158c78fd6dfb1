import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { ToolContext } from '../context.ts';
import { done, guarded, OVER, refused } from '../result.ts';
import { say } from '../say.ts';

const DESCRIPTION = `Sends the person a message in the chat at once, while you go on working.

Use it for an interim word that they would want before you are done: an early finding, a change of plan, that something will take long. Do not use it for your answer: the last text of your turn is delivered by itself, and must not be sent twice. Do not narrate every step; what you do is shown anyway. For a question that needs an answer, use ask_user.`;

const inputSchema = z.object({
  text: z.string().min(1).max(20_000).describe('Markdown.'),
});

export function registerSendMessage(server: McpServer, context: ToolContext): void {
  server.registerTool('send_message', { description: DESCRIPTION, inputSchema }, ({ text }) =>
    guarded(context, 'send_message', () => {
      if (text.trim() === '') return refused('The text is blank. Nothing was sent.');
      return say(context, { markdown: text, history: text })
        ? done('The message is on its way.')
        : refused(OVER);
    }),
  );
}
