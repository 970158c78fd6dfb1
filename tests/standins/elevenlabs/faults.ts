import type { Answer } from './answer.ts';

/** What goes wrong with a request. */
export type Behaviour =
  /** What the account has bought is used up: a 401 as it used to be, or a 402 as it is now. */
  | { readonly kind: 'quota-exceeded'; readonly status?: 401 | 402 }
  /** 429; `null` leaves out how long to wait. */
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number | null }
  /** An error of the API. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  /** Whatever JSON there is to be in the body. */
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  /** A gateway's page instead of an answer. */
  | { readonly kind: 'html'; readonly status: number }
  /** An answer with a body of so many bytes. */
  | { readonly kind: 'huge'; readonly bodyBytes: number }
  /** No answer ever. */
  | { readonly kind: 'hang' }
  /** The connection breaks: at once, or in the middle of the answer. */
  | { readonly kind: 'drop'; readonly moment: 'before' | 'within' };

/** An error as it is documented now, with the older name in `status`. */
export function errorAnswer(status: number, code: string, message: string): Answer {
  const type = TYPES[status] ?? 'internal_error';
  const detail = { type, code, message, status: code, request_id: 'req_1', param: null };
  return jsonAnswer(status, { detail });
}

/** An error as it was before, and often still is. */
export function olderErrorAnswer(status: number, code: string, message: string): Answer {
  return jsonAnswer(status, { detail: { status: code, message } });
}

export function jsonAnswer(status: number, body: unknown): Answer {
  return {
    status,
    contentType: 'application/json',
    headers: {},
    content: Buffer.from(JSON.stringify(body)),
  };
}

/** https://elevenlabs.io/docs/eleven-api/resources/errors */
const TYPES: Readonly<Record<number, string>> = {
  400: 'validation_error',
  401: 'authentication_error',
  402: 'payment_required',
  403: 'authorization_error',
  404: 'not_found',
  429: 'rate_limit_error',
  503: 'service_unavailable',
};

/** What is answered in place of the real thing; null where there is no answer. */
export function answerOf(behaviour: Behaviour): Answer | null {
  switch (behaviour.kind) {
    case 'quota-exceeded':
      return behaviour.status === 402
        ? errorAnswer(402, 'insufficient_credits', 'There are not enough credits left.')
        : olderErrorAnswer(401, 'quota_exceeded', 'This exceeds the quota; 0 credits are left.');
    case 'rate-limited': {
      const answer = olderErrorAnswer(429, 'too_many_concurrent_requests', 'Too many at once.');
      const seconds = behaviour.retryAfterSeconds;
      return seconds === null ? answer : { ...answer, headers: { 'retry-after': String(seconds) } };
    }
    case 'error':
      return errorAnswer(behaviour.status, behaviour.code, 'A made-up error.');
    case 'json':
      return jsonAnswer(behaviour.status, behaviour.body);
    case 'html':
      return {
        status: behaviour.status,
        contentType: 'text/html',
        headers: {},
        content: Buffer.from('<html><head><title>Bad Gateway</title></head><body></body></html>'),
      };
    case 'huge':
      return jsonAnswer(200, { text: 'x'.repeat(behaviour.bodyBytes) });
    case 'hang':
    case 'drop':
      return null;
  }
}
