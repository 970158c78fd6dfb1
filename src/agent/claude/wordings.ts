import type { AgentFailure } from '../../core/agent.ts';

type UsageLimit = Extract<AgentFailure, { code: 'usage-limit' }>;

/**
 * How Claude Code says that a subscription is used up, over its versions: `Claude AI usage limit
 * reached|1766502000`, `Claude usage limit reached. Your limit will reset at 3pm (America/Bogota).`,
 * `5-hour limit reached ∙ resets 3pm`, `You've hit your session limit · resets 1:30am (Asia/Dhaka)`,
 * `You're out of usage credits`, `Credit balance is too low`.
 *
 * Source: anthropics/claude-code issues 2087, 9236, 11429, 54698; code.claude.com/docs/en/errors.
 */
const USAGE_LIMIT = [
  /^(?:API Error: )?(?:Claude (?:AI )?)?usage limit reached/i,
  /^(?:[\w-]+ ){0,2}limit reached\b/i,
  /^You['’](?:ve|re) (?:hit|reached|out of) (?:your|the|extra|usage)\b.*\b(?:limit|credits?|usage)\b/i,
  /^You have (?:hit|reached) your .*\blimit\b/i,
  /^(?:API Error: .{0,40})?(?:Your )?credit balance (?:is )?too low/i,
];

/** Longer than any of those sentences: what is longer was written by a model. */
const MAX_WORDING_CHARS = 300;

/**
 * Reads the words for a used-up subscription; `null` when they say something else. Models write
 * sentences like these too, so ask only about texts that Claude Code itself has written.
 */
export function readUsageLimit(words: string): UsageLimit | null {
  const text = words.trim();
  if (text.length > MAX_WORDING_CHARS || !USAGE_LIMIT.some((one) => one.test(text))) return null;
  const epochSeconds = /\|(\d{10})\b/.exec(text)?.[1];
  const resets = /\bresets?(?: at)? (.+?)[.\s]*$/im.exec(text.split(' · progress')[0] ?? '')?.[1];
  return {
    code: 'usage-limit',
    resetsAtMs: epochSeconds === undefined ? null : Number(epochSeconds) * 1000,
    resetsAtText: epochSeconds === undefined ? (resets ?? null) : null,
  };
}

/** Words that tell more than a status does, or stand where there is none. The first that fits counts. */
const WORDINGS: readonly { readonly pattern: RegExp; readonly failure: AgentFailure }[] = [
  { pattern: /not logged in|^Authentication required/i, failure: { code: 'not-logged-in' } },
  {
    pattern:
      /invalid api key|invalid auth token|oauth token (?:has )?(?:been )?(?:expired|revoked)|login (?:expired|reached its)|session expired/i,
    failure: { code: 'invalid-credentials' },
  },
  {
    pattern: /prompt is too long|input is too long|request too large|context window/i,
    failure: { code: 'prompt-too-long' },
  },
  {
    pattern:
      /unable to connect|connection (?:error|refused|dropped|timed out|to the api was lost)|request timed out|fetch failed|\b(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE)\b|socket hang up/i,
    failure: { code: 'unreachable' },
  },
];

/** Reads what is known by its words alone; `null` for anything else. */
export function readWording(words: string): AgentFailure | null {
  return WORDINGS.find(({ pattern }) => pattern.test(words))?.failure ?? null;
}

const UNKNOWN_MODEL =
  /issue with the selected model|model identifier is invalid|\bmodel\b.*not.?found|not_found_error.*model/i;

/** Whether the words say that the model does not exist or is not open to this account. */
export function saysUnknownModel(words: string): boolean {
  return UNKNOWN_MODEL.test(words);
}
