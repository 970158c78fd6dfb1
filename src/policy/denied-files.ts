import { isAbsolute, join } from 'node:path';
import { isWithin, realPath } from './folders.ts';

/** Below the person's home folder: keys, and what else opens something. A folder means all in it. */
export const SECRETS_AT_HOME: readonly string[] = [
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.config/gcloud',
  '.config/gh',
  '.config/op',
  '.docker/config.json',
  '.kube',
  '.netrc',
  '.git-credentials',
  '.npmrc',
  '.pypirc',
  '.pgpass',
  '.password-store',
  '.claude/.credentials.json',
];

/** Wherever they lie. */
const SECRET_NAMES: readonly string[] = [
  '.env',
  '.env.*',
  'id_rsa',
  'id_dsa',
  'id_ecdsa',
  'id_ed25519',
  '*.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  '*.jks',
  '*.keystore',
];

/**
 * What Claude's file tools may not touch, as patterns in the form of gitignore whose absolute ones begin
 * with `//`: Claudio's own files, the usual secrets, and what the person added. Files that come to be
 * later count too.
 *
 * @param parts.home `$CLAUDIO_HOME`
 * @param parts.open What in it is open to the turn all the same: its own folder. Absolute.
 * @param parts.added As in `policy.json`: `/a/path`, `~/a/path`, or a name such as `*.kdbx` anywhere.
 */
export function deniedFiles(parts: {
  readonly home: string;
  readonly userHome: string;
  readonly open: readonly string[];
  readonly added: readonly string[];
}): readonly string[] {
  const home = realPath(parts.home);
  const ways = parts.open.filter((path) => isWithin(path, home)).map((path) => wayTo(path, home));
  return [
    ...allBut(
      home,
      ways.filter((way) => way.length > 0),
    ),
    ...SECRETS_AT_HOME.map((name) => `/${literally(join(parts.userHome, name))}`),
    ...SECRET_NAMES.map(anywhere),
    ...parts.added.map((pattern) => patternOf(pattern, parts.userHome)),
  ];
}

/** As a person writes it, which is relative to nothing: not even a `/` at its beginning is, for Claude Code. */
function patternOf(pattern: string, userHome: string): string {
  if (pattern.startsWith('~/')) return `/${literally(userHome)}/${pattern.slice(2)}`;
  return isAbsolute(pattern) ? `/${pattern.replace(/^\/+/u, '/')}` : anywhere(pattern);
}

function anywhere(pattern: string): string {
  return `//**/${pattern.replace(/^(?:\*\*\/|\.\/)+/u, '')}`;
}

function wayTo(path: string, folder: string): readonly string[] {
  return path
    .slice(folder.length)
    .split('/')
    .filter((name) => name !== '');
}

/** Everything in a folder but what is at the ends of some ways down: a rule that denies has no exceptions. */
function allBut(folder: string, ways: readonly (readonly string[])[]): readonly string[] {
  if (ways.some((way) => way.length === 0)) return [];
  const names = new Set(ways.flatMap(([name]) => name ?? []));
  return [
    ...otherNames([...names]).map((other) => `/${literally(folder)}/${other}`),
    ...[...names].flatMap((name) =>
      allBut(
        join(folder, name),
        ways.filter(([first]) => first === name).map(([, ...rest]) => rest),
      ),
    ),
  ];
}

/** What is the same as a letter, where case does not matter, and not by its case. */
const FOLDED: Readonly<Record<string, readonly string[]>> = {
  k: ['\u212a'],
  s: ['\u017f'],
};

/**
 * The set of all characters but these, and `/`. Claude Code knows no sets of "all but", so it is one of
 * ranges; what means something in a set stands at no end of one. Beyond U+FFFF nothing can be said.
 */
function allCharactersBut(characters: readonly string[]): string {
  const both = characters.flatMap((one) => [
    one.toLowerCase(),
    one.toUpperCase(),
    ...(FOLDED[one.toLowerCase()] ?? []),
  ]);
  const codes = [...new Set(['/', ...both])].map((one) => one.charCodeAt(0));
  let from = 1;
  let ranges = '';
  for (const code of [...codes.toSorted((one, other) => one - other), 0x1_00_00]) {
    if (from < code) ranges += rangeOf(from, code - 1);
    from = code + 1;
  }
  return `[${ranges}]`;
}

function rangeOf(from: number, to: number): string {
  const [first, last] = [from, to].map((code) => String.fromCharCode(code));
  return first === last ? `${first}` : `${first}-${last}`;
}

/** Patterns of all names that are none of these: others from some character on, shorter, longer. */
function otherNames(names: readonly string[], start = ''): readonly string[] {
  const longer = names.filter((name) => name.length > start.length);
  const next = [...new Set(longer.map((name) => name.charAt(start.length)))];
  return [
    ...(start === '' || names.includes(start) ? [] : [start]),
    next.length === 0 ? `${start}?*` : `${start}${allCharactersBut(next)}*`,
    ...next.flatMap((own) =>
      otherNames(
        longer.filter((name) => name.charAt(start.length) === own),
        start + own,
      ),
    ),
  ];
}

/** A path in a pattern. What could mean something there stands for anything, since no escape is certain. */
function literally(path: string): string {
  return path.replaceAll(/[^\w./ -]+/gu, '*');
}
