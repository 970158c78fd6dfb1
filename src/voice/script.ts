import type { Code, Html, List, Nodes, PhrasingContent, RootContent, Text } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

const SYNTAX = [gfm({ singleTilde: false }), { disable: { null: ['emailAutolink'] } }];
/** Without the search of the finished tree for addresses: it is slow, and recurses without bound. */
const TREE = gfmFromMarkdown().map((extension) => ({ ...extension, transforms: [] }));

const ADDRESS = /^(?:[a-z][a-z\d+.-]*:\/\/|www\.|mailto:)\S+$/iu;
/** Of an address: the host without `www.`, or whom a mail goes to. */
const ADDRESSEE =
  /^(?:mailto:(?<mail>[^?]+)|(?:[a-z][a-z\d+.-]*:\/\/)?(?:[^/?#@]*@)?(?:www\.)?(?<host>[^/?#:]+))/iu;
const WORD = /[\p{L}\p{N}]/u;
const SENTENCE_END = /[.!?…]["'”’»)\]]*(?=\s|$)|[。！？][”’」』）]*/gu;
const AFTER_SENTENCE = /[.!?…。！？]["'”’»)\]」』）]*$/u;
const BARE_TAG = /^<\/?([a-z][\w-]*)\s*\/?>$/iu;
const KNOWN_TAG =
  /^(?:a|abbr|b|big|br|center|cite|code|del|details|dfn|div|em|font|hr|i|ins|kbd|li|mark|ol|p|pre|q|s|samp|small|span|strong|sub|summary|sup|table|tbody|td|th|thead|tr|tt|u|ul|var|wbr)$/iu;

/** A place where the speaking may end: how much was said there, and where in the source that is. */
export interface Stop {
  readonly said: number;
  readonly read: number;
  /** Whether it lies within a list or a quote, whose marks the rest of the line no longer has. */
  readonly inner: boolean;
}

type Link = Extract<PhrasingContent, { type: 'link' | 'linkReference' }>;

/** A stretch of the script that stands in the source letter by letter. */
interface Run extends Stop {
  readonly length: number;
}

/** Something that cannot be spoken. `text` is Markdown that stands by itself. */
interface Piece {
  readonly kind: 'block' | 'inline';
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What there is to say of a Markdown, and what there is besides; all of it in order. */
export interface Script {
  /** A line for each block, with room at its end for a full stop. Not yet tidy. */
  readonly text: string;
  /** Ends of sentences and of blocks. */
  readonly stops: readonly Stop[];
  readonly runs: readonly Run[];
  readonly pieces: readonly Piece[];
}

/** @param source With line feeds as its only line breaks, and no more of it than may be parsed. */
export function scriptOf(source: string): Script {
  const writer = new ScriptWriter(source);
  const tree = fromMarkdown(source, { extensions: SYNTAX, mdastExtensions: TREE });
  writer.blocks(tree.children, 0);
  return writer;
}

class ScriptWriter implements Script {
  text = '';
  readonly stops: Stop[] = [];
  readonly runs: Run[] = [];
  readonly pieces: Piece[] = [];
  readonly #source: string;
  /** The number of a list item, until it has anything to say. */
  #number = '';
  /** Whether the addresses of this paragraph stand among words, which would miss them. */
  #hasWords = false;

  constructor(source: string) {
    this.#source = source;
  }

  blocks(nodes: readonly RootContent[], depth: number): void {
    for (const node of nodes) this.#block(node, depth);
  }

  #block(node: RootContent, depth: number): void {
    if (node.type === 'blockquote') return this.blocks(node.children, depth + 1);
    if (node.type === 'list') return this.#list(node, depth);
    if (node.type === 'paragraph' || node.type === 'heading') {
      this.#hasWords = hasWords(node.children);
      this.#inline(node.children, node.type === 'paragraph' ? depth : null);
      if (this.text !== '' && !this.text.endsWith('\n')) this.text += ' \n';
    } else if (node.type === 'code') {
      this.#leaveOut('block', node, codeOf(node, this.#slice(node), depth));
    } else if (node.type !== 'thematicBreak' && !(node.type === 'html' && isOnlyTags(node))) {
      this.#leaveOut('block', node, outdented(this.#slice(node), node, depth));
    }
    this.#number = '';
    this.stops.push({ said: this.text.length, read: endOf(node), inner: depth > 0 });
  }

  /** A list with boxes to tick is spoken, and also left out as a whole, since the ticks are not heard. */
  #list(list: List, depth: number): void {
    const pieceCount = this.pieces.length;
    const first = list.start ?? 1;
    for (const [index, item] of list.children.entries()) {
      if (list.ordered === true) this.#number = `${first + index}. `;
      this.blocks(item.children, depth + 1);
    }
    if (list.children.every(({ checked }) => typeof checked !== 'boolean')) return;
    this.pieces.length = pieceCount;
    this.#leaveOut('block', list, outdented(this.#slice(list), list, depth));
  }

  /** @param depth Of a paragraph, which may be cut in two; null where nothing may be. */
  #inline(nodes: readonly PhrasingContent[], depth: number | null): void {
    for (const [index, node] of nodes.entries()) {
      switch (node.type) {
        case 'text':
          this.#write(node, depth);
          break;
        case 'inlineCode':
          if (ADDRESS.test(node.value)) {
            this.#sayAddressee(node.value, nodes[index + 1]);
            this.#leaveOut('inline', node);
          } else this.#say(node.value);
          break;
        case 'break':
          this.text += ' ';
          break;
        case 'strong':
        case 'emphasis':
          this.#inline(node.children, null);
          break;
        case 'link':
        case 'linkReference':
          this.#link(node, nodes[index + 1]);
          break;
        case 'html':
          this.#tag(node);
          break;
        case 'footnoteReference':
          break;
        case 'delete':
        case 'image':
        case 'imageReference':
          this.#leaveOut('inline', node);
      }
    }
  }

  #link(link: Link, after: PhrasingContent | undefined): void {
    const words = wordsOf(link);
    const pieceCount = this.pieces.length;
    if (ADDRESS.test(words)) this.#sayAddressee(words, after);
    else this.#inline(link.children, null);
    this.pieces.length = pieceCount;
    this.#leaveOut('inline', link);
  }

  /** Keeps a sentence whole that has an address in it; one that stands aside, in brackets, it can do without. */
  #sayAddressee(address: string, after: PhrasingContent | undefined): void {
    const isAside = this.text.endsWith('(') && after?.type === 'text' && after.value[0] === ')';
    if (!this.#hasWords || isAside) return;
    const { mail, host } = ADDRESSEE.exec(address)?.groups ?? {};
    this.#say(mail ?? host ?? '');
  }

  /** What looks like a tag and is none is most often a word to be filled in: `<name>`. */
  #tag(tag: Html): void {
    const name = BARE_TAG.exec(tag.value)?.[1];
    if (name === undefined) this.#leaveOut('inline', tag);
    else if (!KNOWN_TAG.test(name)) this.#say(` ${name} `);
    else if (/^(?:br|hr|li|p|td|th|tr)$/iu.test(name)) this.text += ' ';
  }

  #write(text: Text, depth: number | null): void {
    if (depth === null) this.#say(text.value);
    else this.#writeCuttable(text, depth);
  }

  /** Writes line by line; one that has escapes or entities in it may not be cut. */
  #writeCuttable(text: Text, depth: number): void {
    const lines = text.value.split('\n');
    const sourceLines = this.#slice(text).split('\n');
    let read = startOf(text);
    for (const [index, line] of lines.entries()) {
      if (index > 0) this.text += ' ';
      const sourceLine = sourceLines[index] ?? '';
      const trimmed = sourceLine.trimEnd();
      const solid = line.trimEnd();
      if (solid !== '') this.#open();
      if (lines.length === sourceLines.length && trimmed.endsWith(solid)) {
        this.#mark(line, read + trimmed.length - solid.length, depth > 0);
      }
      this.text += line;
      read += sourceLine.length + 1;
    }
  }

  #say(text: string): void {
    if (text.trim() !== '') this.#open();
    this.text += text.replaceAll('\n', ' ');
  }

  #open(): void {
    this.text += this.#number;
    this.#number = '';
  }

  #mark(line: string, read: number, inner: boolean): void {
    const said = this.text.length;
    if (/^\s/u.test(line) && AFTER_SENTENCE.test(this.text.slice(-8))) {
      this.stops.push({ said, read, inner });
    }
    for (const { 0: end, index } of line.matchAll(SENTENCE_END)) {
      const at = index + end.length;
      this.stops.push({ said: said + at, read: read + at, inner });
    }
    this.runs.push({ said, read, inner, length: line.trimEnd().length });
  }

  #leaveOut(kind: Piece['kind'], node: Nodes, text = onOneLine(this.#slice(node))): void {
    this.pieces.push({ kind, start: startOf(node), end: endOf(node), text });
  }

  #slice(node: Nodes): string {
    return this.#source.slice(startOf(node), endOf(node));
  }
}

