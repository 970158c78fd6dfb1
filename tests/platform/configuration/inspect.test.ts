import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  claudioHomePath,
  inspectConfiguration,
  loadConfiguration,
} from '../../../src/platform/configuration/load.ts';
import { checkChange } from '../../../src/platform/configuration/rules.ts';
import { defaultText, SETTING_NAMES } from '../../../src/platform/configuration/schema.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const REQUIRED = { TELEGRAM_BOT_TOKEN: '1:test-token', TELEGRAM_CHAT_ID: '42' };

function homeWith(content: string, mode = 0o600): { HOME: string; file: string; home: string } {
  const HOME = temporaryFolder();
  const home = join(HOME, '.claudio');
  mkdirSync(home);
  const file = join(home, 'service.env');
  writeFileSync(file, content, { mode });
  return { HOME, file, home };
}

test('before the first set-up there are defaults, what is missing, and nothing is made', () => {
  const HOME = temporaryFolder();
  const inspection = inspectConfiguration({ HOME });
  expect(inspection).toMatchObject({
    home: join(HOME, '.claudio'),
    file: join(HOME, '.claudio', 'service.env'),
    given: {},
    settings: { PORT: 8421, MODEL: 'haiku' },
    warnings: [],
  });
  expect(inspection.faults).toEqual([
    expect.stringContaining('TELEGRAM_BOT_TOKEN is missing.'),
    expect.stringContaining('TELEGRAM_CHAT_ID is missing.'),
  ]);
  expect(existsSync(inspection.home)).toBe(false);
});

test('a broken line and a wrong value are faults, and everything else counts', () => {
  const { HOME } = homeWith('PORT="eighty"\nMODEL="opus"\nnot a line\nTELEGRAM_CHAT_ID="42"\n');
  const { settings, faults, given } = inspectConfiguration({ HOME });
  expect(faults).toEqual([
    'Line 3 is not of the form KEY="value".',
    'PORT must be a whole number from 1 to 65535.',
    expect.stringContaining('TELEGRAM_BOT_TOKEN is missing.'),
  ]);
  expect(settings).toMatchObject({ PORT: 8421, MODEL: 'opus', TELEGRAM_CHAT_ID: '42' });
  expect(given).toEqual({ PORT: 'eighty', MODEL: 'opus', TELEGRAM_CHAT_ID: '42' });
});

