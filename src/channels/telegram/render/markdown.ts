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

/** For one section, as {@link effortOf} counts: past it a section is shown as it is. */
const SECTION_EFFORT_LIMIT = 100_000;

/** How much of a Markdown to render. */
interface Bounds {
  /** UTF-16 units of text that are enough. */
  readonly units: number;
  /** For all that is rendered, as `effortOf` counts; what would go past it is shown as it is. */
  readonly effort: number;
}

/**
 * Renders Markdown as GitHub reads it (CommonMark with tables, task lists, strikethrough, footnotes)
 * for Telegram. No text gets lost, whatever is torn or unclosed; it may be empty. Line breaks stay,
 * since an answer is written for a chat. Time grows with the length, by some milliseconds for 2 KB;
 * blocks whose parsing would take far longer than that are shown as they are.
 */
export function renderMarkdown(markdown: string): FormattedText {
  return renderBeginning(markdown, { units: Infinity, effort: Infinity }).beginning;
}

/**
 * Renders as much as it takes to have enough, and what is left of the last section; what follows is
 * not even parsed.
 */
export function renderBeginning(
  markdown: string,
  enough: Bounds,
): { readonly beginning: FormattedText; readonly complete: boolean } {
  const source = markdown.replaceAll(/\r\n?/g, '\n');
  const references = new References(source);
  const out = new Writer();
  let complete = true;
  let effortLeft = enough.effort;
  for (const { source: section, gap, isRest } of sectionsOf(source)) {
    complete = out.length < enough.units;
    if (!complete) break;
    out.separate(gap);
    const preamble = isRest === true ? '' : references.preambleOf(section);
    const effort = isRest === true ? Infinity : effortOf(preamble + section);
    if (effort > Math.min(effortLeft, SECTION_EFFORT_LIMIT)) {
      out.write(section);
    } else {
      effortLeft -= effort;
      writeSection(out, preamble, section, references);
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
  writeBlocks(out, treeOf(source), { source, startsAt: preamble.length, references });
}

/** The tree of Markdown, in which HTML is text. See {@link effortOf} for how long that takes. */
export function treeOf(source: string): Root {
  return fromMarkdown(source, { extensions: SYNTAX, mdastExtensions: TREE });
}
