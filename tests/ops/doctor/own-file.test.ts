import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultCommandsText } from '../../../src/commands/custom/defaults.ts';
import { commandsFile } from '../../../src/cli/doctor.ts';
import { ownFileDiagnosis, policyFile } from '../../../src/ops/doctor/own-file.ts';
import { inspectConfiguration } from '../../../src/platform/configuration/load.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('the doctor says what stands in commands.json, and what is wrong with it', () => {
  const home = temporaryFolder();
  const path = join(home, 'commands.json');
  const configuration = inspectConfiguration({ CLAUDIO_HOME: home, HOME: home });
  const look = () => ownFileDiagnosis({ configuration }, commandsFile);
  expect(look()).toMatchObject({ state: 'ok', text: expect.stringContaining('come with Claudio') });
  writeFileSync(path, defaultCommandsText(), { mode: 0o600 });
  expect(look()).toEqual({ name: 'commands', state: 'ok', text: `4 of your own, ${path}` });
  writeFileSync(path, '[{ "name": "help" }]');
  expect(look()).toMatchObject({
    state: 'failed',
    text: expect.stringMatching(/^commands\.json cannot be used: \/help: `description`: /u),
    remedy: expect.stringContaining(path),
  });
  writeFileSync(path, defaultCommandsText());
  chmodSync(path, 0o666);
  expect(look()).toMatchObject({ state: 'failed', text: expect.stringContaining('chmod 600') });
});

test('the doctor says which policy there is, and what is wrong with policy.json', () => {
  const home = temporaryFolder();
  const path = join(home, 'policy.json');
  const configuration = inspectConfiguration({ CLAUDIO_HOME: home, HOME: home });
  const look = () => ownFileDiagnosis({ configuration }, policyFile('strict'));
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
