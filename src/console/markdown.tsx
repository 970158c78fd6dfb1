import { type Child, type FC, jsx } from 'hono/jsx';
import type { Definition, List, ListItem, Nodes, Table, TableRow } from 'mdast';
import { effortOf } from '../channels/telegram/render/effort.ts';
import { treeOf } from '../channels/telegram/render/markdown.ts';
import { References } from '../channels/telegram/render/references.ts';
import { sectionsOf } from '../channels/telegram/render/sections.ts';
import { Written } from './written.tsx';

/** For one text and for all of a page, as `effortOf` counts; what goes past it is shown as it was written. */
const TEXT_EFFORT = 15_000;
const PAGE_EFFORT = 200_000;
/** Headings on a page begin with its own. */
const FIRST_LEVEL = 2;
const LAST_LEVEL = 6;

/** What the nodes of a text share. */
interface Context {
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly references: References;
  /** By what a heading of some depth is to be marked up, so that no level is left out. */
  readonly levelOf: (depth: number) => number;
  readonly isTight: boolean;
  /** The way it is written is that of the list around it. */
  readonly isInList: boolean;
}

/**
 * Makes what shows Markdown on one page, as elements: HTML in it is text, links lead to web pages alone, and
 * images are links. Each block runs the way its first letter does, code from left to right. What would take long to parse is shown as it was written.
 */
export function createMarkdown(): (markdown: string) => Child {
  let pageEffort = PAGE_EFFORT;
  return (markdown) => {
    const source = markdown.replaceAll(/\r\n?/gu, '\n');
    const references = new References(source);
    const levelOf = levels();
    let effort = Math.min(TEXT_EFFORT, pageEffort);
    return [...sectionsOf(source)].map((section) => {
      const preamble = section.isRest === true ? '' : references.preambleOf(section.source);
      const cost = effortOf(preamble + section.source);
      if (section.isRest === true || cost > effort) return <Written text={section.source} />;
      effort -= cost;
      pageEffort -= cost;
      const { children } = treeOf(preamble + section.source);
      const definitions = new Map(
        children
          .filter((node) => node.type === 'definition')
          .toReversed()
          .map((node) => [node.identifier, node]),
      );
      const own = children.filter(
        ({ position }) => (position?.start.offset ?? 0) >= preamble.length,
      );
      return own.map((node) =>
        shown(node, {
          definitions,
          references,
          levelOf,
          isTight: false,
          isInList: false,
        }),
      );
    });
  };
}

function shown(node: Nodes, context: Context): Child {
  const inside = (parent: { readonly children: readonly Nodes[] }) =>
    parent.children.map((child) => shown(child, context));
  const dir = context.isInList ? undefined : 'auto';
  switch (node.type) {
    case 'text':
    case 'html':
      return withBreaks(node.value);
    case 'break':
      return <br />;
    case 'strong':
      return <strong>{inside(node)}</strong>;
    case 'emphasis':
      return <em>{inside(node)}</em>;
    case 'delete':
      return <del>{inside(node)}</del>;
    case 'inlineCode':
      return <code>{node.value}</code>;
    case 'code':
      return (
        <pre dir="ltr">
          <code>{node.value}</code>
        </pre>
      );
    case 'paragraph':
      return context.isTight ? inside(node) : <p dir={dir}>{inside(node)}</p>;
    case 'heading':
      return jsx(`h${context.levelOf(node.depth)}`, { dir }, ...inside(node));
    case 'blockquote':
      return (
        <blockquote>
          {node.children.map((child) => shown(child, { ...context, isTight: false }))}
        </blockquote>
      );
    case 'list':
      return <Items list={node} context={context} />;
    case 'table':
      return <Cells table={node} context={context} />;
    case 'thematicBreak':
      return <hr />;
    case 'link':
      return <WebLink url={node.url}>{inside(node)}</WebLink>;
    case 'linkReference':
      return <WebLink url={urlOf(node.identifier, context)}>{inside(node)}</WebLink>;
    case 'image':
      return <WebLink url={node.url}>{node.alt || 'image'}</WebLink>;
    case 'imageReference':
      return <WebLink url={urlOf(node.identifier, context)}>{node.alt || 'image'}</WebLink>;
    case 'footnoteReference':
      return <sup>[{node.label ?? node.identifier}]</sup>;
    case 'footnoteDefinition':
      return (
        <div class="row">
          <sup>[{node.label ?? node.identifier}]</sup>
          <div>{inside(node)}</div>
        </div>
      );
    case 'root':
    case 'listItem':
    case 'tableRow':
    case 'tableCell':
      return inside(node);
    case 'definition': {
      // One that nothing refers to was perhaps not meant as one.
      const label = node.label ?? node.identifier;
      return context.references.isMentioned(label) ? null : (
        <p dir={dir}>
          [{label}]: {node.url}
        </p>
      );
    }
    case 'yaml':
      return node.value;
  }
}

const Items: FC<{ readonly list: List; readonly context: Context }> = ({ list, context }) => {
  const items = list.children.map((item) => (
    <li>
      {boxOf(item)}
      {item.children.map((child) =>
        shown(child, { ...context, isTight: item.spread !== true, isInList: true }),
      )}
    </li>
  ));
  return list.ordered === true ? (
    <ol dir="auto" start={list.start ?? 1}>
      {items}
    </ol>
  ) : (
    <ul dir="auto">{items}</ul>
  );
};

function boxOf({ checked }: ListItem): string {
  if (checked === true) return '☑ ';
  return checked === false ? '☐ ' : '';
}

const Cells: FC<{ readonly table: Table; readonly context: Context }> = ({ table, context }) => {
  const [head, ...rows] = table.children;
  const cells = (row: TableRow) =>
    row.children.map((cell) => cell.children.map((child) => shown(child, context)));
  return (
    <div class="scroll" tabindex={0}>
      <table>
        <caption class="visually-hidden">A table in this message</caption>
        <thead>
          <tr>
            {head === undefined
              ? null
              : cells(head).map((cell) => (
                  <th scope="col" dir="auto">
                    {cell}
                  </th>
                ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {cells(row).map((cell) => (
                <td dir="auto">{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

/** A link where the target is a page of the web; else its words, and the target behind them. */
const WebLink: FC<{ readonly url: string; readonly children: Child }> = ({ url, children }) => {
  const href = webTarget(url);
  if (href === null) {
    return (
      <>
        {children}
        {url === '' ? null : (
          <>
            {' '}
            (<code>{url}</code>)
          </>
        )}
      </>
    );
  }
  return (
    <a href={href} rel="noreferrer noopener">
      {children}
    </a>
  );
};

/** A name or a password in an address is there to deceive. */
function webTarget(target: string): string | null {
  const url = URL.parse(target);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return null;
  return url.username === '' && url.password === '' ? url.href : null;
}

function urlOf(identifier: string, { definitions }: Context): string {
  return definitions.get(identifier)?.url ?? '';
}

function withBreaks(text: string): Child {
  return text.split('\n').map((line, index) => (index === 0 ? line : [<br />, line]));
}

/** Headings of a text may begin at any depth and leave some out: these begin at the first level, and do not. */
function levels(): (depth: number) => number {
  const open: number[] = [];
  return (depth) => {
    while ((open.at(-1) ?? 0) >= depth) open.pop();
    open.push(depth);
    return Math.min(FIRST_LEVEL + open.length - 1, LAST_LEVEL);
  };
}
