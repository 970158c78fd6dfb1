import { KEY_KINDS, keyPattern } from './key-kinds.ts';
import { PRIVATE_KEY_BEGIN } from './private-key.ts';

/** What is of the form of a well-known kind of key, wherever it stands. */
const KINDS: readonly RegExp[] = [
  ...KEY_KINDS.map((kind) => keyPattern(kind)),
  new RegExp(PRIVATE_KEY_BEGIN, 'u'),
];

const PASSWORD =
  '(?:pass(?:word|wort|phrase|code|wd)|kennwort|pwd|\\bpw|zugangscode|api[ _-]?(?:key|schlüssel)|(?:access|secret|private|encryption)[ _-]?key)s?';
const TOKEN = '(?:token|secret|credentials?)';
const OPEN = '["\'`*“„]{0,3}';
const SET = `${OPEN}\\s{0,3}(?:=>|->|→|[:=])\\s{0,3}${OPEN}`;
const SAID = '\\s{1,3}(?:is|was|are|to|ist|war|sind|lautet|auf)\\s{1,3}';
/** For what it is: `the password for the wireless network is`. */
const FOR = '(?:\\s[^.!?:=\\n]{1,60})?';
const MIXED = '(?=\\S{0,60}\\d)(?=\\S{0,60}\\p{L})[^\\s<(]';

/** A value behind the name of what it is. */
const NAMED: readonly RegExp[] = [
  `${PASSWORD}(?:${FOR}${SAID}${OPEN}|\\s{1,3}|${FOR}${SET})${MIXED}{5}`,
  `${PASSWORD}(?:${FOR}${SAID}|\\s{1,3}|${FOR}${SET})${OPEN}\\d{4,12}(?![\\d.:/-]\\d)`,
  `${PASSWORD}${FOR}${SAID}(?:["'\`“„]\\S{3}|\\S{0,30}[!$%&#^]\\S)`,
  `${PASSWORD}${FOR}\\slautet\\s`,
  `${TOKEN}(?:${SAID}${OPEN}|${SET})${MIXED}{8}`,
  `${TOKEN}(?:=["']?|["']\\s{0,3}:\\s{0,3}["'])[\\w+/.-]{6}`,
  '\\b(?:pin|puk|tan|cvv|cvc|geheimzahl)(?:[ -]?(?:code|number|nummer))?' +
    `(?:${FOR}${SAID}|\\s{1,3}|${FOR}${SET})${OPEN}\\d{3,8}(?![\\d\\p{L}]|[.:/-]\\d)`,
].map((source) => new RegExp(source, 'iu'));

/** A password of one word, which only where it stands tells from what is said about passwords. */
const WORDS: readonly RegExp[] = [
  `${PASSWORD}${SET}(?<word>[^\\s<*[$.…]\\S{2,60})`,
  `${PASSWORD}(?:\\s(?:for|of|at|für|von|zum|zur|vom)\\s[^.!?:=\\n]{1,60})?` +
    '\\s(?:is|ist)\\s(?<word>\\p{L}{4,60})(?:[.!]\\s|[.!]?\\s{0,3}$)',
].map((source) => new RegExp(source, 'giu'));
/** What is said about passwords, and is none. */
const ABOUT =
  /^(?:see|ask|use|kept|in|at|on|the|not|no|none|only|always|never|wrong|right|correct|secret|safe|weak|strong|long|short|lost|known|unknown|good|fine|empty|missing|mine|optional|string|siehe|steht|im|nicht|falsch|richtig|geheim|sicher|schwach|stark|lang|kurz|weg|gut|leer|unbekannt|.*(?:ed|ing|able|ible)|ge.*t)[,;]?$/iu;

const URL = /\bhttps?:\/\/\S+/gu;
/** Words long enough for a key, without what surrounds them. */
const LONG_WORD = /[\w+/=.~-]{24,}/gu;
/** Paths, hashes in hexadecimal and UUIDs, and the hashes of packages. */
const NO_KEY = /^(?:[./~]|[\da-f-]+$|sha\d{3}-)/iu;
const LEAST_ENTROPY_BITS = 3.5;
const LEAST_CHANGES = 0.2;

/**
 * Whether a text holds something that looks like a secret: a key of a well-known kind, a value that is
 * called a password, a token or a PIN, in English or German, or a long word as only a machine makes them.
 * A guess that rather takes something harmless for a secret than the other way round. Takes time in
 * proportion to the length of the text.
 */
export function isSecretLike(text: string): boolean {
  return (
    [...KINDS, ...NAMED].some((pattern) => pattern.test(text)) ||
    WORDS.some((pattern) =>
      [...text.matchAll(pattern)].some(({ groups }) => !ABOUT.test(groups?.['word'] ?? '')),
    ) ||
    (text.replaceAll(URL, ' ').match(LONG_WORD) ?? []).some(isRandom)
  );
}

/**
 * Whether a word has many different characters, and changes between small letters, capitals and digits
 * more often than words and names do. A capital that begins a word of three letters is no change.
 */
function isRandom(word: string): boolean {
  if (NO_KEY.test(word)) return false;
  const changes =
    word.match(/(?<=[a-z])(?:[A-Z](?![a-z]{2})|\d)|(?<=[A-Z])\d|(?<=\d)[A-Za-z]/gu) ?? [];
  return changes.length / word.length >= LEAST_CHANGES && entropyBits(word) >= LEAST_ENTROPY_BITS;
}

/** Shannon's entropy of the characters of a word, in bits a character. */
function entropyBits(word: string): number {
  const counts = new Map<string, number>();
  for (const character of word) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce(
    (bits, count) => bits - (count / word.length) * Math.log2(count / word.length),
    0,
  );
}
