import type { MessageEntity } from '@grammyjs/types';
import { isBlank, printable, withoutTabs } from './visible.ts';

/**
 * A text and its formatting, as `sendMessage` takes them in `text` and `entities`. Offsets and
 * lengths are in UTF-16 units; entities are sorted by offset, outer ones first.
 *
 * Source: https://core.telegram.org/bots/api#messageentity
 */
export interface FormattedText {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
}

/** Formatting that may hold, and stand in, any other but code. */
export type Mark = 'bold' | 'italic' | 'underline' | 'strikethrough';

/** What comes before the next thing that is written, from weak to strong. */
const GAPS = ['', ' ', '\n', '\n\n'] as const;
export type Gap = (typeof GAPS)[number];

/** In columns: a phone is narrow. */
const INDENT_LIMIT = 16;

/**
 * Writes a {@link FormattedText} from left to right and keeps Telegram's rules of nesting: no mark
 * within itself, no quote within a quote, and code, which holds nothing, within a quote at most.
 * Outside `pre` there is never more than one blank line.
 */
export class Writer {
  #text = '';
  #gap: Gap = '';
  #indent = '';
  #inQuote = false;
  #inLink = false;
  readonly #marks: { readonly type: Mark; start: number }[] = [];
  readonly #entities: MessageEntity[] = [];

  /** UTF-16 units so far. */
  get length(): number {
    return this.#text.length;
  }

  /** Asks for a gap before what comes next. The strongest one asked for wins; at the end it falls away. */
  separate(gap: Gap): void {
    if (GAPS.indexOf(gap) > GAPS.indexOf(this.#gap)) this.#gap = gap;
  }

  /** Running text. A line feed in it is a line break. */
  write(text: string): void {
    const clean = printable(text).replaceAll('\t', ' ');
    if (!clean.includes('\n')) return this.#put(clean);
    for (const [index, line] of clean.split('\n').entries()) {
      if (index > 0) this.separate(this.#gap === '\n' ? '\n\n' : '\n');
      this.#put(line);
    }
  }

  /** Code within a line. Within a link it is plain text, since Telegram cannot have both. */
  code(text: string): void {
    const clean = printable(text).replaceAll(/\s/gu, ' ');
    if (this.#inLink || isBlank(clean)) return this.write(clean);
    this.#openLine();
    this.#closeMarks();
    this.#add({ type: 'code', offset: this.length, length: clean.length });
    this.#text += clean;
    for (const mark of this.#marks) mark.start = this.length;
  }

  /** A block of code, on lines of its own, to the letter but for tabs and blank lines at its ends. */
  pre(code: string, language: string | null): void {
    const clean = withoutTabs(printable(code))
      .replace(/^(?:[^\S\n]*\n)+/u, '')
      .trimEnd();
    if (isBlank(clean)) return;
    this.separate('\n');
    this.#unindented(() => this.#openLine());
    const place = { type: 'pre', offset: this.length, length: clean.length } as const;
    this.#add(language === null ? place : { ...place, language });
    this.#text += clean;
    this.separate('\n');
  }

  /** Everything that `body` writes, with a mark. */
  marked(type: Mark, body: () => void): void {
    if (this.#marks.some((mark) => mark.type === type)) return body();
    this.#marks.push({ type, start: this.length });
    body();
    const mark = this.#marks.pop();
    if (mark !== undefined) this.#addFrom(mark.start, { type });
  }

  /** Everything that `body` writes, as a link. The URL is taken as it is: see `linkTarget`. */
  linked(url: string, body: () => void): void {
    if (this.#inLink) return body();
    const start = this.length;
    this.#inLink = true;
    body();
    this.#inLink = false;
    this.#addFrom(start, { type: 'text_link', url });
  }

  /** Everything that `body` writes, as a quote on lines of its own. */
  quoted(body: () => void): void {
    if (this.#inQuote) return body();
    this.separate('\n');
    const start = this.length;
    this.#inQuote = true;
    this.#unindented(body);
    this.#inQuote = false;
    this.#addFrom(start, { type: 'blockquote' });
    this.separate('\n');
  }

  /** An item: its marker, then what `body` writes, with further lines indented to stand below it. */
  item(marker: string, body: () => void): void {
    this.#put(marker);
    this.#gap = ' ';
    const outer = this.#indent;
    this.#indent = ' '.repeat(Math.min(outer.length + marker.length + 1, INDENT_LIMIT));
    body();
    if (this.#gap === ' ') this.#gap = '';
    this.#indent = outer;
  }

  /** What was written, without white space around the whole; for that around entities see {@link withoutEdges}. */
  finish(): FormattedText {
    const text = this.#text;
    const trimmed = withoutEdges(text, this.#entities)
      // An inner entity ends before its outer one, so of two with the same bounds the later is the outer.
      .toReversed()
      .sort((a, b) => a.offset - b.offset || b.length - a.length);
    const leading = text.length - text.trimStart().length;
    const start = Math.min(leading, trimmed[0]?.offset ?? leading);
    return {
      text: text.slice(start).trimEnd(),
      entities: trimmed.map((entity) => ({ ...entity, offset: entity.offset - start })),
    };
  }

  #put(line: string): void {
    const atStart = this.#text === '' || this.#gap !== '';
    const text = atStart ? line.replace(/^ +/u, '') : line;
    if (text === '' || (atStart && text.trim() === '')) return;
    this.#openLine();
    this.#text += text;
  }

  #openLine(): void {
    if (this.#text !== '') this.#text += this.#gap;
    if (this.#text !== '' && this.#gap.startsWith('\n')) this.#text += this.#indent;
    this.#gap = '';
  }

  #unindented(body: () => void): void {
    const outer = this.#indent;
    this.#indent = '';
    body();
    this.#indent = outer;
  }

  #closeMarks(): void {
    for (const mark of this.#marks.toReversed()) this.#addFrom(mark.start, { type: mark.type });
  }

  #addFrom(
    offset: number,
    kind: { type: Mark | 'blockquote' } | { type: 'text_link'; url: string },
  ): void {
    this.#add({ ...kind, offset, length: this.length - offset });
  }

  #add(entity: MessageEntity): void {
    if (entity.length > 0) this.#entities.push(entity);
  }
}

/**
 * The same entities without the white space at their edges, and without those of nothing else. A block of
 * code keeps its own, and a quote that begins or ends with one reaches around it.
 */
export function withoutEdges(text: string, entities: readonly MessageEntity[]): MessageEntity[] {
  const pres = entities.filter(
    (entity) => entity.type === 'pre' && /\S/.test(text.slice(entity.offset, endOf(entity))),
  );
  const starts = new Set(pres.map(({ offset }) => offset));
  const ends = new Set(pres.map(endOf));
  const isSpace = (place: number): boolean => /\s/.test(text.charAt(place));
  return entities
    .map((entity) => {
      let { offset } = entity;
      let end = endOf(entity);
      while (offset < end && isSpace(offset) && !starts.has(offset)) offset += 1;
      while (offset < end && isSpace(end - 1) && !ends.has(end)) end -= 1;
      return { ...entity, offset, length: end - offset };
    })
    .filter(({ length }) => length > 0);
}

/** The first place behind an entity. */
export function endOf(entity: MessageEntity): number {
  return entity.offset + entity.length;
}
