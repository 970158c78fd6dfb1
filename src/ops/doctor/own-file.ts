import { join } from 'node:path';
import type { Parsed } from '../../policy/kept-file.ts';
import { look, readOwn } from '../../policy/own-file.ts';
import type { View } from '../status/site.ts';
import type { Diagnosis } from './diagnosis.ts';

/** A file of the person's own, and who knows what it means. */
export interface OwnFile {
  /** In the home: `commands.json`. */
  readonly file: string;
  /** What it holds: `commands`. */
  readonly name: string;
  readonly read: (text: string) => Parsed<readonly unknown[]>;
}

/** What such a file holds; a service that runs may have an earlier version in force. */
export function ownFileDiagnosis(
  { configuration }: Pick<View, 'configuration'>,
  { file, name, read }: OwnFile,
): Diagnosis {
  const path = join(configuration.home, file);
  if (look(path) === null) {
    return { name, state: 'ok', text: `those that come with Claudio; the service writes ${file}` };
  }
  const own = readOwn(path);
  const parsed = 'text' in own ? read(own.text) : own;
  if ('fault' in parsed) {
    return {
      name,
      state: 'failed',
      text: `${file} cannot be used: ${parsed.fault.replace(/\.$/u, '')}`,
      remedy: `Correct ${path}. Until then the last version of it that was right is in force.`,
    };
  }
  return { name, state: 'ok', text: `${parsed.ok.length} of your own, ${path}` };
}
