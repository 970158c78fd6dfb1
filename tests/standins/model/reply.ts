/** What the model stand-in does with one request. */
export type ModelReply =
  | {
      readonly kind: 'message';
      /** Left out of the message when empty. */
      readonly text: string;
      readonly toolUses: readonly { readonly name: string; readonly input: unknown }[];
      readonly usage: {
        readonly inputTokenCount: number;
        readonly outputTokenCount: number;
        readonly cacheReadTokenCount: number;
        readonly cacheWriteTokenCount: number;
      };
      /** Awaited before each event, for an answer that takes its time. */
      readonly beforeEvent?: () => Promise<unknown>;
    }
  /** An error of the API, in its own JSON form. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly type: string;
      readonly message: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  /** Takes the request and never says a word. */
  | { readonly kind: 'hang' }
  /** Closes the connection: at once, or in the middle of the events of an answer. */
  | { readonly kind: 'drop'; readonly afterText: string | null };

export type MessageReply = Extract<ModelReply, { kind: 'message' }>;

const USAGE = {
  inputTokenCount: 10,
  outputTokenCount: 5,
  cacheReadTokenCount: 0,
  cacheWriteTokenCount: 0,
};

export function textReply(text: string, usage: Partial<typeof USAGE> = {}): MessageReply {
  return { kind: 'message', text, toolUses: [], usage: { ...USAGE, ...usage } };
}

/** @param text What the model says before it uses the tool. */
export function toolReply(name: string, input: unknown, text = ''): MessageReply {
  return { kind: 'message', text, toolUses: [{ name, input }], usage: USAGE };
}

/** The API's own `error.type` for each status: https://docs.claude.com/en/api/errors */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

export function errorReply(
  status: number,
  message = `made-up error ${status}`,
  headers: Readonly<Record<string, string>> = {},
): ModelReply {
  return { kind: 'error', status, type: ERROR_TYPES[status] ?? 'api_error', message, headers };
}
