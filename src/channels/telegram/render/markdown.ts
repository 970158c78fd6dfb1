import type { Root } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { writeBlocks } from './blocks.ts';
import { effortOf } from './effort.ts';
import { type FormattedText, Writer } from './formatted-text.ts';
import { References } from './references.ts';
import { sectionsOf } from './sections.ts';

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

/** For all of an answer, as {@link effortOf} counts: twice what the longest one in earnest takes. */
const EFFORT_LIMIT = 120_000;

/**
 * Renders Markdown as GitHub reads it (CommonMark with tables, task lists, strikethrough, footnotes)
 * for Telegram. No text gets lost, whatever is torn or unclosed; it may be empty. Line breaks stay,
 * since an answer is written for a chat. 2 KB take some milliseconds; past {@link EFFORT_LIMIT}
 * sections are shown as they are, which takes next to none.
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
  let effortLeft = EFFORT_LIMIT;
  for (const section of sectionsOf(source)) {
    complete = out.length < enough;
    if (!complete) break;
    out.separate(section.gap);
    const preamble = section.isRest === true ? '' : references.preambleOf(section.source);
    const effort = section.isRest === true ? Infinity : effortOf(preamble + section.source);
    if (effort > effortLeft) {
      out.write(section.source);
    } else {
      effortLeft -= effort;
      writeSection(out, preamble, section.source, references);
    }
  }
  return { beginning: out.finish(), complete };
}

function writeSection(
  out: Writer,
  preamble: string,
  section: string,
  references: References,
): void {
  const source = preamble + section;
  const tree: Root = fromMarkdown(source, { extensions: SYNTAX, mdastExtensions: TREE });
  writeBlocks(out, tree, { source, startsAt: preamble.length, references });
}
