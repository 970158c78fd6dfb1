import type { PhrasingContent, Table } from 'mdast';
import type { Writer } from './formatted-text.ts';
import { type Definitions, inlineText, writeInline } from './inline.ts';
import { columnCount } from './width.ts';

/** What a narrow phone shows of monospaced text before it wraps. */
const PHONE_COLUMN_COUNT = 36;
const BETWEEN = '  ';
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u;

type Cells = readonly (readonly PhrasingContent[])[];

/**
 * Writes a table: aligned in a block of code where it is narrow enough for a phone, else row by row,
 * a line for each cell. A block of code would show no links and would mix up right-to-left text, so
 * tables with those go row by row too.
 */
export function writeTable(out: Writer, table: Table, definitions: Definitions): void {
  const [header = [], ...rows] = table.children.map((row) => row.children.map((c) => c.children));
  const grid = [header, ...rows].map((row) => row.map((cell) => inlineText(cell, definitions)));
  const widths = header.map((_, index) =>
    Math.max(...grid.map((row) => columnCount(row[index] ?? ''))),
  );
  const whole = widths.reduce((sum, width) => sum + width + BETWEEN.length, -BETWEEN.length);
  const plain = !table.children.some((row) => row.children.some((c) => c.children.some(hasLink)));
  if (
    whole <= PHONE_COLUMN_COUNT &&
    plain &&
    !grid.flat().some((cell) => RIGHT_TO_LEFT.test(cell))
  ) {
    out.pre(aligned(grid, widths, table.align ?? []), null);
  } else if (rows.length === 0) {
    writeRow(out, header, [], definitions);
  } else {
    for (const row of rows) {
      out.separate('\n\n');
      writeRow(out, row, header, definitions);
    }
  }
}

function hasLink(node: PhrasingContent): boolean {
  if (node.type === 'link' || node.type === 'linkReference') return true;
  if (node.type === 'image' || node.type === 'imageReference') return true;
  return 'children' in node && node.children.some(hasLink);
}

function aligned(
  grid: readonly (readonly string[])[],
  widths: readonly number[],
  align: readonly (string | null | undefined)[],
): string {
  const lines = grid.map((row) =>
    widths
      .map((width, index) => padded(row[index] ?? '', width, align[index] ?? 'left'))
      .join(BETWEEN)
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join(BETWEEN));
  return lines.join('\n');
}

function padded(cell: string, width: number, align: string): string {
  const missing = Math.max(0, width - columnCount(cell));
  if (align === 'right') return ' '.repeat(missing) + cell;
  if (align === 'center') return padded(' '.repeat(missing >> 1) + cell, width, 'left');
  return cell + ' '.repeat(missing);
}

/** `Header: cell` a line, the first of them bold, so that one sees where a row begins. */
function writeRow(out: Writer, row: Cells, header: Cells, definitions: Definitions): void {
  const lines = row.map((cell, index) => () => {
    const label = inlineText(header[index] ?? [], definitions);
    if (label !== '') out.write(`${label}: `);
    writeInline(out, cell, definitions);
  });
  for (const [index, line] of lines.entries()) {
    if (inlineText(row[index] ?? [], definitions) === '') continue;
    out.separate('\n');
    if (index === 0) out.marked('bold', line);
    else line();
  }
}
