import { z } from 'zod';

const toolResult = z.looseObject({
  content: z.array(z.looseObject({ type: z.literal('text'), text: z.string() })),
  isError: z.boolean().default(false),
});
const DATA = 'data: ';
const message = z.looseObject({
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});

export interface ToolAnswer {
  readonly text: string;
  readonly isError: boolean;
}

/** A client of the Model Context Protocol, by hand: JSON-RPC over streamable HTTP. */
export function mcpClient(server: { readonly url: string; readonly token: string }) {
  let id = 0;

  const post = (body: unknown, init: RequestInit = {}): Promise<Response> =>
    fetch(server.url, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-11-25',
        authorization: `Bearer ${server.token}`,
        ...(init.headers as Record<string, string> | undefined),
      },
    });

  /** The result of one request; what comes before it is passed over. */
  const resultOf = async (
    method: string,
    params: unknown,
    signal?: AbortSignal,
  ): Promise<unknown> => {
    id += 1;
    const body = { jsonrpc: '2.0', id, method, params };
    const response = await post(body, signal === undefined ? {} : { signal });
    if (response.status !== 200) throw new Error(`${method}: ${response.status}`);
    const events = (await response.text()).split('\n').filter((line) => line.startsWith(DATA));
    const { result, error } = message.parse(JSON.parse(events.at(-1)?.slice(DATA.length) ?? ''));
    if (result === undefined) throw new Error(JSON.stringify(error));
    return result;
  };

  return {
    post,
    resultOf,
    initialize: () =>
      resultOf('initialize', {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'test', version: '1' },
      }),
    call: async (name: string, input: unknown): Promise<ToolAnswer> => {
      const result = toolResult.parse(await resultOf('tools/call', { name, arguments: input }));
      return { text: result.content.map(({ text }) => text).join('\n'), isError: result.isError };
    },
  };
}

/** What each revision of the protocol wants with a call: the older one in the headers alone. */
export const REVISIONS = {
  '2025-11-25': () => ({ headers: {}, meta: {} }),
  '2026-07-28': (tool: string) => ({
    headers: {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': tool,
    },
    meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  }),
} as const;
