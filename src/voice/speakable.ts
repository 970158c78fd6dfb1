import { affordableUnits } from './affordable.ts';
import { type Script, scriptOf, type Stop } from './script.ts';

const WORD = /[\p{L}\p{N}]/u;
const ENDED = /[.!?…:;,。！？：；，、]["'”’»)\]」』）]*$/u;

/** An answer, divided into what can be said and what must be read. */
export interface Speakable {
  /** Plain text, a line for each block, each line a sentence or more; empty where there is none. */
  readonly text: string;
  /** Markdown of what is not in `text`, in order: code, tables, a list of the links, and the rest. */
  readonly leftOut: string;
}

/**
 * Divides an answer in Markdown. No word of it is in neither part; struck-out text and ticked boxes
 * are to be read, and emoji are dropped. Markdown that would take long to parse is left out from
 * there on, and likewise what is too long to say, from the end of a sentence on.
 *
 * @param maxChars At most so many UTF-16 units are to be said.
 */
export function speakable(markdown: string, maxChars: number): Speakable {
  const source = markdown.replace(/^\uFEFF/u, '').replaceAll(/\r\n?/gu, '\n');
  const head = source.slice(0, affordableUnits(source));
  const script = scriptOf(head);
  // A cut between words gets a full stop, too.
  const cut = script.text.length > maxChars ? cutOf(script, maxChars - 1) : null;
  const end = cut ?? { said: script.text.length, read: head.length, inner: false };
  return {
    text: tidied(script.text.slice(0, end.said)),
    leftOut: leftOutOf(script, end, source),
  };
}

/** The last place within the limit: the end of a sentence, else between words, else anywhere. */
function cutOf({ text, stops, runs }: Script, limit: number): Stop {
  const stop = stops.findLast(({ said }) => said <= limit);
  if (stop !== undefined && WORD.test(text.slice(0, stop.said))) return stop;
  const run = runs.findLast(({ said }) => said < limit);
  if (run === undefined) return stop ?? { said: 0, read: 0, inner: false };
  const fitting = text.slice(run.said, run.said + Math.min(run.length, limit - run.said));
  const space = fitting.lastIndexOf(' ');
  const units = space > 0 ? space : fitting.replace(/[\uD800-\uDBFF]$/u, '').length;
  return { said: run.said + units, read: run.read + units, inner: run.inner };
}

function leftOutOf({ pieces }: Script, { read, inner }: Stop, source: string): string {
  let out = '';
  let before: string | null = null;
  let restFrom = read;
  for (const { kind, start, end, text } of pieces) {
    if (start >= read) break;
    if (end > read) {
      // What is left out as a whole is not torn, though some of it was said.
      restFrom = start;
      break;
    }
    if (before !== null) out += before === 'inline' && kind === 'inline' ? '\n' : '\n\n';
    out += kind === 'inline' ? `- ${text}` : text;
    before = kind;
  }
  const rest = source.slice(restFrom);
  if (rest.trim() === '') return out;
  const trimmed = inner ? rest.trimStart() : rest.replace(/^(?:[ \t]*\n)+|^ (?=\S)/u, '');
  return out === '' ? trimmed : `${out}\n\n${trimmed}`;
}

/** Each line without what cannot be heard, and with a full stop where it ends without one. */
function tidied(text: string): string {
  // Not above: it takes long to compile.
  const emoji =
    /\p{RGI_Emoji}|\p{Emoji_Presentation}|[\p{Extended_Pictographic}--[©®™]]|\u{FE0F}\u{20E3}?/gv;
  return text
    .split('\n')
    .map((line) =>
      line
        .replaceAll(emoji, '')
        .replaceAll(/(?<=^|\s)\(\s*\)/gu, '')
        .replaceAll(/\s+/gu, ' ')
        .replaceAll(/ (?=[.,;:!?](?:\s|$))/gu, '')
        .trim(),
    )
    .filter((line) => WORD.test(line))
    .map((line) => (ENDED.test(line) ? line : `${line}.`))
    .join('\n');
}
