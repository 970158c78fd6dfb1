import { join } from 'node:path';
import type { Parsed } from '../../policy/kept-file.ts';
import { look, readOwn } from '../../policy/own-file.ts';
import { POLICY_FILE, type PolicyMode, readPolicy } from '../../policy/policy-file.ts';
import type { View } from '../status/site.ts';
import type { Diagnosis } from './diagnosis.ts';

/** A file of the person's own, and who knows what it means. */
export interface OwnFile {
  /** In the home: `commands.json`. */
  readonly file: string;
  /** What it holds: `commands`. */
  readonly name: string;
  /** What counts where there is no such file. */
  readonly otherwise: string;
  /** Says in a few words what stands in it. */
  readonly read: (text: string) => Parsed<string>;
}

/** What such a file holds; a service that runs may have an earlier version in force. */
export function ownFileDiagnosis(
  { configuration }: Pick<View, 'configuration'>,
  { file, name, otherwise, read }: OwnFile,
): Diagnosis {
  const path = join(configuration.home, file);
  if (look(path) === null) return { name, state: 'ok', text: otherwise };
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
  return { name, state: 'ok', text: `${parsed.ok}, ${path}` };
}

/** What may be asked. */
export function policyFile(setting: PolicyMode): OwnFile {
  return {
    file: POLICY_FILE,
    name: 'policy',
    otherwise: `${setting}, with the rules that come with Claudio`,
    read: (text) => {
      const policy = readPolicy(text, setting);
      if ('fault' in policy) return policy;
      const { mode, allow, block } = policy.ok;
      return { ok: `${mode}, ${count(block.length, 'block')} and ${count(allow.length, 'allow')}` };
    },
  };
}

function count(n: number, what: string): string {
  return `${n} ${what} ${n === 1 ? 'rule' : 'rules'}`;
}
