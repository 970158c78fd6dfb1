import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { messageEvents, messageJson } from './events.ts';
import { errorReply, textReply, toolReply, type ModelReply } from './reply.ts';
import { readRequest, type ModelRequest } from './request.ts';

export type Answerer = (request: ModelRequest) => ModelReply | Promise<ModelReply>;

/** A model on loopback that says what a test tells it to. */
export interface ModelStandin {
  /** For `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  /** The requests of turns and of sub-agents, oldest first: those that a script answers. */
  readonly requests: readonly ModelRequest[];
  /** Claude Code's requests on its own behalf: titles, summaries of fetched pages. */
  readonly sideRequests: readonly ModelRequest[];
  /** Answers the next request with a text. */
  answer(text: string, usage?: Parameters<typeof textReply>[1]): void;
  /** Answers the next request with a use of a tool; the real tool then runs. */
  useTool(name: string, input: unknown, textBefore?: string): void;
  /** Answers the next request with an error of the API. */
  fail(...error: Parameters<typeof errorReply>): void;
  /** Answers the next request with what the function says; it may take its time. */
  answerWith(answerer: Answerer): void;
  /** Answers every request that finds no more specific answer. Without it, such a request gets a 400. */
  always(answerer: Answerer): void;
  /** Answers the side requests that the function has an answer for; the others are given a title. */
  answerSide(answerer: (request: ModelRequest) => ModelReply | Promise<ModelReply> | null): void;
  /** Resolves with the next request that comes in after the call. */
  nextRequest(): Promise<ModelRequest>;
  /** Forgets script and requests. */
  reset(): void;
  close(): Promise<void>;
}

/**
 * Starts the stand-in on a free port of 127.0.0.1.
 *
 * It speaks `POST /v1/messages`, as events or as one object, and answers everything else with 200 and
 * `{}`. A request without tools is a side request: every request of a turn or a sub-agent offers some.
 */
export async function startModel(): Promise<ModelStandin> {
  let script: Answerer[] = [];
  let fallback: Answerer | null = null;
  let sideAnswerer: Parameters<ModelStandin['answerSide']>[0] | null = null;
  let requests: ModelRequest[] = [];
  let sideRequests: ModelRequest[] = [];
  let waiting: ((request: ModelRequest) => void)[] = [];
  let count = 0;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    const path = (request.url ?? '').split('?')[0];
    const asked =
      request.method === 'POST' && path === '/v1/messages'
        ? readRequest(body, request.headers)
        : null;
    if (asked === null) {
      sendJson(response, 200, '{}');
      return;
    }
    count += 1;
    const id = String(count).padStart(6, '0');
    if (asked.tools.length === 0) {
      sideRequests.push(asked);
      const reply = (await sideAnswerer?.(asked)) ?? textReply('{"title":"A title"}');
      await send(response, asked, reply, id);
      return;
    }
    requests.push(asked);
    const answerer = script.shift() ?? fallback;
    const toTell = waiting;
    waiting = [];
    for (const tell of toTell) tell(asked);
    const reply = answerer === null ? errorReply(400, 'nothing scripted') : await answerer(asked);
    await send(response, asked, reply, id);
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    get requests() {
      return requests;
    },
    get sideRequests() {
      return sideRequests;
    },
    answer: (text, usage) => void script.push(() => textReply(text, usage)),
    useTool: (name, input, textBefore) =>
      void script.push(() => toolReply(name, input, textBefore)),
    fail: (...error) => void script.push(() => errorReply(...error)),
    answerWith: (answerer) => void script.push(answerer),
    always: (answerer) => {
      fallback = answerer;
    },
    answerSide: (answerer) => {
      sideAnswerer = answerer;
    },
    nextRequest: () => new Promise((resolve) => void waiting.push(resolve)),
    reset: () => {
      script = [];
      fallback = null;
      sideAnswerer = null;
      requests = [];
      sideRequests = [];
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function sendJson(
  response: ServerResponse,
  status: number,
  json: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(json);
}

async function send(
  response: ServerResponse,
  asked: ModelRequest,
  reply: ModelReply,
  id: string,
): Promise<void> {
  switch (reply.kind) {
    case 'hang':
      return;
    case 'error': {
      const error = { type: reply.type, message: reply.message };
      sendJson(
        response,
        reply.status,
        JSON.stringify({ type: 'error', error, request_id: `req_${id}` }),
        reply.headers,
      );
      return;
    }
    case 'drop': {
      if (reply.afterText !== null) {
        const events = messageEvents(textReply(reply.afterText), asked.model, id);
        await sendEvents(response, events.slice(0, -3));
      }
      response.destroy();
      return;
    }
    case 'message':
      if (!asked.stream) {
        sendJson(response, 200, messageJson(reply, asked.model, id));
        return;
      }
      await sendEvents(response, messageEvents(reply, asked.model, id), reply.beforeEvent);
      response.end();
  }
}

/** Writes each event by itself, so that the reader meets many small chunks. */
async function sendEvents(
  response: ServerResponse,
  events: readonly string[],
  beforeEvent: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const event of events) {
    await beforeEvent();
    if (response.destroyed) return;
    await new Promise<void>((resolve) => void response.write(event, () => resolve()));
  }
}
