import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeDiagnoses } from '../../../src/ops/doctor/places.ts';
import { viewOf } from '../../../src/ops/status/site.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { contradictions } from '../../../src/platform/configuration/rules.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { createProjectStore } from '../../../src/policy/projects.ts';
import { siteRig } from '../status/rig.ts';

const rigWith = async (settings: Readonly<Record<string, string>> = {}) => {
  const rig = await siteRig();
  Object.assign(rig.environment, settings);
  return { ...rig, look: async () => placeDiagnoses(await viewOf(rig.site())) };
};

test('where nothing is named and no sandbox is asked for, there is nothing to say', async () => {
  const { look } = await rigWith();
  expect(await look()).toEqual([]);
});

test('a sandbox that is asked for is tried: it works, or it is said why not and what to do', async () => {
  const rig = await rigWith({ SANDBOX: 'bubblewrap' });
  const folder = join(rig.userHome, 'programs');
  mkdirSync(folder);
  rig.environment['PATH'] = folder;
  expect(await rig.look()).toMatchObject([
    { name: 'sandbox', state: 'failed', text: 'bubblewrap (`bwrap`) is not installed' },
  ]);
  const program = join(folder, 'bwrap');
  writeFileSync(
    program,
    '#!/bin/sh\necho "bwrap: setting up uid map: Permission denied" >&2\nexit 1\n',
  );
  chmodSync(program, 0o755);
  expect(await rig.look()).toMatchObject([
    {
      state: 'failed',
      text: expect.stringContaining('setting up uid map: Permission denied'),
      remedy: expect.stringContaining('SANDBOX=off'),
    },
  ]);
  writeFileSync(program, '#!/bin/sh\nexit 0\n');
  expect(await rig.look()).toEqual([{ name: 'sandbox', state: 'ok', text: 'bubblewrap works' }]);
});

test('on a system that has no bubblewrap the setting is refused', () => {
  expect(contradictions({ SANDBOX: 'bubblewrap' }, 'linux')).toEqual([]);
  expect(contradictions({ SANDBOX: 'bubblewrap' }, 'darwin')).toEqual([
    'SANDBOX can be bubblewrap on Linux alone: set it to off here.',
  ]);
  expect(contradictions({ SANDBOX: 'off' }, 'darwin')).toEqual([]);
});

test('projects and folders of roles that may not be worked in are named, each with why', async () => {
  const rig = await rigWith();
  const { userHome, home } = rig;
  symlinkSync('/', join(userHome, 'link'));
  const database = openDatabase(join(home, 'claudio.db'));
  const projects = createProjectStore(database, systemClock);
  projects.add({ name: 'fine', path: userHome });
  projects.add({ name: 'root', path: join(userHome, 'link') });
  projects.add({ name: 'gone', path: join(userHome, 'gone') });
  database.close();
  const folders = [userHome, join(userHome, 'link')];
  writeFileSync(join(home, 'policy.json'), JSON.stringify({ roles: { member: { folders } } }));
  expect((await rig.look()).map(({ name, state, text }) => `${name} ${state} ${text}`)).toEqual([
    `project warning gone: ${userHome}/gone is not there`,
    `project warning root: ${userHome}/link is outside of the folders that may be worked in`,
    `folders warning ${userHome}/link, of the member in policy.json, is outside of the folders that may be worked in, and is left out`,
  ]);
});