function wordsOf({ children }: Link): string {
  return children.map((child) => ('value' in child ? child.value : ' ')).join('');
}

/** Whether there is anything to say but addresses. */
function hasWords(nodes: readonly PhrasingContent[]): boolean {
  return nodes.some((node) => {
    if (node.type === 'text') return WORD.test(node.value);
    if (node.type === 'inlineCode') return !ADDRESS.test(node.value);
    if (node.type === 'strong' || node.type === 'emphasis') return hasWords(node.children);
    const isLink = node.type === 'link' || node.type === 'linkReference';
    return isLink && !ADDRESS.test(wordsOf(node)) && hasWords(node.children);
  });
}

/** Whether there is nothing to read: `</details>`. */
function isOnlyTags({ value }: Html): boolean {
  const rest = value.replaceAll(/<[^<>]*>/gu, (tag) => {
    const name = BARE_TAG.exec(tag)?.[1];
    return name !== undefined && KNOWN_TAG.test(name) ? '' : tag;
  });
  return rest.trim() === '';
}

function startOf(node: Nodes): number {
  return node.position?.start.offset ?? 0;
}

function endOf(node: Nodes): number {
  return node.position?.end.offset ?? 0;
}

function onOneLine(markdown: string): string {
  return markdown.replaceAll(/[ \t]*\n[ \t>]*/gu, ' ');
}

/** A block from within a list or a quote, without what their marks take of each further line. */
function outdented(markdown: string, node: Nodes, depth: number): string {
  const columnCount = (node.position?.start.column ?? 1) - 1;
  if (depth === 0 || columnCount === 0) return markdown;
  return markdown.replaceAll(new RegExp(`\n[ \t>]{1,${columnCount}}`, 'gu'), '\n');
}

/** Code as it stands where it stands by itself, and within a fence of its own elsewhere. */
function codeOf(code: Code, slice: string, depth: number): string {
  const isFenced = /^(?:`{3}|~{3})/u.test(slice);
  if (isFenced && depth === 0) return slice;
  let fence = '```';
  for (const [marks] of code.value.matchAll(/`{3,}/gu)) {
    if (marks.length >= fence.length) fence = `${marks}\``;
  }
  const about = [code.lang, code.meta].filter((word) => typeof word === 'string').join(' ');
  // With backticks in it, what stands behind the fence would make it none.
  const named = about.includes('`') ? `${fence}\n${about}` : `${fence}${about}`;
  return `${named}\n${code.value}\n${fence}`;
}
