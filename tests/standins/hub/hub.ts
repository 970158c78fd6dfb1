import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** From so many bytes on a file is kept as a large one, with its SHA-256. */
const LARGE_BYTES = 1000;

/** What goes wrong with a request. */
export type HubBehaviour =
  | { readonly kind: 'status'; readonly status: number }
  /** 200, and whatever JSON there is to be in the body. */
  | { readonly kind: 'json'; readonly body: unknown }
  /** The whole is promised, and the connection breaks after so many bytes. */
  | { readonly kind: 'cut-off'; readonly afterBytes: number }
  /** The content has another byte in it, or one more at its end. */
  | { readonly kind: 'changed' | 'longer' }
  /** The same length is promised and kept, and is less than there should be. */
  | { readonly kind: 'shorter' }
  | { readonly kind: 'redirect'; readonly location: string }
  /** So many bytes, and then nothing ever. */
  | { readonly kind: 'hang'; readonly afterBytes: number };

/** A stand-in of the Hugging Face hub that runs, and what a test can see of it and do with it. */
export interface HubStandin {
  /** For MEMORY_MODEL_ROOT. */
  readonly url: string;
  /** The commit that `main` of every model is at. */
  readonly revision: string;
  /** The path of every request in order, without what signs it. */
  readonly requests: readonly string[];
  /** Requests that fit no hub; `close()` throws when there are any. */
  readonly violations: readonly string[];
  /** The next requests for the content of a file, or for `revision` or `tree`, go wrong. */
  fault(what: string, behaviour: HubBehaviour, times?: number): void;
  /** Resolves when the content of this file is asked for, where it meets its fault; a redirect is not it. */
  requested(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a strict stand-in of the hub on the loopback, where nobody has to be known. Large files are
 * answered by a redirect to another host, as they are at https://huggingface.co; small ones by a relative
 * one to another path.
 *
 * Source: https://huggingface.co/docs/hub/api,
 * https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/hf_api.py
 */
export async function startHub(
  models: Readonly<Record<string, ReadonlyMap<string, Uint8Array>>>,
): Promise<HubStandin> {
  const revision = createHash('sha1').update('made up').digest('hex');
  const requests: string[] = [];
  const violations: string[] = [];
  const faults: { what: string; behaviour: HubBehaviour; leftCount: number }[] = [];
  const waiting = new Set<() => void>();
  const store = createServer(answerContent);
  const storeUrl = (await listen(store, 'localhost')).replace('127.0.0.1', 'localhost');

  const faultOf = (what: string): HubBehaviour | null => {
    const fault = faults.find((one) => one.what === what && one.leftCount > 0);
    if (fault !== undefined) fault.leftCount -= 1;
    return fault?.behaviour ?? null;
  };

  const contentOf = (model: string, path: string): Uint8Array | undefined =>
    models[model]?.get(path);

  /** What both hosts look at: a GET without a body, and without anybody's credentials. */
  const seen = (request: IncomingMessage): URL => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    requests.push(url.pathname);
    if (request.method !== 'GET') violations.push(`${request.method} ${url.pathname}`);
    if (request.headers.authorization !== undefined) violations.push('credentials');
    for (const look of waiting) look();
    return url;
  };

  function answerContent(request: IncomingMessage, response: ServerResponse): void {
    const url = seen(request);
    const [, model = '', path = ''] = /^\/content\/([^/]+\/[^/]+)\/(.+)$/u.exec(url.pathname) ?? [];
    const content = contentOf(model, path);
    if (content === undefined || url.searchParams.get('signed') !== 'yes') {
      violations.push(`no such content: ${url.href}`);
      sendJson(response, 403, { error: 'signature' });
      return;
    }
    send(response, content, faultOf(path));
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = seen(request);
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)$/u.exec(url.pathname);
    const cached = /^\/api\/resolve-cache\/models\/([^/]+\/[^/]+)\/([^/]+)\/(.+)$/u.exec(
      url.pathname,
    );
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/u.exec(url.pathname);
    const [, model = '', second = '', third = ''] = api ?? cached ?? file ?? [];
    const files = models[model];
    if (model === '') {
      violations.push(`${request.method} ${url.pathname}`);
      sendJson(response, 404, { error: 'Sorry, we can’t find the page you are looking for.' });
    } else if (files === undefined) {
      // As to anybody who is not known, who might not be allowed to know of it.
      sendJson(response, 401, { error: 'Invalid username or password.' });
    } else if (api !== null) {
      const isTree = second === 'tree';
      if (third !== (isTree ? revision : 'main')) violations.push(`revision ${third}`);
      if (isTree && url.search !== '?recursive=true') violations.push(`tree with ${url.search}`);
      const body = isTree ? treeOf(files) : { id: model, sha: revision, private: false };
      const behaviour = faultOf(second);
      if (behaviour === null) sendJson(response, 200, body);
      else send(response, Buffer.from(JSON.stringify(body)), behaviour);
    } else {
      const content = contentOf(model, third);
      if (content === undefined) sendJson(response, 404, { error: 'Entry not found' });
      else if (second !== revision) {
        violations.push(`revision ${second}`);
        sendJson(response, 404, { error: 'Invalid rev id' });
      } else if (cached !== null) send(response, content, faultOf(third));
      else if (content.byteLength >= LARGE_BYTES) {
        redirect(response, 302, `${storeUrl}/content/${model}/${third}?signed=yes`);
      } else {
        redirect(response, 307, `/api/resolve-cache/models/${model}/${revision}/${third}`);
      }
    }
  }

