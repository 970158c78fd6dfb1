import { Refusal } from './place.ts';

/** A unit file: its settings by section, in order. */
export type UnitFile = ReadonlyMap<string, readonly (readonly [key: string, value: string])[]>;

const SPECIFIERS: Readonly<Record<string, (user: UnitUser) => string>> = {
  '%': () => '%',
  h: ({ home }) => home,
  u: ({ name }) => name,
  U: ({ id }) => String(id),
  t: ({ id }) => `/run/user/${id}`,
};
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** What specifiers stand for. */
export interface UnitUser {
  readonly name: string;
  readonly id: number;
  readonly home: string;
}

/** Reads a unit file: https://www.freedesktop.org/software/systemd/man/systemd.syntax.html */
export function parseUnitFile(text: string): UnitFile {
  const sections = new Map<string, (readonly [string, string])[]>();
  let entries: (readonly [string, string])[] | undefined;
  const joined = text.replaceAll(/\\\n(?:[#;][^\n]*\n)*/gu, ' ');
  for (const [index, line] of joined.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue;
    const section = /^\[([^\]]+)\]$/u.exec(trimmed)?.[1];
    if (section !== undefined) {
      entries = sections.get(section) ?? [];
      sections.set(section, entries);
      continue;
    }
    const at = trimmed.indexOf('=');
    if (at < 1 || entries === undefined) throw new Refusal(1, `line ${index + 1} is no setting`);
    entries.push([trimmed.slice(0, at).trim(), trimmed.slice(at + 1).trim()]);
  }
  return sections;
}

/** The values of a setting, in order. */
export function valuesOf(unit: UnitFile, section: string, key: string): readonly string[] {
  return (unit.get(section) ?? []).filter(([name]) => name === key).map(([, value]) => value);
}

/** The last value of a setting. */
export function valueOf(unit: UnitFile, section: string, key: string): string | undefined {
  return valuesOf(unit, section, key).at(-1);
}

/** Fills specifiers in; one that is not known is refused. */
export function fillIn(value: string, user: UnitUser): string {
  return value.replaceAll(/%(.?)/gsu, (_, letter: string) => {
    const specifier = SPECIFIERS[letter];
    if (specifier === undefined)
      throw new Refusal(1, `Failed to resolve unit specifiers: ${value}`);
    return specifier(user);
  });
}

/** Splits a value into words, with quotes and C escapes. */
export function splitWords(value: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < value.length; at += 1) {
    const letter = value[at] ?? '';
    if (letter === '\\') {
      const [text, length] = unescaped(value.slice(at + 1));
      word = (word ?? '') + text;
      at += length;
    } else if (quote !== '') {
      if (letter === quote) quote = '';
      else word = (word ?? '') + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/u.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + letter;
    }
  }
  if (quote !== '') throw new Refusal(1, `Unbalanced quoting, ignoring: ${value}`);
  if (word !== null) words.push(word);
  return words;
}

function unescaped(rest: string): readonly [text: string, length: number] {
  const hex = /^x([\da-f]{2})/iu.exec(rest)?.[1] ?? /^u([\da-f]{4})/iu.exec(rest)?.[1];
  if (hex !== undefined) return [String.fromCodePoint(Number.parseInt(hex, 16)), hex.length + 1];
  const text = ESCAPES[rest[0] ?? ''];
  if (text === undefined) throw new Refusal(1, `Ignoring unknown escape sequences: "\\${rest}"`);
  return [text, 1];
}

/** The program and its arguments as `execve` would get them. */
export function commandOf(
  value: string,
  user: UnitUser,
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  const [program = '', ...args] = splitWords(value).map((word) => fillIn(word, user));
  const filled = args.flatMap((arg) => {
    const whole = /^\$(\w+)$/u.exec(arg)?.[1];
    if (whole !== undefined) return (environment[whole] ?? '').split(/\s+/u).filter(Boolean);
    return arg.replaceAll(/\$\$|\$\{(\w+)\}/gu, (found, name?: string) =>
      name === undefined ? '$' : (environment[name] ?? found.slice(0, 0)),
    );
  });
  return [program, ...filled];
}

/** `Environment=` lines as variables. */
export function environmentOf(unit: UnitFile, user: UnitUser): Readonly<Record<string, string>> {
  const words = valuesOf(unit, 'Service', 'Environment').flatMap((value) => splitWords(value));
  return Object.fromEntries(
    words.map((word) => {
      const filled = fillIn(word, user);
      const at = filled.indexOf('=');
      if (at < 1) throw new Refusal(1, `Invalid environment assignment, ignoring: ${filled}`);
      return [filled.slice(0, at), filled.slice(at + 1)];
    }),
  );
}

/** A time span as systemd writes it; a bare number is seconds. */
export function spanMs(text: string): number {
  if (/^\d+$/u.test(text)) return Number(text) * 1000;
  const units: Readonly<Record<string, number>> = {
    ms: 1,
    s: 1000,
    sec: 1000,
    min: 60_000,
    m: 60_000,
    h: 3_600_000,
  };
  const parts = [...text.matchAll(/(\d+)\s*([a-z]+)/gu)];
  if (parts.length === 0) throw new Refusal(1, `Failed to parse time span: ${text}`);
  return parts.reduce((sum, [, count, unit]) => {
    const factor = units[unit ?? ''];
    if (factor === undefined) throw new Refusal(1, `Failed to parse time span: ${text}`);
    return sum + Number(count) * factor;
  }, 0);
}
