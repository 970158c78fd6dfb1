import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ClaudioError } from '../../../src/core/error.ts';
import { loadConfiguration } from '../../../src/platform/configuration/load.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const REQUIRED = { TELEGRAM_BOT_TOKEN: '1:test', TELEGRAM_CHAT_ID: '42' };

function refusalOf(environment: Record<string, string>): ClaudioError | null {
  try {
    loadConfiguration(environment);
  } catch (error) {
    if (error instanceof ClaudioError) return error;
    throw error;
  }
  return null;
}

function faultsOf(environment: Record<string, string>): string {
  const refusal = refusalOf(environment);
  return refusal === null ? 'no fault' : `${refusal.code}\n${refusal.message}`;
}

test('what is not set has its default', () => {
  const HOME = temporaryFolder();
  const { settings, home } = loadConfiguration({ HOME, ...REQUIRED });
  expect(home).toBe(join(HOME, '.claudio'));
  expect(settings).toMatchObject({
    PORT: 8421,
    MODEL: 'haiku',
    MAX_HISTORY_LINES: 20,
    WEBHOOK_RETRY_DELAY: 60_000,
    TURN_IDLE_LIMIT: 600_000,
    MAX_QUEUE_SIZE: 5,
    MAX_CONCURRENT_TURNS: 3,
    SHUTDOWN_GRACE: 600_000,
    TELEGRAM_API_ROOT: 'https://api.telegram.org',
    TELEGRAM_ALLOWED_USERS: [],
    CLAUDE_WORK_DIR: HOME,
    PROGRESS: 'brief',
    STREAM_ANSWERS: 'off',
    JOIN_QUEUED: false,
    RICH_MESSAGES: false,
    ELEVENLABS_STT_MODEL: 'scribe_v2',
    ELEVENLABS_VOICE_ID: 'iP95p4xoKVk53GoZ742B',
    ELEVENLABS_MODEL: 'eleven_multilingual_v2',
    ELEVENLABS_API_ROOT: 'https://api.elevenlabs.io',
  });
  expect(settings.ELEVENLABS_API_KEY).toBeUndefined();
  expect(settings.CLAUDE_TOOLS).toBeUndefined();
});

test('a limit that is not set is neither 0 nor anything else: what holds then depends on the role', () => {
  const HOME = temporaryFolder();
  const names = ['RATE_LIMIT_PER_HOUR', 'MAX_WAITING_PER_PERSON'] as const;
  const without = loadConfiguration({ HOME, ...REQUIRED }).settings;
  expect(names.map((name) => without[name])).toEqual([undefined, undefined]);
  const given = { RATE_LIMIT_PER_HOUR: '0', MAX_WAITING_PER_PERSON: '7' };
  const { settings } = loadConfiguration({ HOME, ...REQUIRED, ...given });
  expect(names.map((name) => settings[name])).toEqual([0, 7]);
  const bad = { RATE_LIMIT_PER_HOUR: '-1', MAX_WAITING_PER_PERSON: 'some' };
  expect(faultsOf({ HOME, ...REQUIRED, ...bad })).toMatch(/RATE_LIMIT.*\n?.*MAX_WAITING/u);
});

test('a comma in parentheses parts no tools', () => {
  const CLAUDE_TOOLS = 'Read(./{src,docs}/**), Bash(git log:*),Bash(git diff:*)';
  const { settings } = loadConfiguration({ HOME: temporaryFolder(), ...REQUIRED, CLAUDE_TOOLS });
  expect(settings.CLAUDE_TOOLS).toEqual([
    'Read(./{src,docs}/**)',
    'Bash(git log:*)',
    'Bash(git diff:*)',
  ]);
});

test('the environment wins over the file', () => {
  const HOME = temporaryFolder();
  const CLAUDIO_HOME = join(HOME, 'elsewhere');
  mkdirSync(CLAUDIO_HOME);
  writeFileSync(join(CLAUDIO_HOME, 'service.env'), 'PORT="9000"\nMODEL="opus"\n');
  const { settings } = loadConfiguration({ HOME, CLAUDIO_HOME, ...REQUIRED, PORT: '9001' });
  expect(settings).toMatchObject({ PORT: 9001, MODEL: 'opus' });
});

