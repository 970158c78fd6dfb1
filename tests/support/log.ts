import { Writable } from 'node:stream';
import pino from 'pino';
import type { Logger } from '../../src/platform/log.ts';

/** A log that a test can wait for. */
export interface TestLog {
  readonly log: Logger;
  readonly lines: readonly TestLogLine[];
  /** Resolves when so many lines of this event stand in the log. */
  logged(event: string, count?: number): Promise<readonly TestLogLine[]>;
}

export type TestLogLine = { readonly event: string } & Readonly<Record<string, unknown>>;

export function testLog(): TestLog {
  const lines: TestLogLine[] = [];
  const waiting = new Set<() => void>();
  const output = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      lines.push(JSON.parse(line) as TestLogLine);
      done();
      for (const look of waiting) look();
    },
  });
  return {
    log: pino({ level: 'debug', base: null, messageKey: 'event' }, output),
    lines,
    logged: (event, count = 1) =>
      new Promise((resolve) => {
        const look = () => {
          const found = lines.filter((line) => line.event === event);
          if (found.length < count) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
