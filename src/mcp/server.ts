import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mayDo } from '../policy/roles.ts';
import type { OpenTools, ToolUser, TurnTools } from '../turns/tools.ts';
import { APPROVAL_TOOL, type ToolContext, type ToolParts, TOOLS_NAME } from './context.ts';

const TOKEN_BYTES = 32;
/** More often than anybody loses patience with a silent connection. */
const KEEP_ALIVE_MS = 10_000;

const BEARER = /^Bearer +(\S+)$/iu;

interface Opened {
  readonly tokenDigest: Buffer;
  readonly serve: (request: Request) => Promise<Response>;
}

/**
 * The tools that Claude gets from Claudio: a Model Context Protocol server over streamable HTTP, without
 * sessions, that answers only to the tokens of turns that run now. `handle` answers 401 to all others,
 * 413 over a megabyte, 405 to anything but POST.
 *
 * @param options.url Where `handle` is reached; asked for at each opening.
 *
 * Source: https://modelcontextprotocol.io/specification/2026-07-28/basic/transports; Claude Code 2.1.329
 * speaks that revision, and older programs are served by that of 2025.
 */
export function createToolServer(
  options: ToolParts & { readonly url: () => string },
): TurnTools & { handle(request: Request): Promise<Response> } {
  const opened = new Set<Opened>();

  /** Looks at all of them however soon it finds one, so that the time it takes tells nothing. */
  const find = (authorization: string): Opened | undefined => {
    const given = digest(BEARER.exec(authorization)?.[1] ?? '');
    let found: Opened | undefined;
    for (const entry of opened) if (timingSafeEqual(entry.tokenDigest, given)) found = entry;
    return found;
  };

  const open = (user: ToolUser): OpenTools => {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const closing = new AbortController();
    const context: ToolContext = {
      ...options,
      keepAliveMs: options.keepAliveMs ?? KEEP_ALIVE_MS,
      user,
      closed: closing.signal,
      waiting: { count: 0 },
      asking: new Set(),
      answered: new Set(),
      remembering: { callCount: 0 },
    };
    let handler: ReturnType<typeof handlerOf> | undefined;
    const entry = {
      tokenDigest: digest(token),
      serve: async (request: Request) => {
        handler ??= handlerOf(context);
        return await (
          await handler
        )(request);
      },
    };
    opened.add(entry);
    return {
      server: {
        name: TOOLS_NAME,
        url: options.url(),
        token,
        approvalTool: APPROVAL_TOOL,
        isUnanswered: !mayDo(user.role, 'answer'),
      },
      isWaitingForPerson: () => context.waiting.count > 0,
      close: () => {
        opened.delete(entry);
        closing.abort();
      },
    };
  };

  return {
    open,
    handle: async (request) => {
      const found = find(request.headers.get('authorization') ?? '');
      if (found === undefined) {
        return new Response('wrong token', {
          status: 401,
          headers: { 'www-authenticate': 'Bearer' },
        });
      }
      return await found.serve(request);
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The library is loaded with the first request: it costs a start 80 ms, and an idle service 13 MB. */
async function handlerOf(context: ToolContext) {
  const { createHandler } = await import('./handler.ts');
  return createHandler(context);
}