test('every fault is named at once, with its key and what would be right', () => {
  const HOME = temporaryFolder();
  mkdirSync(join(HOME, '.claudio'));
  writeFileSync(join(HOME, '.claudio', 'service.env'), 'PORT="eighty"\nnonsense\n');
  const text = faultsOf({
    HOME,
    TELEGRAM_BOT_TOKEN: 'wrong',
    WEBHOOK_URL: 'http://claudio.example.com',
    MODEL: 'two words',
    TELEGRAM_ALLOWED_USERS: '1,me',
    CLAUDE_WORK_DIR: 'here',
    PROGRESS: 'loud',
    STREAM_ANSWERS: 'yes',
    JOIN_QUEUED: 'true',
    ELEVENLABS_VOICE_ID: '../voices',
  });
  expect(text).toContain('config.invalid');
  expect(text).toContain('Line 2 is not of the form KEY="value".');
  expect(text).toContain('PORT must be a whole number from 1 to 65535.');
  expect(text).toContain('TELEGRAM_BOT_TOKEN must look like');
  expect(text).toContain('TELEGRAM_CHAT_ID is missing.');
  expect(text).toContain('WEBHOOK_URL must begin with https://.');
  expect(text).toContain('MODEL must be an alias');
  expect(text).toContain('TELEGRAM_ALLOWED_USERS must be user ids');
  expect(text).toContain('CLAUDE_WORK_DIR must be an absolute path.');
  expect(text).toContain('PROGRESS must be one of off, brief, full.');
  expect(text).toContain('STREAM_ANSWERS must be 0, 1 or draft.');
  expect(text).toContain('JOIN_QUEUED must be 1 (on) or 0 (off).');
  expect(text).toContain('ELEVENLABS_VOICE_ID must be letters, digits, _, - or .');
  expect(text).toContain('12 faults');
});

test('what to do about faults is said: set it up where nothing is, else correct the file, or the environment', () => {
  const HOME = temporaryFolder();
  const file = join(HOME, '.claudio', 'service.env');
  expect(refusalOf({ HOME })?.hint).toBe(
    `Nothing is set up yet: \`claudio install\` asks for what is missing. Or set it in ${file} or your environment.`,
  );
  writeFileSync(file, 'PORT="eighty"\n');
  expect(refusalOf({ HOME, ...REQUIRED })?.hint).toBe(
    `Correct ${file} (or your environment, which wins over the file) and start again.`,
  );
  expect(refusalOf({ HOME, CLAUDIO_HOME: 'here' })?.hint).toBe(
    'Correct your environment and start again.',
  );
});

test('an unknown key in the file is a warning that suggests the nearest known one', () => {
  const HOME = temporaryFolder();
  mkdirSync(join(HOME, '.claudio'));
  writeFileSync(join(HOME, '.claudio', 'service.env'), 'MAX_QUEU_SIZE="3"\nSOMETHING_ELSE="1"\n');
  const { warnings } = loadConfiguration({ HOME, ...REQUIRED });
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toMatch(/line 1: MAX_QUEU_SIZE .* Did you mean MAX_QUEUE_SIZE\?$/u);
  expect(warnings[1]).toMatch(/line 2: SOMETHING_ELSE .* no effect\.$/u);
});

test('a model of ElevenLabs that is retired is a warning that says which to take', () => {
  const environment = { HOME: temporaryFolder(), ...REQUIRED, ELEVENLABS_STT_MODEL: 'scribe_v1' };
  expect(loadConfiguration(environment).warnings).toEqual([
    expect.stringMatching(/scribe_v1.*retired\. Set it to scribe_v2/u),
  ]);
});

test('a missing webhook secret is made, saved and found again', () => {
  const HOME = temporaryFolder();
  mkdirSync(join(HOME, '.claudio'));
  const file = join(HOME, '.claudio', 'service.env');
  writeFileSync(file, '# mine\nPORT="9000"');
  const first = loadConfiguration({ HOME, ...REQUIRED }).settings;
  const second = loadConfiguration({ HOME, ...REQUIRED }).settings;
  expect(first.WEBHOOK_SECRET).toMatch(/^[\w-]{40,}$/u);
  expect(second.WEBHOOK_SECRET).toBe(first.WEBHOOK_SECRET);
  expect(readFileSync(file, 'utf8')).toMatch(/^# mine\nPORT="9000"\nWEBHOOK_SECRET="[\w-]+"\n$/u);
});

test('home and file are closed to others, also when they were open before', () => {
  const HOME = temporaryFolder();
  const home = join(HOME, '.claudio');
  mkdirSync(home, { mode: 0o755 });
  writeFileSync(join(home, 'service.env'), 'PORT="9000"\n', { mode: 0o644 });
  chmodSync(home, 0o755);
  loadConfiguration({ HOME, ...REQUIRED });
  expect(statSync(home).mode & 0o777).toBe(0o700);
  expect(statSync(join(home, 'service.env')).mode & 0o777).toBe(0o600);
});
