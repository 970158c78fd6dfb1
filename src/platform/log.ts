import { Writable } from 'node:stream';
import pino, { type Logger } from 'pino';
import { openRotatingFile } from './rotating-file.ts';

export type { Logger } from 'pino';

/** How many older logs are kept, compressed: `claudio.log.1.gz` is the last one. */
export const KEPT_LOG_COUNT = 5;

/** A bot's token wherever it stands, also inside a URL: `bot123:abc`. */
const BOT_TOKEN = /\d{3,}:[\w-]{20,}/gu;

/**
 * Opens the log: JSON lines to `file` (mode 0600), and to the terminal, readable where it is one.
 * The file never grows beyond `maxBytes`: older ones are kept beside it.
 *
 * Whatever reaches either has gone through the same filter: the given secrets and anything of the form
 * of a bot token are replaced by `[redacted]`, in whatever field or text they stand.
 */
export async function openLog(options: {
  file: string;
  maxBytes: number;
  level: string;
  /** Looked at for each line, so that it may grow. */
  secrets: Iterable<string>;
  terminal: NodeJS.WritableStream & { readonly isTTY?: boolean };
}): Promise<Logger> {
  // A full disk or a closed terminal must not take the service down with it: what one of the two cannot
  // take, the other may.
  const file = openRotatingFile(
    { path: options.file, maxBytes: options.maxBytes, keptCount: KEPT_LOG_COUNT },
    (error) => options.terminal.write(`log: ${error.message}\n`),
  );
  options.terminal.on('error', (error) =>
    file.write(`{"event":"log.terminal-lost","reason":${JSON.stringify(error.message)}}\n`),
  );
  const terminal = options.terminal.isTTY
    ? await prettyPrinter(options.terminal)
    : options.terminal;
  const redact = redactor(options.secrets);
  const output = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      const safe = redact(line);
      file.write(safe);
      terminal.write(safe);
      done();
    },
  });
  return pino(
    {
      level: options.level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    output,
  );
}

/** A log that keeps nothing, for a command that tells its faults itself. */
export function silentLog(): Logger {
  return pino({ level: 'silent' });
}

/** A function that replaces secrets in a text by `[redacted]`. Secrets of fewer than 6 characters are left. */
export function redactor(secrets: Iterable<string>): (text: string) => string {
  return (text) =>
    [...secrets]
      .filter((secret) => secret.length >= 6)
      .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
      .replace(BOT_TOKEN, '[redacted]');
}

async function prettyPrinter(terminal: NodeJS.WritableStream): Promise<NodeJS.WritableStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    destination: terminal,
    colorize: true,
    sync: true,
    translateTime: 'SYS:HH:MM:ss',
    messageKey: 'event',
    singleLine: true,
  });
}
