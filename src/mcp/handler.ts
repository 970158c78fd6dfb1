import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { packageVersion } from '../platform/package.ts';
import { mayDo } from '../policy/roles.ts';
import { type ToolContext, TOOLS_NAME } from './context.ts';
import { registerApprove } from './tools/approve.ts';
import { registerAskUser } from './tools/ask-user.ts';
import { registerForget } from './tools/forget.ts';
import { registerRecall } from './tools/recall.ts';
import { registerRemember } from './tools/remember.ts';
import { registerScheduleRestart } from './tools/schedule-restart.ts';
import { registerSearchHistory } from './tools/search-history.ts';
import { registerSendFiles } from './tools/send-files.ts';
import { registerSendMessage } from './tools/send-message.ts';

const BODY_LIMIT_BYTES = 1024 * 1024;

/** Serves the tools of one attempt at a turn to requests that have shown its token. */
export function createHandler(context: ToolContext): (request: Request) => Promise<Response> {
  const handler = createMcpHandler(() => serverFor(context), {
    responseMode: 'sse',
    keepAliveMs: context.keepAliveMs,
    maxRequestBodySize: BODY_LIMIT_BYTES,
    // What is offered never changes while it is offered.
    maxSubscriptions: 0,
    onerror: (error) =>
      context.log.debug({ turn: context.user.turnId, err: error }, 'tools.refused'),
  });
  return (request) => handler.fetch(request);
}

/** One for each request: nothing is remembered between them. */
function serverFor(context: ToolContext): McpServer {
  const server = new McpServer(
    { name: TOOLS_NAME, version: packageVersion() },
    { capabilities: { tools: { listChanged: false } } },
  );
  registerSendMessage(server, context);
  registerSendFiles(server, context);
  // Nobody may answer it for whoever asked.
  if (mayDo(context.user.role, 'answer')) registerAskUser(server, context);
  registerSearchHistory(server, context);
  registerApprove(server, context);
  // Who may only look has nothing that changes things.
  const mayChange = context.user.mode !== 'plan';
  if (mayChange) registerScheduleRestart(server, context);
  if (context.memory !== null) {
    if (mayChange) registerRemember(server, context, context.memory);
    registerRecall(server, context, context.memory);
    if (mayChange) registerForget(server, context, context.memory);
  }
  return server;
}
