import { KEY_KINDS, keyPattern, UNFINISHED_KEY } from './key-kinds.ts';
import { formsOf } from './own-secret.ts';
import { privateKeys } from './private-key.ts';

/** A text that may be seen. */
export interface Masked {
  readonly text: string;
  /** How many secrets were in it. */
  readonly maskedCount: number;
}

/**
 * Puts a mark in the place of each secret in a text: `‹masked: GitHub token›`. A second time it finds
 * nothing more. Takes time in proportion to the length of the text.
 *
 * @param isUnfinished The text is still being written, or was cut off: what may be the beginning of a
 * secret at its end is left out as well.
 */
export type Mask = (text: string, isUnfinished?: boolean) => Masked;

/** A part of a text, in UTF-16 units. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** What stands in the mark of one of our own. */
export const OWN = 'my own secret';
const ESCAPE = String.fromCharCode(0x1b);
/** What Markdown or a terminal takes away, and what nobody sees, may stand in the middle of a secret. */
const UNSEEN = new RegExp(
  `(?:[*\`~\\\\\\p{Cf}\\uFE00-\\uFE0F]|${ESCAPE}\\[[\\d;]{0,12}m)+|&(?:#(\\d{2,3})|#x([\\da-f]{2})|lowbar);`,
  'giu',
);
/** One secret less may bring out another, which stood too near to it. */
const MAX_ROUND_COUNT = 4;
/** How long a beginning of one of our own secrets tells something. */
const TELLING_LENGTH = 6;
const LOOKED_AT_LENGTH = 400;

const PATTERNS = KEY_KINDS.map((kind) => ({ name: kind.name, pattern: keyPattern(kind, 'g') }));
/**
 * Makes a mask.
 *
 * @param own Claudio's own secrets, as they are now: these are found exactly, in whatever form they stand;
 * keys of others, by their form.
 */
export function createMask(own: () => readonly string[]): Mask {
  let known = '';
  let forms: readonly string[] = [];
  const ownForms = (): readonly string[] => {
    const secrets = own();
    const now = secrets.join('\n');
    if (now !== known) {
      forms = formsOf(secrets);
      known = now;
    }
    return forms;
  };

  return (given, isUnfinished = false) => {
    const secrets = ownForms();
    let text = given;
    let maskedCount = 0;
    for (let round = 0; round < MAX_ROUND_COUNT; round += 1) {
      const spans = merged([...found(text, secrets), ...foundUnseen(text, secrets)]);
      if (spans.length === 0) break;
      maskedCount += spans.length;
      text = replaced(text, spans);
    }
    return { text: isUnfinished ? withoutBeginning(text, secrets) : text, maskedCount };
  };
}

/** Knows no secrets but by their form. */
export const maskKeys: Mask = createMask(() => []);

/** What is told of it. */
export function maskNote(maskedCount: number): string {
  return maskedCount === 0
    ? ''
    : `🔒 I masked ${maskedCount === 1 ? 'something that looks like a key' : `${maskedCount} things that look like keys`}.`;
}

function found(text: string, secrets: readonly string[]): Span[] {
  const spans: Span[] = [];
  for (const secret of secrets) {
    for (let start = text.indexOf(secret); start >= 0;) {
      const end = start + secret.length;
      spans.push({ start, end, name: OWN });
      start = text.indexOf(secret, end);
    }
  }
  for (const { name, pattern } of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const secret = match[1] ?? match[0];
      if (isMadeUp(secret, name)) continue;
      const end = match.index + match[0].length;
      spans.push({ start: end - secret.length, end, name });
    }
  }
  for (const span of privateKeys(text)) spans.push({ ...span, name: 'private key' });
  return spans;
}

/** Looks at a text without what nobody sees of it. */
function foundUnseen(text: string, secrets: readonly string[]): readonly Span[] {
  const cuts: { readonly at: number; readonly shift: number }[] = [];
  let removedCount = 0;
  const seen = text.replaceAll(UNSEEN, (...[run, decimal, hexadecimal, at]: UnseenMatch) => {
    const character = characterOf(run, decimal, hexadecimal);
    const before = at - removedCount;
    removedCount += run.length - character.length;
    cuts.push({ at: before + character.length, shift: removedCount });
    return character;
  });
  if (cuts.length === 0) return [];
  const shiftAt = (position: number): number =>
    cuts[lastIndexWhere(cuts, ({ at }) => at <= position)]?.shift ?? 0;
  return found(seen, secrets).map(({ start, end, name }) => ({
    start: start + shiftAt(start),
    end: end - 1 + shiftAt(end - 1) + 1,
    name,
  }));
}

type UnseenMatch = readonly [
  run: string,
  decimal: string | undefined,
  hexadecimal: string | undefined,
  at: number,
  ...unknown[],
];

/** What an entity of HTML stands for, which Markdown knows as well; empty: it was none. */
function characterOf(run: string, decimal?: string, hexadecimal?: string): string {
  if (!run.startsWith('&')) return '';
  if (decimal !== undefined) return String.fromCharCode(Number(decimal));
  return hexadecimal === undefined ? '_' : String.fromCharCode(Number.parseInt(hexadecimal, 16));
}

/** The last of those, at the beginning of a list, that fit; -1 where none does. */
function lastIndexWhere<T>(list: readonly T[], fits: (one: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = list[middle];
    if (one !== undefined && fits(one)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function merged(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted(
    (one, other) => one.start - other.start || other.end - one.end,
  )) {
    const last = result.at(-1);
    if (last === undefined || span.start >= last.end) result.push(span);
    else {
      const name = span.name === OWN ? OWN : last.name;
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, span.end), name };
    }
  }
  return result;
}

/** The Markdown in the middle of a secret stays, so that what it surrounds does not fall apart. */
function replaced(text: string, spans: readonly Span[]): string {
  let result = '';
  let from = 0;
  for (const { start, end, name } of spans) {
    const markup =
      text
        .slice(start, end)
        .match(/[*`~]+/gu)
        ?.join('') ?? '';
    result += `${text.slice(from, start)}‹masked: ${name}›${name === 'private key' ? '' : markup}`;
    from = end;
  }
  return result + text.slice(from);
}

/** An example, or a place to put one's own into. */
function isMadeUp(secret: string, name: string): boolean {
  if (name === 'password') {
    return /^(?:[$%{<[*.…x]|(?:your[\w-]*|pass|passwd|password|passwort|pw|pwd|secret|token|key)$)/iu.test(
      secret,
    );
  }
  return (
    /(.)\1{5}|your[_-]|[_-]here|example|placeholder/iu.test(secret) ||
    !(/\d/u.test(secret) || (/[a-z]/u.test(secret) && /[A-Z]/u.test(secret)))
  );
}

function withoutBeginning(text: string, secrets: readonly string[]): string {
  const end = text.endsWith('…') ? text.slice(0, -1) : text;
  const own = secrets.find((secret) => beginningLength(end, secret) > 0);
  const ownStart = own === undefined ? end.length : end.length - beginningLength(end, own);
  const offset = Math.max(0, end.length - LOOKED_AT_LENGTH);
  const begun = UNFINISHED_KEY.exec(end.slice(offset));
  const start = Math.min(ownStart, begun === null ? end.length : offset + begun.index);
  return start === end.length ? text : `${text.slice(0, start)}…`;
}

/** How much of a secret's beginning stands at the end of a text. */
function beginningLength(text: string, secret: string): number {
  for (let length = secret.length - 1; length >= TELLING_LENGTH; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}
