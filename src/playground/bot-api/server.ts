import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { systemClock } from '../../platform/clock.ts';
import type { Behaviour, Faults, MetFault } from './faults.ts';
import { findMethod } from './methods/all.ts';
import type { Answer, Method } from './methods/method.ts';
import { readParams } from './params.ts';
import { badRequest, Refusal } from './refusal.ts';
import type { Call, State } from './state.ts';

/** What is sent back: a status with JSON or with something that no Bot API would send. */
interface Reply {
  readonly status: number;
  readonly body: string | Buffer;
  readonly contentType: string;
  readonly description: string | null;
  /** After half of the body comes nothing more until this is resolved. */
  readonly stalled?: Promise<void>;
}

/** Does what a call asks for and answers it. */
type Work = () => Reply | Promise<Reply>;

function json(status: number, body: object, description: string | null): Reply {
  return { status, body: JSON.stringify(body), contentType: 'application/json', description };
}

function refused(refusal: Refusal): Reply {
  const parameters =
    Object.keys(refusal.parameters).length === 0 ? {} : { parameters: refusal.parameters };
  return json(
    refusal.status,
    { ok: false, error_code: refusal.status, description: refusal.message, ...parameters },
    refusal.message,
  );
}

function answered({ result, description }: Answer): Reply {
  const said = description === undefined ? {} : { description };
  return json(200, { ok: true, result, ...said }, description ?? null);
}

function upgraded(to: number): Refusal {
  return new Refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
    migrate_to_chat_id: to,
  });
}

/** What a fault answers in place of the method; null where it leaves the answer to the method. */
function replyOf(behaviour: Behaviour): Reply | null {
  switch (behaviour.kind) {
    case 'rate-limited': {
      const seconds = behaviour.retryAfterSeconds;
      return refused(
        seconds === null
          ? new Refusal(429, 'Too Many Requests')
          : new Refusal(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds }),
      );
    }
    case 'error':
      return refused(new Refusal(behaviour.status, behaviour.description));
    case 'moved':
      return refused(upgraded(behaviour.to));
    case 'html':
      return {
        status: behaviour.status,
        body: '<html><head><title>502 Bad Gateway</title></head><body></body></html>',
        contentType: 'text/html',
        description: null,
      };
    case 'huge':
      return json(200, { ok: true, result: 'x'.repeat(behaviour.bodyBytes) }, null);
    case 'refuse-markup':
      return refused(
        badRequest("can't parse entities: Character '-' is reserved and must be escaped"),
      );
    case 'blocked':
      return refused(new Refusal(403, 'Forbidden: bot was blocked by the user'));
    case 'drop':
    case 'hang':
    case 'stall':
      break;
  }
  return null;
}

async function run(state: State, method: Method, call: Call): Promise<Reply> {
  try {
    const movedTo = state.chats.get(Number(call.chat))?.movedTo ?? null;
    if (movedTo !== null) {
      method.params.parse(call.params);
      throw upgraded(movedTo);
    }
    return answered(await method.run(state, call.params));
  } catch (thrown) {
    if (thrown instanceof Refusal) return refused(thrown);
    if (!(thrown instanceof z.ZodError)) throw thrown;
    const fault = z.prettifyError(thrown).replaceAll('\n', ' ');
    state.violations.push(`${call.method}: ${fault}`);
    return refused(badRequest(fault));
  }
}

/** Runs a call through the fault that it meets; null means that the connection is to break. */
async function replyTo(state: State, work: Work, fault: MetFault | null): Promise<Reply | null> {
  const behaviour = fault?.behaviour ?? null;
  const instead = behaviour === null ? null : replyOf(behaviour);
  if (instead !== null) return instead;
  if (fault === null || behaviour === null) return work();

  if (behaviour.kind === 'stall') return { ...(await work()), stalled: fault.lifted };
  const before = 'moment' in behaviour && behaviour.moment === 'before';
  if (behaviour.kind === 'drop') {
    if (!before) await work();
    return null;
  }
  if (before) await fault.lifted;
  if (behaviour.kind === 'hang' && behaviour.moment === 'never') {
    await fault.lifted;
    return null;
  }
  const reply = await work();
  state.events.notify();
  if (!before) await fault.lifted;
  return reply;
}

/** Keeps a call, lets it meet its fault and does what it asks for. */
async function answerCall(
  state: State,
  faults: Faults,
  call: Call,
  work: Work,
): Promise<Reply | null> {
  state.calls.push(call);
  const fault = faults.meet(call);
  state.events.notify();
  const reply = await replyTo(state, work, fault);
  call.status = reply?.status ?? null;
  call.description = reply?.description ?? null;
  state.events.notify();
  return reply;
}

function callOf(method: string, params: Call['params']): Call {
  const chat = params['chat_id'];
  return {
    method,
    params,
    chat: typeof chat === 'string' || typeof chat === 'number' ? String(chat) : null,
    atMs: systemClock.now(),
    status: null,
    description: null,
  };
}

async function answerMethod(
  state: State,
  faults: Faults,
  methodName: string,
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<Reply | null> {
  const found = findMethod(methodName);
  if (found === undefined) {
    state.violations.push(`unknown method ${methodName}`);
    return refused(new Refusal(404, 'Not Found: method not found'));
  }
  let params: Call['params'];
  try {
    params = await readParams(request, query);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return answerCall(state, faults, callOf(found.name, {}), () => refused(thrown));
  }
  const call = callOf(found.name, params);
  return answerCall(state, faults, call, () => run(state, found.method, call));
}

/** A download: https://core.telegram.org/bots/api#file */
function answerFile(state: State, faults: Faults, path: string): Promise<Reply | null> {
  const file = [...state.files.values()].find((candidate) => candidate.path === path);
  return answerCall(state, faults, callOf('file', { path }), () =>
    file === undefined
      ? refused(new Refusal(404, 'Not Found'))
      : {
          status: 200,
          body: file.content,
          contentType: 'application/octet-stream',
          description: null,
        },
  );
}

async function respond(response: ServerResponse, reply: Reply): Promise<void> {
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    'content-length': body.byteLength,
  });
  const half = Math.floor(body.byteLength / 2);
  if (reply.stalled !== undefined) {
    response.write(body.subarray(0, half));
    await reply.stalled;
  }
  response.end(reply.stalled === undefined ? body : body.subarray(half));
}

async function handle(
  state: State,
  faults: Faults,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://127.0.0.1');
  const match = /^\/(file\/)?bot([^/]+)\/(.+)$/.exec(url?.pathname ?? '');
  const [, file, token, rest = ''] = match ?? [];
  let reply: Reply | null;
  if (url === null || match === null) reply = refused(new Refusal(404, 'Not Found'));
  else if (token !== state.token && token !== encodeURIComponent(state.token)) {
    reply = refused(new Refusal(401, 'Unauthorized'));
  } else if (file !== undefined) {
    reply = await answerFile(state, faults, decodeURIComponent(rest));
  } else {
    reply = await answerMethod(state, faults, rest, request, url.searchParams);
  }
  if (reply === null) {
    request.socket.destroy();
    return;
  }
  await respond(response, reply);
}

/** Serves the Bot API on a port of the loopback that the system chooses. */
export async function listen(
  state: State,
  faults: Faults,
): Promise<{ server: Server; root: string }> {
  const server = createServer((request, response) => {
    handle(state, faults, request, response).catch((thrown: unknown) => {
      state.violations.push(`the stand-in itself failed: ${String(thrown)}`);
      request.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  return { server, root: `http://127.0.0.1:${address.port}` };
}
