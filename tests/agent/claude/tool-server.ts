import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { z } from 'zod';
import type { ToolServer } from '../../../src/core/agent.ts';

const callSchema = z.looseObject({
  id: z.union([z.number(), z.string()]).optional(),
  method: z.string(),
  params: z
    .looseObject({
      protocolVersion: z.string().optional(),
      name: z.string().optional(),
      arguments: z.unknown().optional(),
    })
    .optional(),
});

const askedSchema = z.strictObject({
  tool_name: z.string(),
  input: z.record(z.string(), z.unknown()),
  tool_use_id: z.string(),
});

/** What a tool that decides about others is asked. */
export type Asked = z.infer<typeof askedSchema>;

/** A Model Context Protocol server with one tool, `look`, and another where it decides about tools. */
export interface ToolServerStandin extends ToolServer {
  /** The `Authorization` of every request, oldest first. */
  readonly authorizations: readonly (string | undefined)[];
  /** How often the tool was called. */
  readonly callCount: number;
  /** What the tool that decides was asked, oldest first. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/**
 * Starts one on a free port of 127.0.0.1. It answers a call with `result`, which may take its time.
 *
 * @param approve Says what is allowed, as JSON; what it throws is an answer of 400.
 *
 * Source: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
export async function startToolServer(
  name: string,
  result: () => string | Promise<string>,
  approve?: (asked: Asked) => unknown,
): Promise<ToolServerStandin> {
  const authorizations: (string | undefined)[] = [];
  const asked: Asked[] = [];
  let callCount = 0;

  async function resultOf({ method, params }: z.infer<typeof callSchema>): Promise<object | null> {
    switch (method) {
      case 'initialize':
        return {
          protocolVersion: params?.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name, version: '1.0.0' },
        };
      case 'tools/list':
        return {
          tools: [
            { name: 'look', description: 'Looks.', inputSchema: { type: 'object' } },
            ...(approve === undefined
              ? []
              : [{ name: 'approve', description: 'Decides.', inputSchema: { type: 'object' } }]),
          ],
        };
      case 'tools/call':
        if (approve !== undefined && params?.name === 'approve') {
          const one = askedSchema.parse(params.arguments);
          asked.push(one);
          return { content: [{ type: 'text', text: JSON.stringify(await approve(one)) }] };
        }
        callCount += 1;
        return { content: [{ type: 'text', text: await result() }] };
      default:
        return null;
    }
  }

  /** The status and the body for what was posted. */
  async function answer(body: string): Promise<readonly [number, string]> {
    const call = callSchema.parse(JSON.parse(body));
    if (call.id === undefined) return [202, ''];
    const found = await resultOf(call);
    const error = { code: -32601, message: 'no such method' };
    const outcome = found === null ? { error } : { result: found };
    return [200, JSON.stringify({ jsonrpc: '2.0', id: call.id, ...outcome })];
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] =
      request.method === 'POST' ? await answer(await readText(request)) : [405, ''];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }

  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    respond(request, response).catch((error: unknown) =>
      response.writeHead(400).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    name,
    url: `http://127.0.0.1:${address.port}/mcp`,
    token: `made-up-${address.port}-token`,
    ...(approve === undefined ? {} : { approvalTool: 'approve' }),
    authorizations,
    asked,
    get callCount() {
      return callCount;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
