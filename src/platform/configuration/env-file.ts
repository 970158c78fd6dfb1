/** One `KEY=value` of the file. `line` counts from 1. */
export interface EnvEntry {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** A line that is neither an assignment, a comment nor blank. */
export interface EnvFault {
  readonly line: number;
  readonly message: string;
}

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*([^]*)$/u;
const QUOTED = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/u;
const LITERAL = /^'([^']*)'\s*(?:#.*)?$/u;
const BARE = /^([^\s"'#]*)\s*(?:#.*)?$/u;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Reads an environment file. No shell is involved: `$` and backquotes are plain characters.
 *
 * A value is bare (`KEY=value`, no spaces), in double quotes (`\n`, `\r`, `\t` are control characters,
 * a backslash before any other character stands for that character) or in single quotes (literal).
 * `#` begins a comment. The last of two assignments to one key wins.
 */
export function parseEnvFile(text: string): {
  readonly entries: readonly EnvEntry[];
  readonly faults: readonly EnvFault[];
} {
  const entries: EnvEntry[] = [];
  const faults: EnvFault[] = [];
  text
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .forEach((raw, index) => {
      const line = index + 1;
      const content = raw.trim();
      if (content === '' || content.startsWith('#')) return;
      const assignment = ASSIGNMENT.exec(content);
      const key = assignment?.[1];
      const value = assignment?.[2] === undefined ? null : parseValue(assignment[2]);
      if (key === undefined) {
        faults.push({ line, message: 'is not of the form KEY="value"' });
      } else if (value === null) {
        faults.push({
          line,
          message: `the value of ${key} has an open quote or a space outside quotes`,
        });
      } else {
        entries.push({ key, value, line });
      }
    });
  return { entries, faults };
}

/** Writes one line that {@link parseEnvFile} reads back as the same value. */
export function formatEnvLine(key: string, value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `${key}="${escaped}"`;
}

function parseValue(text: string): string | null {
  const quoted = QUOTED.exec(text)?.[1];
  if (quoted !== undefined) {
    return quoted.replaceAll(/\\(.)/gu, (_, character: string) => ESCAPES[character] ?? character);
  }
  return LITERAL.exec(text)?.[1] ?? BARE.exec(text)?.[1] ?? null;
}
