import { join } from 'node:path';
import { look, readOwn } from '../../policy/own-file.ts';
import { POLICY_FILE, readPolicy } from '../../policy/policy-file.ts';
import type { View } from '../status/site.ts';
import type { Diagnosis } from './diagnosis.ts';

/** What may be asked, as it stands in `policy.json`; a service that runs may have an earlier version in force. */
export function policyDiagnosis({ configuration }: Pick<View, 'configuration'>): Diagnosis {
  const name = 'policy';
  const setting = configuration.settings.POLICY ?? 'permissive';
  const path = join(configuration.home, POLICY_FILE);
  if (look(path) === null) {
    return { name, state: 'ok', text: `${setting}, with the rules that come with Claudio` };
  }
  const read = readOwn(path);
  const policy = 'text' in read ? readPolicy(read.text, setting) : read;
  if ('fault' in policy) {
    return {
      name,
      state: 'failed',
      text: `${POLICY_FILE} cannot be used: ${policy.fault.replace(/\.$/u, '')}`,
      remedy: `Correct ${path}. Until then the last version of it that was right is in force.`,
    };
  }
  const { mode, allow, block } = policy.ok;
  return {
    name,
    state: 'ok',
    text: `${mode}, ${count(block.length, 'block')} and ${count(allow.length, 'allow')}, ${path}`,
  };
}

function count(n: number, what: string): string {
  return `${n} ${what} ${n === 1 ? 'rule' : 'rules'}`;
}