test('it changes nothing, not even the rights of the file', () => {
  const { HOME, file } = homeWith('PORT="9000"\n', 0o644);
  inspectConfiguration({ HOME });
  expect(statSync(file).mode & 0o777).toBe(0o644);
  loadConfiguration({ HOME, ...REQUIRED });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('it finds the same faults as the start does, and none where that has none', () => {
  for (const content of [
    '',
    'PORT="0"\n',
    'TUNNEL_NAME="one"\n',
    'TUNNEL_QUICK="1"\nWEBHOOK_URL="https://claudio.example.com"\n',
    'MODEL="two words"\nbroken\nTUNNEL_HOSTNAME="x"\n',
  ]) {
    const { HOME } = homeWith(content);
    const { faults } = inspectConfiguration({ HOME, ...REQUIRED });
    let said = '';
    try {
      loadConfiguration({ HOME, ...REQUIRED });
    } catch (error) {
      said = String(error);
    }
    const told = said
      .split('\n')
      .flatMap((line) => (line.startsWith('  - ') ? [line.slice(4)] : []));
    expect(new Set(faults), content).toEqual(new Set(told));
  }
});

test('a file that cannot be read is a sentence, and so is a home that is no absolute path', () => {
  const HOME = temporaryFolder();
  mkdirSync(join(HOME, '.claudio', 'service.env'), { recursive: true });
  expect(() => inspectConfiguration({ HOME })).toThrow(
    expect.objectContaining({
      code: 'home.unusable',
      message: expect.stringMatching(/service\.env cannot be read: EISDIR/u),
    }),
  );
  expect(() => claudioHomePath({ HOME, CLAUDIO_HOME: 'here' })).toThrow(
    'CLAUDIO_HOME must be an absolute path, not here.',
  );
  expect(() => claudioHomePath({ HOME: 'here' })).toThrow('HOME must be the absolute path');
});

test('without HOME it is the folder that the system knows', () => {
  expect(claudioHomePath({})).toMatch(/^\/.+\/\.claudio$/u);
});

test('a home path with spaces and quotes is one like any other', () => {
  const HOME = join(temporaryFolder(), `it's "my" home, $HOME`);
  mkdirSync(HOME);
  const { home, settings } = loadConfiguration({ HOME, ...REQUIRED });
  expect(home).toBe(join(HOME, '.claudio'));
  expect(inspectConfiguration({ HOME, ...REQUIRED }).settings.WEBHOOK_SECRET).toBe(
    settings.WEBHOOK_SECRET,
  );
});

test('a folder to work in that is not there is a doubt and no fault', () => {
  const HOME = temporaryFolder();
  const environment = { HOME, ...REQUIRED, CLAUDE_WORK_DIR: join(HOME, 'projects') };
  const doubt = expect.stringMatching(/^CLAUDE_WORK_DIR is .*projects, which is no folder, /u);
  expect(inspectConfiguration(environment)).toMatchObject({ faults: [], warnings: [doubt] });
  expect(loadConfiguration(environment).warnings).toEqual([doubt]);
  mkdirSync(join(HOME, 'projects'));
  expect(loadConfiguration(environment).warnings).toEqual([]);
});

test('a change is checked by itself, and against the settings that stay', () => {
  expect(checkChange({}, 'PORT', '80a')).toEqual({
    faults: ['PORT must be a whole number from 1 to 65535.'],
    warnings: [],
  });
  expect(checkChange({}, 'PORT', '8080')).toEqual({ faults: [], warnings: [] });
  // Empty means: not set.
  expect(checkChange({ PORT: '1' }, 'PORT', '')).toEqual({ faults: [], warnings: [] });
  expect(checkChange({ WEBHOOK_URL: 'https://a.example.com' }, 'TUNNEL_QUICK', '1').faults).toEqual(
    ['TUNNEL_QUICK makes an address of its own: remove WEBHOOK_URL, or TUNNEL_QUICK.'],
  );
  expect(checkChange({}, 'TUNNEL_NAME', 'one')).toEqual({
    faults: [],
    warnings: ['TUNNEL_NAME and TUNNEL_HOSTNAME go together: `claudio tunnel setup` sets both.'],
  });
  expect(checkChange({ TUNNEL_NAME: 'one' }, 'TUNNEL_HOSTNAME', 'a.example.com')).toEqual({
    faults: [],
    warnings: [],
  });
  // What was wrong before does not stand in the way of the rest.
  const wrong = { TUNNEL_QUICK: '1', TUNNEL_NAME: 'one', PORT: 'x' };
  expect(checkChange(wrong, 'MODEL', 'opus')).toEqual({ faults: [], warnings: [] });
  expect(checkChange(wrong, 'TUNNEL_NAME', null)).toEqual({ faults: [], warnings: [] });
});

test('the default of each setting, as text, is what an empty configuration has', () => {
  const HOME = temporaryFolder();
  const shown = Object.fromEntries(
    SETTING_NAMES.flatMap((name) => {
      const text = defaultText(name);
      return text === null ? [] : [[name, text]];
    }),
  );
  expect(shown).toMatchObject({
    PORT: '8421',
    SHUTDOWN_GRACE: '600',
    TELEGRAM_API_ROOT: 'https://api.telegram.org',
  });
  expect(inspectConfiguration({ HOME, ...shown }).settings).toEqual(
    inspectConfiguration({ HOME }).settings,
  );
});
