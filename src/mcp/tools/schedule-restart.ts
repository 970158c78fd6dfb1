import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { ToolContext } from '../context.ts';
import { done, guarded } from '../result.ts';

const DESCRIPTION = `Has Claudio, the service that connects you with this chat, restart after your answer was delivered.

Use it only when the person asks for a restart, or when a change that you made to Claudio itself takes effect with a restart alone. Never restart, stop or kill Claudio in any other way: it would cut off this turn. Other programs and services do not need it. It happens once for a message, however often you ask. Finish your answer normally afterwards.`;

const inputSchema = z.object({
  reason: z.string().min(1).max(500).describe('Why, in a sentence that the person may read.'),
});

const WORDS = {
  scheduled: 'Scheduled: the restart happens after your answer was delivered. End your turn soon.',
  'scheduled-before': 'A restart is already scheduled. It happens after your answer was delivered.',
  'done-before':
    'The restart for this message was already done, by an earlier attempt. Go on without it.',
} as const;

export function registerScheduleRestart(server: McpServer, context: ToolContext): void {
  server.registerTool('schedule_restart', { description: DESCRIPTION, inputSchema }, ({ reason }) =>
    guarded(context, 'schedule_restart', () => {
      const outcome = context.restarts.request(context.user.turnId, reason);
      context.log.info({ turn: context.user.turnId, outcome }, 'restart.requested');
      return done(WORDS[outcome]);
    }),
  );
}
