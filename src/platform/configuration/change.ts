import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { writePrivateFile } from '../files.ts';
import { formatEnvLine, parseEnvFile } from './env-file.ts';

/**
 * Sets and removes settings in a `service.env`, as a whole or not at all, mode 0600. Everything else in
 * it, comments and the order of the lines, stays as it is; where the file is a link, what it links to is
 * replaced. A key that stands there several times is left once.
 *
 * @param changes The new values by name; `null` removes one.
 * @returns Whether anything was to be changed; where not, the file was not touched.
 * @throws ClaudioError `home.unusable`
 */
export function changeEnvFile(
  file: string,
  changes: Readonly<Record<string, string | null>>,
): boolean {
  try {
    const path = existsSync(file) ? realpathSync(file) : file;
    const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const after = changed(before, changes);
    if (after === before) return false;
    writePrivateFile(path, after);
    return true;
  } catch (error) {
    throw new ClaudioError({
      code: 'home.unusable',
      message: `The settings in ${file} cannot be written: ${messageOf(error)}.`,
      hint: 'Make the folder and the file writable for you, and see that the disk is not full.',
      cause: error,
    });
  }
}

function changed(text: string, changes: Readonly<Record<string, string | null>>): string {
  const { entries } = parseEnvFile(text);
  const lines = text === '' ? [] : text.replace(/\n$/u, '').split('\n');
  const dropped = new Set<number>();
  const added: string[] = [];
  let isReplaced = false;
  for (const [key, value] of Object.entries(changes)) {
    const standing = entries.filter((entry) => entry.key === key);
    const last = standing.at(-1);
    const keeps = value !== null && last?.value === value;
    for (const { line } of standing) if (!keeps || line !== last?.line) dropped.add(line);
    if (value === null || keeps) continue;
    const at = standing[0]?.line;
    if (at === undefined) {
      added.push(formatEnvLine(key, value));
    } else {
      lines[at - 1] = formatEnvLine(key, value);
      dropped.delete(at);
      isReplaced = true;
    }
  }
  if (!isReplaced && dropped.size === 0 && added.length === 0) return text;
  const kept = [...lines.filter((_, index) => !dropped.has(index + 1)), ...added];
  return kept.length === 0 ? '' : `${kept.join('\n')}\n`;
}
