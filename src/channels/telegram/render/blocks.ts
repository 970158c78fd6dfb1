import type {
  BlockContent,
  Code,
  Definition,
  DefinitionContent,
  List,
  ListItem,
  Root,
  RootContent,
} from 'mdast';
import type { Mark, Writer } from './formatted-text.ts';
import { type Definitions, writeInline } from './inline.ts';
import type { References } from './references.ts';
import { writeTable } from './table.ts';
import { isBlank } from './visible.ts';

/** What the blocks of one section share. */
interface SectionContext {
  readonly source: string;
  /** Where in `source` the section begins; before it stand definitions from elsewhere. */
  readonly startsAt: number;
  readonly references: References;
}

interface Context extends SectionContext {
  readonly definitions: Definitions;
}

type Block = BlockContent | DefinitionContent;

const BULLETS = ['•', '◦', '▪'];
const BLOCK_TYPES: ReadonlySet<string> = new Set<Block['type']>([
  'blockquote',
  'code',
  'definition',
  'footnoteDefinition',
  'heading',
  'html',
  'list',
  'paragraph',
  'table',
  'thematicBreak',
]);
const RULE = '─'.repeat(12);
const LANGUAGE = /^[\w+#.-]{1,32}$/;
const HEADING_MARKS: readonly (readonly Mark[])[] = [['bold', 'underline'], ['bold']];
const DEEPER_HEADING_MARKS: readonly Mark[] = ['bold', 'italic'];

/** Writes a parsed section, its blocks a blank line apart. */
export function writeBlocks(out: Writer, root: Root, section: SectionContext): void {
  const definitions = new Map<string, Definition>();
  collectDefinitions(root.children, definitions);
  const own = root.children.filter(isBlock).filter((b) => offsetOf(b) >= section.startsAt);
  writeAll(out, own, '\n\n', 0, { ...section, definitions });
}

function isBlock(node: RootContent): node is Block {
  return BLOCK_TYPES.has(node.type);
}

function offsetOf(node: Block): number {
  return node.position?.start.offset ?? 0;
}

/** The first one of a label counts, wherever it stands. */
function collectDefinitions(nodes: readonly RootContent[], into: Map<string, Definition>): void {
  for (const node of nodes) {
    if (node.type === 'definition' && !into.has(node.identifier)) into.set(node.identifier, node);
    if (node.type === 'blockquote' || node.type === 'list' || node.type === 'listItem') {
      collectDefinitions(node.children, into);
    }
  }
}

function writeAll(
  out: Writer,
  blocks: readonly Block[],
  between: '\n' | '\n\n',
  depth: number,
  context: Context,
): void {
  for (const [index, block] of blocks.entries()) {
    if (index > 0) out.separate(between);
    writeBlock(out, block, depth, context);
  }
}

function writeBlock(out: Writer, block: Block, depth: number, context: Context): void {
  switch (block.type) {
    case 'paragraph':
      return writeInline(out, block.children, context.definitions);
    case 'heading':
      return writeMarked(out, HEADING_MARKS[block.depth - 1] ?? DEEPER_HEADING_MARKS, () =>
        writeInline(out, block.children, context.definitions),
      );
    case 'blockquote':
      return out.quoted(() => writeAll(out, block.children, '\n\n', depth, context));
    case 'list':
      return writeList(out, block, depth, context);
    case 'code':
      return writeCode(out, block);
    case 'table':
      return writeTable(out, block, context.definitions);
    case 'thematicBreak':
      return out.write(RULE);
    case 'footnoteDefinition':
      return out.item(`[${block.label ?? block.identifier}]`, () =>
        writeAll(out, block.children, '\n', depth, context),
      );
    case 'definition':
      return writeDefinition(out, block, context);
    case 'html':
      return out.write(block.value);
  }
}

function writeMarked(out: Writer, marks: readonly Mark[], body: () => void): void {
  const [mark, ...others] = marks;
  if (mark === undefined) return body();
  out.marked(mark, () => writeMarked(out, others, body));
}

function writeList(out: Writer, list: List, depth: number, context: Context): void {
  const first = list.start ?? 1;
  for (const [index, item] of list.children.entries()) {
    if (index > 0) out.separate(list.spread === true ? '\n\n' : '\n');
    out.item(markerOf(item, list.ordered === true ? first + index : null, depth), () =>
      writeAll(out, item.children, item.spread === true ? '\n\n' : '\n', depth + 1, context),
    );
  }
}

function markerOf(item: ListItem, number: number | null, depth: number): string {
  const box = item.checked === true ? '☑' : item.checked === false ? '☐' : null;
  if (number !== null) return box === null ? `${number}.` : `${number}. ${box}`;
  return box ?? BULLETS[Math.min(depth, BULLETS.length - 1)] ?? '•';
}

/** What follows the language, a file's name mostly, stands above the code. */
function writeCode(out: Writer, code: Code): void {
  const language = code.lang !== null && code.lang !== undefined && LANGUAGE.test(code.lang);
  const shown = language && !isBlank(code.value) ? [code.meta] : [code.lang, code.meta];
  const caption = shown.filter((word) => typeof word === 'string').join(' ');
  if (caption !== '') out.code(caption);
  out.separate('\n');
  out.pre(code.value, language ? (code.lang ?? null) : null);
}

/** A definition that nothing refers to was perhaps not meant as one: it is shown as it stands. */
function writeDefinition(out: Writer, definition: Definition, context: Context): void {
  const counts = context.definitions.get(definition.identifier)?.url === definition.url;
  if (counts && context.references.isMentioned(definition.label ?? definition.identifier)) return;
  out.write(context.source.slice(offsetOf(definition), definition.position?.end.offset));
}
