import { existsSync, readFileSync } from 'node:fs';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { nearest } from '../../core/nearest.ts';
import { parseEnvFile } from './env-file.ts';

/** The settings of a file, as text, by name. */
export interface FileValues {
  readonly values: Record<string, string>;
  /** What is no line of such a file, a sentence each. */
  readonly faults: string[];
  /** What has no effect, a sentence each. */
  readonly warnings: string[];
}

/**
 * Reads a file of settings; one that is not there has none.
 *
 * @param names What may stand in it.
 * @param elsewhere What is to be said of a name that belongs into another file, or `null`.
 * @throws ClaudioError `home.unusable`
 */
export function readSettings(
  file: string,
  names: readonly string[],
  elsewhere: (name: string) => string | null = () => null,
): FileValues {
  if (!existsSync(file)) return { values: {}, faults: [], warnings: [] };
  const parsed = parseEnvFile(readable(file, () => readFileSync(file, 'utf8')));
  const values: Record<string, string> = {};
  const warnings: string[] = [];
  for (const { key, value, line } of parsed.entries) {
    if (names.includes(key)) {
      values[key] = value;
      continue;
    }
    const suggestion = nearest(key, names);
    warnings.push(
      `${file}, line ${line}: ${
        elsewhere(key) ??
        `${key} is not a setting of Claudio and has no effect.${
          suggestion === null ? '' : ` Did you mean ${suggestion}?`
        }`
      }`,
    );
  }
  return {
    values,
    faults: parsed.faults.map((fault) => `Line ${fault.line} ${fault.message}.`),
    warnings,
  };
}

/** @throws ClaudioError `home.unusable` where `work`, which reads `file`, throws. */
export function readable<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new ClaudioError({
      code: 'home.unusable',
      message: `The settings in ${file} cannot be read: ${messageOf(error)}.`,
      hint: 'Make the file yours and readable for you (chown, chmod 600).',
      cause: error,
    });
  }
}
