import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { createUi, type Ui } from '../../src/cli/ui.ts';

export const ENTER = '\r';
export const CTRL_C = '\u0003';
export const DOWN = '\u001b[B';

/** A terminal with somebody in front of it. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** All that was shown, without colours and movements. */
  shown(): string;
  /** All that was written to it, as it was. */
  raw(): string;
  /** Resolves when this was shown, now or later. */
  sees(wanted: RegExp | string): Promise<void>;
  /** The questions that were answered, in order. */
  readonly asked: readonly RegExp[];
}

/** A question, and what is typed when it is shown. Each is used once, in order. */
export type Answer = readonly [question: RegExp, keys: string];

/**
 * Makes a terminal of which a person types the answers as soon as each question shows up, in the order
 * given. A question that never comes leaves its answer untyped.
 */
export function terminal(answers: readonly Answer[] = [], size = { columns: 100 }): Terminal {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
  const output = Object.assign(new PassThrough(), { isTTY: true, rows: 40, ...size });
  let raw = '';
  /** What was shown since the last answer. */
  let since = '';
  const left = [...answers];
  const asked: RegExp[] = [];
  const waiting = new Set<() => void>();
  output.on('data', (chunk: Buffer) => {
    raw += chunk.toString();
    since += chunk.toString();
    for (const look of waiting) look();
    const next = left[0];
    if (next === undefined || !next[0].test(stripVTControlCharacters(since))) return;
    left.shift();
    asked.push(next[0]);
    since = '';
    // When the question stands and is listened for.
    setImmediate(() => void input.write(next[1]));
  });
  return {
    input: input as unknown as NodeJS.ReadStream,
    output: output as unknown as NodeJS.WriteStream,
    shown: () => stripVTControlCharacters(raw),
    raw: () => raw,
    sees: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          const text = stripVTControlCharacters(raw);
          if (typeof wanted === 'string' ? !text.includes(wanted) : !wanted.test(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    asked,
  };
}

/** The prompts at a terminal. */
export function uiAt({ input, output }: Terminal, assumeYes = false): Ui {
  return createUi({ input, output, assumeYes });
}
