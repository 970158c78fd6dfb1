import type { ApiMethods } from '@grammyjs/types';
import type { z } from 'zod';
import { parseJson } from '../../core/json.ts';
import { FormData, type HttpClient } from '../../platform/http-client.ts';
import { answerSchema } from './schema.ts';

const TELEGRAM_HOST = 'api.telegram.org';
const DEFAULT_TIMEOUT_MS = 25_000;
/** A message with its text comes to some 50 kB; nothing that is asked for comes near this. */
const MAX_ANSWER_BYTES = 1_048_576;
/** For a 429 that does not say how long to wait. */
const DEFAULT_RETRY_AFTER_MS = 5_000;

/** How a call that did not work ended. */
export type CallFailure =
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number }
  /** The Bot API understood the call and refuses it: 400, 401, 403, 404, 413. */
  | {
      readonly kind: 'rejected';
      readonly status: number;
      readonly reason: string;
      /** The id that the chat has now, where it became a supergroup. */
      readonly movedTo: string | null;
    }
  /** It may have taken effect or not: no answer, one that is not the Bot API's, a 5xx, or a 409. */
  | {
      readonly kind: 'unreachable';
      readonly reason: string;
      /** Set where something answered: the way there is open, and what is behind it is not well. */
      readonly wasAnswered?: true;
    };

/** What came of a call. `description` is what a few methods say beside their result. */
export type CallOutcome<T> =
  { readonly kind: 'ok'; readonly result: T; readonly description: string | null } | CallFailure;

/** What came of a download. */
export type DownloadOutcome =
  | { readonly kind: 'ok'; readonly content: Uint8Array }
  /** There is nothing at that path, or not any more. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** No answer, too long a one, a 429 or a 5xx. */
  | { readonly kind: 'unreachable'; readonly reason: string };

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** For the whole call; 25 seconds unless given. */
  readonly timeoutMs?: number;
  /** A megabyte unless given. */
  readonly maxAnswerBytes?: number;
}

type Methods = ApiMethods<File>;
type ParamsOf<M extends keyof Methods> =
  Parameters<Methods[M]> extends []
    ? Record<string, never>
    : NonNullable<Parameters<Methods[M]>[0]>;

/** Calls the Bot API: https://core.telegram.org/bots/api#making-requests */
export interface BotApi {
  /** A token begins with the id of its bot. */
  readonly botId: string;
  /** Whether it is not Telegram's own server: one on this machine gives files as absolute paths. */
  readonly isOwnServer: boolean;
  /**
   * Makes one attempt at a call; never throws for what a network or Telegram does.
   *
   * @param params A `File` among them makes the call a multipart upload.
   * @param result An answer that does not fit it is `unreachable`.
   */
  call<M extends keyof Methods, T>(
    method: M,
    params: ParamsOf<M>,
    result: z.ZodType<T>,
    options?: CallOptions,
  ): Promise<CallOutcome<T>>;
  /**
   * Makes one attempt at getting a file, all of it in memory; never throws for what a network or
   * Telegram does: https://core.telegram.org/bots/api#file
   *
   * @param path As getFile tells it.
   */
  download(
    path: string,
    options: { signal: AbortSignal; timeoutMs: number; maxBytes: number },
  ): Promise<DownloadOutcome>;
}

function bodyOf(params: object): { body: string | FormData; headers: Record<string, string> } {
  const entries = Object.entries(params);
  if (!entries.some(([, value]) => value instanceof File)) {
    return { body: JSON.stringify(params), headers: { 'content-type': 'application/json' } };
  }
  const form = new FormData();
  for (const [name, value] of entries) {
    if (value instanceof File) form.append(name, value, value.name);
    else form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return { body: form, headers: {} };
}

function outcomeOf<T>(status: number, body: Uint8Array, result: z.ZodType<T>): CallOutcome<T> {
  const parsed = answerSchema.safeParse(parseJson(body));
  if (!parsed.success) {
    // A gateway on the way says it in its own words.
    if (status === 413) {
      return { kind: 'rejected', status, reason: 'Request Entity Too Large', movedTo: null };
    }
    return status === 429
      ? { kind: 'rate-limited', retryAfterMs: DEFAULT_RETRY_AFTER_MS }
      : {
          kind: 'unreachable',
          reason: `an answer that is not the Bot API's (HTTP ${status})`,
          wasAnswered: true,
        };
  }
  const answer = parsed.data;
  if (answer.ok) {
    const fit = result.safeParse(answer.result);
    if (!fit.success) {
      return { kind: 'unreachable', reason: 'a result of an unknown shape', wasAnswered: true };
    }
    return { kind: 'ok', result: fit.data, description: answer.description ?? null };
  }
  const code = answer.error_code ?? status;
  const reason = answer.description ?? `error ${code}`;
  if (code === 429) {
    return {
      kind: 'rate-limited',
      retryAfterMs: answer.parameters?.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS,
    };
  }
  // A 409 is another process at the same webhook: what it collided with passes.
  if (code >= 500 || code === 409) return { kind: 'unreachable', reason, wasAnswered: true };
  const movedTo = answer.parameters?.movedTo ?? null;
  return { kind: 'rejected', status: code, reason, movedTo };
}

/**
 * Makes a client of the Bot API.
 *
 * @param options `root` is `https://api.telegram.org` or a local Bot API server. The token goes into
 * the URL of each call and nowhere else: it is taken out of every reason.
 */
export function createBotApi(options: { http: HttpClient; root: string; token: string }): BotApi {
  const { http, token } = options;
  const root = options.root.replace(/\/+$/, '');
  const base = `${root}/bot${token}/`;
  const clean = (reason: string): string => reason.replaceAll(token, '<token>');

  const call: BotApi['call'] = async (method, params, result, how = {}) => {
    const { signal, timeoutMs, maxAnswerBytes } = how;
    const answer = await http.request({
      method: 'POST',
      url: base + method,
      ...bodyOf(params),
      timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS,
      maxResponseBytes: maxAnswerBytes ?? MAX_ANSWER_BYTES,
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.kind === 'failed') return { kind: 'unreachable', reason: clean(answer.reason) };
    const outcome = outcomeOf(answer.status, answer.body, result);
    return 'reason' in outcome ? { ...outcome, reason: clean(outcome.reason) } : outcome;
  };

  const download: BotApi['download'] = async (path, { signal, timeoutMs, maxBytes }) => {
    const steps = path.toWellFormed().split('/').map(encodeURIComponent);
    const answer = await http.request({
      method: 'GET',
      url: `${root}/file/bot${token}/${steps.join('/')}`,
      timeoutMs,
      maxResponseBytes: maxBytes,
      signal,
    });
    if (answer.kind === 'failed') return { kind: 'unreachable', reason: clean(answer.reason) };
    const { status, body } = answer;
    if (status === 200) return { kind: 'ok', content: body };
    const isRefused = status >= 400 && status < 500 && status !== 429;
    return { kind: isRefused ? 'rejected' : 'unreachable', reason: `HTTP ${status}` };
  };

  return {
    botId: token.split(':')[0] ?? '',
    isOwnServer: URL.parse(root)?.hostname !== TELEGRAM_HOST,
    call,
    download,
  };
}
