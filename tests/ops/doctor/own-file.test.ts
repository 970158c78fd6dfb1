import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultCommandsText } from '../../../src/commands/custom/defaults.ts';
import { readCommands } from '../../../src/commands/custom/schema.ts';
import { ownFileDiagnosis } from '../../../src/ops/doctor/own-file.ts';
import { inspectConfiguration } from '../../../src/platform/configuration/load.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('the doctor says what stands in commands.json, and what is wrong with it', () => {
  const home = temporaryFolder();
  const path = join(home, 'commands.json');
  const configuration = inspectConfiguration({ CLAUDIO_HOME: home, HOME: home });
  const look = () =>
    ownFileDiagnosis(
      { configuration },
      { file: 'commands.json', name: 'commands', read: readCommands },
    );
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
