import { excerpt } from '../core/format.ts';

/** No file of a person's nests deeper. */
const MAX_DEPTH = 50;
const BLANK = /[ \t\n\r]*/y;
const TEXT = /"(?:[ !#-[\]-\uFFFF]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const PLAIN = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const SHOWN_LENGTH = 20;

/**
 * Reads JSON that a person wrote. Stricter than the standard in one thing: a key that is there twice is
 * a fault, since one of the two would count for nothing.
 *
 * @returns The value, or what is wrong with it and where, a sentence.
 */
export function readJson(text: string): { readonly ok: unknown } | { readonly fault: string } {
  const fault = faultIn(text);
  return fault === null ? { ok: JSON.parse(text) } : { fault };
}

function faultIn(text: string): string | null {
  let at = 0;

  const take = (token: RegExp): string | null => {
    token.lastIndex = at;
    const found = token.exec(text)?.[0] ?? null;
    at += found?.length ?? 0;
    return found;
  };
  const takeSign = (sign: string): boolean => {
    take(BLANK);
    if (!text.startsWith(sign, at)) return false;
    at += sign.length;
    return true;
  };
  const here = (what: string): string => {
    const before = text.slice(0, at).split('\n');
    return `Line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${what}.`;
  };
  const missing = (what: string): string => {
    const [next = ''] = text.slice(at).split(/[\s,[\]{}]/u, 1);
    const found = next === '' ? text.slice(at, at + 1) : excerpt(next, SHOWN_LENGTH);
    return here(
      at >= text.length ? `the file ends where ${what}` : `there is ${found} where ${what}`,
    );
  };

  const member = (keys: Set<string>, depth: number): string | null => {
    take(BLANK);
    const startsAt = at;
    const key = take(TEXT);
    if (key === null) return missing('a name in "quotes" has to be');
    if (keys.has(key)) {
      at = startsAt;
      return here(`${excerpt(key, SHOWN_LENGTH)} is there twice`);
    }
    keys.add(key);
    if (!takeSign(':')) return missing('a colon has to be');
    return value(depth);
  };
  /** What stands between two brackets, with commas between. */
  const several = (end: string, one: () => string | null): string | null => {
    if (takeSign(end)) return null;
    do {
      const fault = one();
      if (fault !== null) return fault;
    } while (takeSign(','));
    return takeSign(end) ? null : missing(`a comma or ${end} has to be`);
  };
  const value = (depth: number): string | null => {
    if (depth > MAX_DEPTH) return here('this is nested too deeply');
    if (takeSign('[')) return several(']', () => value(depth + 1));
    if (takeSign('{')) {
      const keys = new Set<string>();
      return several('}', () => member(keys, depth + 1));
    }
    return (take(TEXT) ?? take(PLAIN)) ? null : missing('a value has to be');
  };

  const fault = value(0);
  if (fault !== null) return fault;
  take(BLANK);
  return at === text.length ? null : missing('the file has to end');
}
