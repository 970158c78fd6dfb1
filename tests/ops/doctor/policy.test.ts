import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { policyDiagnosis } from '../../../src/ops/doctor/policy.ts';
import { inspectConfiguration } from '../../../src/platform/configuration/load.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('the doctor says which policy there is, and what is wrong with policy.json', () => {
  const home = temporaryFolder();
  const path = join(home, 'policy.json');
  const configuration = inspectConfiguration({ CLAUDIO_HOME: home, HOME: home, POLICY: 'strict' });
  const look = () => policyDiagnosis({ configuration });
  expect(look()).toEqual({
    name: 'policy',
    state: 'ok',
    text: 'strict, with the rules that come with Claudio',
  });
  writeFileSync(path, '{"block": ["a"], "mode": "permissive"}', { mode: 0o600 });
  expect(look()).toMatchObject({ text: `strict, 1 block rule and 10 allow rules, ${path}` });
  writeFileSync(path, '{"block": ["("]}');
  expect(look()).toEqual({
    name: 'policy',
    state: 'failed',
    text: 'policy.json cannot be used: block[0]: ( is no regular expression: missing closing ): `(?i)(`',
    remedy: `Correct ${path}. Until then the last version of it that was right is in force.`,
  });
  writeFileSync(path, '{}');
  chmodSync(path, 0o666);
  expect(look()).toMatchObject({
    state: 'failed',
    text: expect.stringContaining('chmod 600') as string,
  });
});
