import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { z } from 'zod';
import type { ToolServer } from '../../../src/core/agent.ts';

const callSchema = z.looseObject({
  id: z.union([z.number(), z.string()]).optional(),
  method: z.string(),
  params: z.looseObject({ protocolVersion: z.string().optional() }).optional(),
});

/** A Model Context Protocol server with one tool, `look`. */
export interface ToolServerStandin extends ToolServer {
  /** The `Authorization` of every request, oldest first. */
  readonly authorizations: readonly (string | undefined)[];
  /** How often the tool was called. */
  readonly callCount: number;
  close(): Promise<void>;
}

/**
 * Starts one on a free port of 127.0.0.1. It answers a call with `result`, which may take its time.
 *
 * Source: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
export async function startToolServer(
  name: string,
  result: () => string | Promise<string>,
): Promise<ToolServerStandin> {
  const authorizations: (string | undefined)[] = [];
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
          tools: [{ name: 'look', description: 'Looks.', inputSchema: { type: 'object' } }],
        };
      case 'tools/call':
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
    authorizations,
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
