import { createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { withMemory } from '../app/from-shell/memory.ts';
import { ClaudioError, hasCode, messageOf } from '../core/error.ts';
import { memoriesCount } from '../memory/telling.ts';
import { allMemories, exportedLine, importMemories } from '../memory/transfer.ts';
import { systemClock } from '../platform/clock.ts';
import { writePrivateFile } from '../platform/files.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';

/** So many lines that were not taken are told one by one. */
const TOLD_COUNT = 100;

/**
 * `claudio memory export`: JSON Lines on standard output, or into a file of mode 0600 that is whole or not
 * there.
 *
 * @throws ClaudioError `memory.file`
 */
export function memoryExport(
  context: CliContext,
  options: { readonly file?: string; readonly chat?: string },
): Promise<number> {
  const { file, chat } = options;
  return withMemory(context.environment, async ({ memory, scopeOf }) => {
    const pages = allMemories(memory.store, {
      ...(chat === undefined ? {} : { scope: scopeOf(chat) }),
      isWhole: true,
    });
    if (file !== undefined) {
      const lines = [...pages].flat().map((one) => `${exportedLine(one, systemClock.now())}\n`);
      writeTo(resolve(file), lines.join(''));
      context.ui.done(`${memoriesCount(lines.length)} in ${file}`);
      return EXIT.ok;
    }
    let isRead = true;
    // EPIPE: `claudio memory export | head` has seen enough.
    process.stdout.on('error', () => {
      isRead = false;
    });
    for (const page of pages) {
      context.print(page.map((one) => exportedLine(one, systemClock.now())).join('\n'));
      // So that an error of the stream is heard.
      await new Promise(setImmediate);
      if (!isRead) break;
    }
    return EXIT.ok;
  });
}

function writeTo(path: string, text: string): void {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) throw new Error('it is no regular file');
    writePrivateFile(path, text);
  } catch (error) {
    throw new ClaudioError({
      code: 'memory.file',
      message: `${path} cannot be written: ${plainly(error)}.`,
      hint: 'Name another file with --file, or leave it out and redirect standard output.',
      cause: error,
    });
  }
}

/**
 * `claudio memory import`: 0 where every line was taken, 1 where one was not; the others are.
 *
 * @throws ClaudioError `memory.file`
 */
export function memoryImport(
  context: CliContext,
  file: string,
  options: CommonOptions & { readonly chat?: string },
): Promise<number> {
  const { ui } = context;
  return withMemory(context.environment, async (shell) => {
    const { settings, scopeOf } = shell;
    const strangers = new Set<string>();
    const own = scopeOf();
    let toldCount = 0;
    const counts = await read(file, context, (stream) =>
      importMemories({
        store: shell.memory.store,
        stream,
        scopeOf: (scope) => {
          if (options.chat !== undefined || scope === null) return scopeOf(options.chat);
          if (botOf(scope) !== botOf(own)) strangers.add(scope);
          return scope;
        },
        commit: shell.commit,
        refused: (lineNumber, reason) => {
          toldCount += 1;
          if (toldCount > TOLD_COUNT) return;
          process.stderr.write(`line ${lineNumber}: ${reason}\n`);
        },
      }),
    );
    if (toldCount > TOLD_COUNT) {
      process.stderr.write(`… and ${toldCount - TOLD_COUNT} more\n`);
    }
    if (options.json === true) context.print(JSON.stringify(counts));
    const { rememberedCount, knownCount, historyCount, refusedCount } = counts;
    const parts = [
      `${memoriesCount(rememberedCount)} taken in`,
      ...(knownCount === 0 ? [] : [`${knownCount} known already`]),
      ...(historyCount === 0 ? [] : [`${historyCount} passed over, being history`]),
      ...(refusedCount === 0 ? [] : [`${refusedCount} refused`]),
    ];
    (refusedCount === 0 ? ui.done : ui.warn)(parts.join(', '));
    for (const scope of strangers) {
      ui.warn(
        `${scope} is a chat of another bot, and what is remembered there is not recalled here: --chat puts it elsewhere.`,
      );
    }
    if (!settings.MEMORY_ENABLED) {
      ui.warn(
        'MEMORY_ENABLED is 0: nothing is recalled until `claudio config set MEMORY_ENABLED 1`.',
      );
    }
    return refusedCount === 0 ? EXIT.ok : EXIT.failed;
  });
}

async function read<T>(
  file: string,
  { stdin }: Pick<CliContext, 'stdin'>,
  work: (stream: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const stream: AsyncIterable<string | Uint8Array> =
    file === '-' ? stdin : createReadStream(resolve(file));
  try {
    return await work(bytesOf(stream));
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'EIO')) throw error;
    throw new ClaudioError({
      code: 'memory.file',
      message: `${file} cannot be read: ${plainly(error)}.`,
      hint: 'Name a file that `claudio memory export` wrote, or - for standard input. What was taken in before stays.',
      cause: error,
    });
  }
}

/** `no such file or directory`, of `ENOENT: no such file or directory, open '…'`. */
function plainly(error: unknown): string {
  return messageOf(error).replace(/^E[A-Z]+: ([^,]+).*$/u, '$1');
}

async function* bytesOf(stream: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield Buffer.from(chunk);
}

function botOf(scope: string): string | undefined {
  return scope.split(':')[1];
}
