import {
  MEMORY_DETAIL_LENGTH,
  MEMORY_TEXT_LENGTH,
  type Memory,
  type NewMemory,
} from '../core/memory.ts';
import { isSecretLike } from '../core/secret-like.ts';

const USUAL_IMPORTANCE = 0.5;
const USUAL_CONFIDENCE = 0.8;
const DETAILS = ['context', 'outcome', 'trigger'] as const;
const SHARES = ['importance', 'confidence'] as const;

/** What is kept of something to remember, as it is kept. */
type KeptMemory = Pick<
  Memory,
  'kind' | 'source' | 'text' | (typeof DETAILS)[number] | (typeof SHARES)[number]
>;

/**
 * Looks at what is to be remembered: its words on one line each, without what cannot be seen, and its
 * numbers where they belong, importance with an episode and confidence with a fact.
 */
export function checkMemory(
  memory: NewMemory,
):
  | { readonly kind: 'fit'; readonly memory: KeptMemory }
  | { readonly kind: 'refused'; readonly reason: string } {
  const text = onOneLine(memory.text);
  const [context = null, outcome = null, trigger = null] = DETAILS.map(
    (name) => onOneLine(memory[name] ?? '') || null,
  );
  const kept = { kind: memory.kind, source: memory.source, text, context, outcome, trigger };
  const reason = faultOf(memory, kept);
  if (reason !== null) return { kind: 'refused', reason };
  return {
    kind: 'fit',
    memory: {
      ...kept,
      importance: memory.kind === 'episodic' ? (memory.importance ?? USUAL_IMPORTANCE) : null,
      confidence: memory.kind === 'semantic' ? (memory.confidence ?? USUAL_CONFIDENCE) : null,
    },
  };
}

/** What speaks against a memory, as a sentence; `null`: nothing. */
function faultOf(
  memory: NewMemory,
  kept: Pick<KeptMemory, 'text' | (typeof DETAILS)[number]>,
): string | null {
  if (!/[\p{L}\p{N}]/u.test(kept.text)) return 'There are no words in it to remember.';
  if (kept.text.length > MEMORY_TEXT_LENGTH) {
    return `It is too long to remember: it has ${kept.text.length} characters, and ${MEMORY_TEXT_LENGTH} are the most. Say it shorter, or in several parts.`;
  }
  const long = DETAILS.find((name) => (kept[name]?.length ?? 0) > MEMORY_DETAIL_LENGTH);
  if (long !== undefined) {
    return `Its ${long} is too long to remember: ${MEMORY_DETAIL_LENGTH} characters are the most.`;
  }
  const wrong = SHARES.find((name) => !isShare(memory[name] ?? 0));
  if (wrong !== undefined) return `Its ${wrong} is not a number from 0 to 1.`;
  if (memory.createdAtMs !== undefined && !isDate(memory.createdAtMs)) {
    return 'Its date cannot be right.';
  }
  const parts = [kept.text, ...DETAILS.map((name) => kept[name] ?? '')];
  // Together too: what a value is called may stand in another part than the value.
  if ([...parts, parts.join('\n')].some(isSecretLike)) {
    return 'It looks as if it holds a secret, such as a password, a token or a key. Secrets are never remembered.';
  }
  return null;
}

function onOneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

function isShare(number: number): boolean {
  return number >= 0 && number <= 1;
}

function isDate(ms: number): boolean {
  return Number.isInteger(ms) && !Number.isNaN(new Date(ms).getTime());
}
