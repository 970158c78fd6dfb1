import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Channel, FetchOutcome } from '../../core/channel.ts';
import type { BotApi, CallFailure } from './client.ts';
import { fileSchema } from './schema.ts';

/** What getFile gives at most: https://core.telegram.org/bots/api#getfile */
const MAX_BYTES = 20 * 1_024 * 1_024;
const DEFAULT_TIMEOUT_MS = 60_000;

const TOO_LARGE: FetchOutcome = { kind: 'too-large', maxBytes: MAX_BYTES };

function failure(call: CallFailure): FetchOutcome {
  switch (call.kind) {
    case 'rate-limited':
      return { kind: 'unreachable', reason: 'too many requests' };
    case 'unreachable':
      return { kind: 'unreachable', reason: call.reason };
    case 'rejected':
      // Only its words tell this from an id that is wrong or a file that is away.
      return /\bfile is too big\b/i.test(call.reason)
        ? TOO_LARGE
        : { kind: 'gone', reason: call.reason };
  }
  return call satisfies never;
}

/** Reads a file that a Bot API server on this machine keeps. Its path holds the token: never say it. */
async function readKept(path: string): Promise<FetchOutcome> {
  try {
    // Without waiting: what is no file, such as a pipe, must not hold up a turn.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return { kind: 'gone', reason: 'the path does not lead to a file' };
      if (stats.size > MAX_BYTES) return TOO_LARGE;
      const content = Buffer.alloc(stats.size);
      const { bytesRead } = await file.read(content, 0, stats.size, 0);
      return { kind: 'fetched', content: content.subarray(0, bytesRead) };
    } finally {
      await file.close();
    }
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    return { kind: 'gone', reason: `the file of the Bot API server cannot be read (${code})` };
  }
}

/**
 * Gets what people send: getFile, and then the file behind the link that it gives for an hour. A server
 * of one's own may keep files on this machine and give their absolute paths instead.
 *
 * @param options `timeoutMs` is for all of it; a minute unless given.
 */
export function createMedia(options: { api: BotApi; timeoutMs?: number }): Channel['fetch'] {
  const { api, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  return async (fileId, stopped) => {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(timeoutMs)]);
    const found = await api.call('getFile', { file_id: fileId }, fileSchema, { signal });
    if (found.kind !== 'ok') return failure(found);
    const { path, sizeBytes } = found.result;
    if (sizeBytes !== null && sizeBytes > MAX_BYTES) return TOO_LARGE;
    if (path === null) return { kind: 'gone', reason: 'there is no link to the file' };
    if (isAbsolute(path)) {
      return api.isOwnServer
        ? await readKept(path)
        : { kind: 'gone', reason: 'the link to the file is no link' };
    }
    const got = await api.download(path, { signal, timeoutMs, maxBytes: MAX_BYTES });
    switch (got.kind) {
      case 'ok':
        return { kind: 'fetched', content: got.content };
      case 'rejected':
        return { kind: 'gone', reason: got.reason };
      case 'unreachable':
        return got;
    }
    return got satisfies never;
  };
}
