import type {
  Definition,
  Image,
  ImageReference,
  Link,
  LinkReference,
  PhrasingContent,
} from 'mdast';
import { Writer } from './formatted-text.ts';
import { linkTarget, spokenTarget } from './links.ts';

/** Where `[label]: target` points to, by its normalised label. */
export type Definitions = ReadonlyMap<string, Definition>;

const LINE_BREAK_TAG = /(?<![ \t])[ \t]*<br[ \t]*\/?>[ \t]*/giu;

/** Writes what stands within a line. */
export function writeInline(
  out: Writer,
  nodes: readonly PhrasingContent[],
  definitions: Definitions,
): void {
  const write = (children: readonly PhrasingContent[]) => () =>
    writeInline(out, children, definitions);
  for (const node of nodes) {
    switch (node.type) {
      case 'text':
      case 'html':
        out.write(node.value.replace(LINE_BREAK_TAG, '\n'));
        break;
      case 'strong':
        out.marked('bold', write(node.children));
        break;
      case 'emphasis':
        out.marked('italic', write(node.children));
        break;
      case 'delete':
        out.marked('strikethrough', write(node.children));
        break;
      case 'inlineCode':
        out.code(node.value);
        break;
      case 'break':
        out.write('\n');
        break;
      case 'footnoteReference':
        out.write(`[${node.label ?? node.identifier}]`);
        break;
      case 'link':
      case 'linkReference':
        writeLink(out, targetOf(node, definitions), node.children, definitions);
        break;
      case 'image':
      case 'imageReference':
        writeImage(out, targetOf(node, definitions), node.alt ?? '');
        break;
    }
  }
}

/** The same, as plain text on one line. */
export function inlineText(nodes: readonly PhrasingContent[], definitions: Definitions): string {
  const out = new Writer();
  writeInline(out, nodes, definitions);
  return out.finish().text.replaceAll(/\n+/gu, ' ');
}

function targetOf(
  node: Link | LinkReference | Image | ImageReference,
  definitions: Definitions,
): string {
  return 'url' in node ? node.url : (definitions.get(node.identifier)?.url ?? '');
}

function writeLink(
  out: Writer,
  target: string,
  children: readonly PhrasingContent[],
  definitions: Definitions,
): void {
  const words = inlineText(children, definitions);
  if (words === '') return writeBare(out, target);
  const write = () => writeInline(out, children, definitions);
  // Telegram finds a URL that is written out by itself, and then asks nobody whether to open it.
  const url = words === target ? null : linkTarget(target);
  if (url !== null) return out.linked(url, write);
  write();
  const spoken = spokenTarget(target, words);
  if (spoken !== null) writeAside(out, spoken);
}

function writeImage(out: Writer, target: string, alt: string): void {
  const url = linkTarget(target);
  const words = alt.trim() === '' ? (target.split(/[?#]/u)[0]?.split('/').at(-1) ?? '') : alt;
  if (url !== null) return out.linked(url, () => out.write(words === '' ? 'image' : words));
  out.write(words);
  const spoken = spokenTarget(target, words);
  if (spoken !== null) writeAside(out, spoken);
}

/** As code, a path is not mistaken for a web site, and a tap copies it; an address stays tappable. */
function writeAside(out: Writer, target: string): void {
  out.write(' (');
  writeBare(out, target);
  out.write(')');
}

function writeBare(out: Writer, target: string): void {
  if (/^[^\s/]+@[^\s/]+$/u.test(target) || /^https?:/iu.test(target)) out.write(target);
  else out.code(target);
}
