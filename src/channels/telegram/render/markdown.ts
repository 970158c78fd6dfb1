import type { Root } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { writeBlocks } from './blocks.ts';
import { type FormattedText, Writer } from './formatted-text.ts';
import { References } from './references.ts';
import { sectionsOf } from './sections.ts';
import { isTangled } from './tangle.ts';

/**
 * HTML is off, so that `<tag>` is text and the Markdown within it counts. Of bare addresses only URLs
 * are read, so that `_` and `*` in them stay; Telegram itself finds the others.
 */
const SYNTAX = [
  gfm({ singleTilde: false }),
  { disable: { null: ['htmlFlow', 'htmlText', 'emailAutolink', 'wwwAutolink'] } },
];
/** Without the search of the finished tree for addresses: it is slow, and recurses without bound. */
const TREE = gfmFromMarkdown().map((extension) => ({ ...extension, transforms: [] }));

/**
 * Renders Markdown as GitHub reads it (CommonMark with tables, task lists, strikethrough, footnotes)
 * for Telegram. No text gets lost, whatever is torn or unclosed; it may be empty. Line breaks stay,
 * since an answer is written for a chat. Time grows with the length, about 1 ms for 2 KB.
 */
export function renderMarkdown(markdown: string): FormattedText {
  return renderBeginning(markdown, Infinity).beginning;
}

/**
 * Renders as much as it takes to reach `enough` UTF-16 units of text, and what is left of the last
 * section; what follows is not even parsed.
 */
export function renderBeginning(
  markdown: string,
  enough: number,
): { readonly beginning: FormattedText; readonly complete: boolean } {
  const source = markdown.replaceAll(/\r\n?/g, '\n');
  const references = new References(source);
  const out = new Writer();
  let complete = true;
  for (const section of sectionsOf(source)) {
    complete = out.length < enough;
    if (!complete) break;
    out.separate(section.gap);
    writeSection(out, section.source, references);
  }
  return { beginning: out.finish(), complete };
}

function writeSection(out: Writer, section: string, references: References): void {
  if (isTangled(section)) return out.write(section);
  const preamble = references.preambleOf(section);
  const source = preamble + section;
  const tree: Root = fromMarkdown(source, { extensions: SYNTAX, mdastExtensions: TREE });
  writeBlocks(out, tree, { source, startsAt: preamble.length, references });
}
