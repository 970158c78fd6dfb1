import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import { ClaudioError } from '../../core/error.ts';
import { parseJson } from '../../core/json.ts';
import type { HttpClient } from '../../platform/http-client.ts';

const STALL_MS = 60_000;
const MAX_HOPS = 5;
const MAX_JSON_BYTES = 8 * 1024 * 1024;
const TRY_AGAIN =
  'See that this machine has a connection and what MEMORY_MODEL_ROOT says, and run `claudio memory setup` again; it goes on where it stopped.';

const revisionSchema = z.object({ sha: z.string().regex(/^[\da-f]{40}$/u) });
const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.int().nonnegative(),
    oid: z.string(),
    lfs: z.object({ oid: z.string().regex(/^[\da-f]{64}$/u), size: z.int() }).optional(),
  }),
);

/** A file of a model, as the hub lists it. */
export interface HubFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Its hash, as the hub knows it: of a small file that of git's object, of a large one the SHA-256. */
  readonly hash: string;
  /** A new computation of that hash, over the content that follows. */
  startHash(): Hash;
}

/** A hub of models with the interface of Hugging Face: https://huggingface.co/docs/hub/api */
export interface Hub {
  /** The commit that `main` is at. @throws ClaudioError as {@link Hub.receive} does. */
  revision(): Promise<string>;
  /** The first thousand files of a commit. @throws ClaudioError as {@link Hub.receive} does. */
  files(revision: string): Promise<readonly HubFile[]>;
  /**
   * Hands the content of a file on.
   *
   * @throws ClaudioError `model.unreachable`, `model.not-found`, `model.stopped`; and what `take` throws.
   */
  receive(
    revision: string,
    path: string,
    take: (chunk: Uint8Array) => Promise<void>,
  ): Promise<void>;
}

/** @param root Such as `https://huggingface.co`. Nobody has to be known there. */
export function openHub(http: HttpClient, root: string, model: string, signal?: AbortSignal): Hub {
  const base = root.replace(/\/+$/u, '');

  async function get(from: string, take: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    let url = from;
    for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
      if (!isSafe(url)) throw unreachable(url, 'it is not to be reached by https');
      const answer = await http.receive(
        { url, stallMs: STALL_MS, ...(signal === undefined ? {} : { signal }) },
        take,
      );
      if (signal?.aborted === true) throw stopped(model);
      if (answer.kind === 'failed') throw unreachable(url, answer.reason);
      if (answer.status === 200) return;
      // To who is not known, what is not there and what is not to be seen are answered alike.
      if ([401, 403, 404].includes(answer.status)) throw notFound(model, url);
      if (answer.status < 300 || answer.status > 399 || answer.location === null) {
        throw unreachable(url, `it answered ${answer.status}`);
      }
      if (!URL.canParse(answer.location, url)) throw unreachable(url, 'it leads nowhere');
      url = new URL(answer.location, url).href;
    }
    throw unreachable(url, 'it leads from one address to the next');
  }

  async function getJson<Schema extends z.ZodType>(
    url: string,
    schema: Schema,
  ): Promise<z.infer<Schema>> {
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    await get(url, async (chunk) => {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > MAX_JSON_BYTES) throw unreachable(url, 'its answer is too large');
      chunks.push(chunk);
    });
    const parsed = schema.safeParse(parseJson(Buffer.concat(chunks)));
    if (parsed.success) return parsed.data;
    throw unreachable(url, 'its answer makes no sense');
  }

  return {
    revision: async () =>
      (await getJson(`${base}/api/models/${model}/revision/main`, revisionSchema)).sha,
    files: async (revision) => {
      const url = `${base}/api/models/${model}/tree/${revision}?recursive=true`;
      const entries = await getJson(url, treeSchema);
      return entries
        .filter(({ type }) => type === 'file')
        .map(({ path, size, oid, lfs }) => ({
          path,
          sizeBytes: lfs?.size ?? size,
          hash: lfs?.oid ?? oid,
          startHash: () =>
            lfs === undefined ? createHash('sha1').update(`blob ${size}\0`) : createHash('sha256'),
        }));
    },
    receive: (revision, path, take) => get(`${base}/${model}/resolve/${revision}/${path}`, take),
  };
}

/** What is checked by hashes from the same place may come over an open line only from this machine. */
function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname))
  );
}

function unreachable(url: string, reason: string): ClaudioError {
  return new ClaudioError({
    code: 'model.unreachable',
    message: `The model cannot be fetched from ${new URL(url).host}: ${reason}.`,
    hint: TRY_AGAIN,
  });
}

function notFound(model: string, url: string): ClaudioError {
  return new ClaudioError({
    code: 'model.not-found',
    message: `${new URL(url).host} has no model ${model} that anybody may have.`,
    hint: 'Look whether MEMORY_EMBEDDING_MODEL is spelt as it is there.',
  });
}

function stopped(model: string): ClaudioError {
  return new ClaudioError({
    code: 'model.stopped',
    message: `Fetching ${model} was stopped.`,
    hint: 'Run `claudio memory setup` again; it goes on where it stopped.',
  });
}