  const server = createServer(answer);
  return {
    url: await listen(server, '127.0.0.1'),
    revision,
    requests,
    violations,
    fault: (what, behaviour, times = 1) => void faults.push({ what, behaviour, leftCount: times }),
    requested: (path) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!requests.some((one) => one.endsWith(`/${path}`) && !one.includes('/resolve/')))
            return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async close() {
      for (const one of [server, store]) {
        one.closeAllConnections();
        await new Promise((resolve) => void one.close(resolve));
      }
      if (violations.length > 0)
        throw new Error(`requests that fit no hub: ${violations.join('; ')}`);
    },
  };
}

async function listen(server: Server, host: string): Promise<string> {
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

/** Folders stand in it too, as trees. */
function treeOf(files: ReadonlyMap<string, Uint8Array>): readonly object[] {
  const folders = [...files.keys()].flatMap((path) =>
    path.includes('/') ? [path.slice(0, path.lastIndexOf('/'))] : [],
  );
  const trees = [...new Set(folders)].map((path) => ({
    type: 'directory',
    oid: createHash('sha1').update(path).digest('hex'),
    size: 0,
    path,
  }));
  return [...trees, ...[...files].map(([path, content]) => entryOf(path, content))];
}

function entryOf(path: string, content: Uint8Array): object {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const size = content.byteLength;
  const isLarge = size >= LARGE_BYTES;
  // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n`;
  const blob = isLarge ? Buffer.from(pointer) : content;
  const oid = createHash('sha1').update(`blob ${blob.byteLength}\0`).update(blob).digest('hex');
  const lfs = { oid: sha256, size, pointerSize: blob.byteLength };
  return { type: 'file', oid, size, path, ...(isLarge ? { lfs } : {}) };
}

function send(response: ServerResponse, content: Uint8Array, behaviour: HubBehaviour | null): void {
  const whole = (body: Uint8Array): void => {
    response.writeHead(200, { 'content-length': body.byteLength });
    response.end(body);
  };
  switch (behaviour?.kind) {
    case undefined:
      whole(content);
      return;
    case 'status':
      sendJson(response, behaviour.status, { error: 'A made-up error.' });
      return;
    case 'json':
      sendJson(response, 200, behaviour.body);
      return;
    case 'redirect':
      redirect(response, 302, behaviour.location);
      return;
    case 'changed': {
      const changed = Buffer.from(content);
      changed[0] = (changed[0] ?? 0) ^ 1;
      whole(changed);
      return;
    }
    case 'longer':
      whole(Buffer.concat([content, Buffer.from('x')]));
      return;
    case 'shorter':
      whole(content.subarray(1));
      return;
    case 'cut-off':
    case 'hang':
      response.writeHead(200, { 'content-length': content.byteLength });
      response.write(content.subarray(0, behaviour.afterBytes), () => {
        if (behaviour.kind === 'cut-off') response.destroy();
      });
  }
}

function redirect(response: ServerResponse, status: number, location: string): void {
  response.writeHead(status, { location, 'content-length': 0 });
  response.end();
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const content = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': content.byteLength,
  });
  response.end(content);
}
