import { ClaudioError, messageOf } from '../../core/error.ts';
import { nearest } from '../../core/nearest.ts';
import { KEPT_LOG_COUNT } from '../../platform/log.ts';
import { followLines } from './follow.ts';
import { openForReading, readLastLines } from './last-lines.ts';
import { isWanted, LEVELS, type Level, type LogFilter } from './line.ts';

/** What a person can ask for by `--level`. */
const ASKED_LEVELS = LEVELS.filter((level) => level !== 'trace' && level !== 'fatal');

/** The level of that name. @throws ClaudioError `log.unknown-level` */
export function levelNamed(name: string): Level {
  const level = LEVELS.find((one) => one === name.toLowerCase());
  if (level !== undefined) return level;
  const meant = nearest(name, ASKED_LEVELS);
  throw new ClaudioError({
    code: 'log.unknown-level',
    message: `There is no level ${name}.${meant === null ? '' : ` Did you mean ${meant}?`}`,
    hint: `The levels are ${ASKED_LEVELS.join(', ')}.`,
  });
}

/**
 * Writes the last `count` wanted lines of the log, oldest first, and with `follow` goes on with those to
 * come until `signal` aborts.
 *
 * @param path Absolute path of `claudio.log`.
 * @param write Gets a line as it stands in the log, without its end.
 * @param complain Gets a sentence for what cannot be read.
 * @throws ClaudioError `log.missing`, `log.unreadable`
 */
export async function readLog(
  path: string,
  options: { readonly count: number; readonly follow: boolean; readonly filter: LogFilter },
  write: (line: string) => void,
  complain: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const file = await openLogFile(path);
  const wanted = (line: string) => isWanted(line, options.filter);
  let endBytes: number;
  try {
    const last = await readLastLines(file, path, options.count, KEPT_LOG_COUNT, wanted);
    for (const sentence of last.faults) complain(sentence);
    for (const line of last.lines) write(line);
    ({ endBytes } = last);
  } catch (thrown) {
    await file.close();
    throw unreadable(path, thrown);
  }
  if (!options.follow) {
    await file.close();
    return;
  }
  for await (const line of followLines(file, path, endBytes, signal)) if (wanted(line)) write(line);
}

async function openLogFile(path: string) {
  try {
    const file = await openForReading(path);
    if (file !== null) return file;
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
  throw new ClaudioError({
    code: 'log.missing',
    message: `There is no log yet: ${path} is not there.`,
    hint: 'The service makes it at its first start: `claudio install`, or `claudio start`.',
  });
}

function unreadable(path: string, cause: unknown): ClaudioError {
  return new ClaudioError({
    code: 'log.unreadable',
    message: `The log ${path} cannot be read: ${messageOf(cause)}.`,
    hint: 'Make the file yours and readable for you (chown, chmod 600).',
    cause,
  });
}
