import { ClaudioError } from '../core/error.ts';
import type { CliContext } from './context.ts';

/** Longer than any message that a person would read, and than a prompt that a model takes. */
const MAX_BYTES = 1024 * 1024;

/**
 * The text that a command was given: as an argument, or through standard input where there is none or it
 * is `-`.
 *
 * @throws ClaudioError `cli.no-text`, `cli.not-text`, `cli.too-long`
 */
export async function givenText(
  { stdin }: Pick<CliContext, 'stdin'>,
  argument: string | undefined,
  command: string,
): Promise<string> {
  const isArgument = argument !== undefined && argument !== '-';
  if (!isArgument && stdin.isTTY) throw noText(command);
  const text = isArgument ? argument : decoded(await read(stdin, command));
  if (Buffer.byteLength(text) > MAX_BYTES) throw tooLong(command);
  if (text.trim() === '') throw noText(command);
  return text;
}

async function read(stdin: CliContext['stdin'], command: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    sizeBytes += bytes.byteLength;
    // What is still to come is not waited for: it may never end.
    if (sizeBytes > MAX_BYTES) throw tooLong(command);
  }
  return Buffer.concat(chunks);
}

function decoded(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text.trimEnd();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new ClaudioError({
    code: 'cli.not-text',
    message: 'What came through standard input is no text. Nothing was sent.',
    hint: 'Send it as a file: `claudio send --file PATH`.',
  });
}

function noText(command: string): ClaudioError {
  return new ClaudioError({
    code: 'cli.no-text',
    message: 'There is no text. Nothing was sent.',
    hint: `Give it as an argument, ${command} "…", or through standard input.`,
  });
}

function tooLong(command: string): ClaudioError {
  return new ClaudioError({
    code: 'cli.too-long',
    message: 'The text is longer than 1 MB. Nothing was sent.',
    hint:
      command === 'claudio send'
        ? 'Send it as a file: `claudio send --file PATH`.'
        : 'Put it into a file, and ask about that file by its path.',
  });
}
