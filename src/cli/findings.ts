import { styleText } from 'node:util';
import type { Finding } from '../core/finding.ts';

const MARKS = {
  ok: { mark: '✔', colour: 'green' },
  warning: { mark: '⚠', colour: 'yellow' },
  failed: { mark: '✖', colour: 'red' },
  off: { mark: '–', colour: 'dim' },
} as const;

/** A line a finding, with its mark and its name, and below it what to do. */
export function formatFindings(
  findings: readonly Finding[],
  options: {
    readonly isColoured?: boolean;
    /** How wide the names are, where several lists are to be in line; in UTF-16 units. */
    readonly width?: number;
  } = {},
): string {
  const { isColoured = false, width = widthOf(findings) } = options;
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    isColoured ? styleText(style, text, { validateStream: false }) : text;
  return findings
    .map(({ name, state, text, remedy }, at) => {
      const { mark, colour } = MARKS[state];
      const shown = findings[at - 1]?.name === name ? '' : name;
      const line = `${paint(colour, mark)} ${shown.padEnd(width)}  ${text}`;
      if (remedy === undefined) return line;
      return `${line}\n${' '.repeat(width + 4)}${paint('dim', `→ ${remedy}`)}`;
    })
    .join('\n');
}

/** How wide the longest name is. */
export function widthOf(findings: readonly Finding[]): number {
  return Math.max(0, ...findings.map(({ name }) => name.length));
}

/** Whether colours are wanted on standard output. */
export function wantsColours(
  stdout: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return stdout.isTTY === true && !environment['NO_COLOR'];
}
