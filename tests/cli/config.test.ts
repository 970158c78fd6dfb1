import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { configGet, configSet } from '../../src/cli/config.ts';
import { defaultText } from '../../src/platform/configuration/schema.ts';
import { cliWorld, type CliWorld } from '../support/cli.ts';
import { terminal } from '../support/terminal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { unprivileged } from '../support/unprivileged.ts';
import { claudio } from './claudio.ts';

const TOKEN = '1:made-up-token-for-tests';

/** Runs `config set` in a script. */
async function set(
  world: CliWorld,
  key: string,
  value?: string,
  options: {
    readonly unset?: boolean;
    readonly stdin?: string;
    readonly environment?: Record<string, string>;
  } = {},
) {
  const { unset, ...how } = options;
  const { context, shown } = world.script(how);
  const code = await configSet(context, key, value, unset === undefined ? {} : { unset });
  return { code, shown: shown() };
}

async function connected(): Promise<CliWorld> {
  const world = await cliWorld();
  world.set({ TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_CHAT_ID: '42' });
  return world;
}

test('a setting is changed in its place, the comments stay, and what applies it is said', async () => {
  const world = await connected();
  writeFileSync(world.envFile, `# mine\nPORT="9000" # here\n${world.env()}# end\n`);
  const { code, shown } = await set(world, 'port', '9001');
  expect(code).toBe(0);
  expect(shown).toBe(`✔ PORT is set in ${world.envFile}.\n\`claudio restart\` applies it.\n`);
  expect(world.env()).toMatch(/^# mine\nPORT="9001"\n[^]*# end\n$/u);
  expect(statSync(world.envFile).mode & 0o777).toBe(0o600);
  expect((await set(world, 'PORT', '9001')).shown).toBe(
    'PORT was so before: nothing was changed.\n',
  );
  expect((await set(world, 'PORT', undefined, { unset: true })).shown).toContain('PORT is removed');
  expect(world.env()).not.toContain('PORT');
});

test('a wrong value, an unknown setting and a value too many change nothing and say what would be right', async () => {
  const world = await connected();
  const before = world.env();
  await expect(set(world, 'PORT', '80a')).rejects.toMatchObject({
    code: 'config.invalid',
    message: 'PORT must be a whole number from 1 to 65535.',
  });
  await expect(set(world, 'PROT', '1')).rejects.toMatchObject({
    code: 'config.unknown-setting',
    message: 'There is no setting PROT. Did you mean PORT?',
  });
  await expect(set(world, 'NOTHING_LIKE_IT', '1')).rejects.toMatchObject({
    message: 'There is no setting NOTHING_LIKE_IT.',
  });
  await expect(set(world, 'PORT', '1', { unset: true })).rejects.toThrow('--unset takes no value');
  await expect(set(world, 'PORT', undefined, { stdin: '\n' })).rejects.toMatchObject({
    code: 'config.no-value',
  });
  expect(world.env()).toBe(before);
});

test('settings that cannot be together are refused; the half of a pair is set with a warning', async () => {
  const world = await connected();
  await set(world, 'WEBHOOK_URL', 'https://claudio.example.com');
  await expect(set(world, 'TUNNEL_QUICK', '1')).rejects.toThrow('remove WEBHOOK_URL');
  expect((await set(world, 'TUNNEL_NAME', 'one')).shown).toContain(
    '⚠ TUNNEL_NAME and TUNNEL_HOSTNAME',
  );
  expect((await set(world, 'TUNNEL_HOSTNAME', 'a.example.com')).shown).not.toContain('⚠');
});

test('a secret is taken from standard input, or asked for without showing it, and never as an argument', async () => {
  const world = await connected();
  await expect(set(world, 'TELEGRAM_BOT_TOKEN', '2:another-made-up-token')).rejects.toMatchObject({
    code: 'config.secret-in-arguments',
    message: expect.not.stringContaining('another-made-up'),
  });
  const piped = await set(world, 'TELEGRAM_BOT_TOKEN', undefined, { stdin: '2:piped-made-up\n' });
  expect(piped.shown).not.toContain('piped-made-up');
  expect(world.env()).toContain('TELEGRAM_BOT_TOKEN="2:piped-made-up"');

  const at = terminal([[/WEBHOOK_SECRET\?/u, 'typed-made-up-secret\r']]);
  expect(await configSet(world.context(at), 'WEBHOOK_SECRET', undefined, {})).toBe(0);
  expect(at.raw()).not.toContain('typed-made-up');
  expect(world.env()).toContain('WEBHOOK_SECRET="typed-made-up-secret"');
});

test('where the environment sets it too, that is said; so is what else is wrong', async () => {
  const world = await connected();
  const { shown } = await set(world, 'PORT', '9000', { environment: { PORT: '9001' } });
  expect(shown).toContain('⚠ Your environment sets PORT too, and wins over the file.');
  writeFileSync(world.envFile, 'this is no line\n', { flag: 'a' });
  expect((await set(world, 'MODEL', 'opus')).shown).toMatch(
    /There is more to correct before the service starts:\nLine \d+ is not of the form/u,
  );
});

test('get prints the bare value, the default where none is set, and a secret masked', async () => {
  const world = await connected();
  const get = async (key: string) => {
    const { context, shown } = world.script();
    expect(await configGet(context, key)).toBe(0);
    return shown();
  };
  await set(world, 'CLAUDE_WORK_DIR', `${world.userHome}/it's "here"`);
  expect(await get('CLAUDE_WORK_DIR')).toBe(`${world.userHome}/it's "here"`);
  expect(await get('SHUTDOWN_GRACE')).toBe(defaultText('SHUTDOWN_GRACE'));
  expect(await get('TELEGRAM_BOT_TOKEN')).toBe('(set, ends in ests)');
  await set(world, 'WEBHOOK_SECRET', undefined, { stdin: 'short' });
  expect(await get('WEBHOOK_SECRET')).toBe('(set, hidden)');
  expect(() => configGet(world.script().context, 'CLAUDE_BIN')).toThrow('CLAUDE_BIN is not set.');
});

test('the list has every setting with where it comes from, each fault, and no secret', async () => {
  const HOME = temporaryFolder();
  const home = join(HOME, '.claudio');
  mkdirSync(home);
  writeFileSync(
    join(home, 'service.env'),
    `TELEGRAM_BOT_TOKEN="${TOKEN}"\nMODEL="two words"\nbroken line\nTUNNEL_NAME="one"\nTUNNEL_HOSTNAME="a.example.com"\n`,
  );
  const env = {
    HOME,
    PATH: '/usr/bin:/bin',
    LOG_LEVEL: 'debug',
    ELEVENLABS_API_KEY: 'made-up-key',
  };
  const { code, stdout, stderr } = await claudio(['config'], env);
  expect({ code, stderr }).toEqual({ code: 78, stderr: '' });
  expect(stdout).not.toMatch(/made-up/u);
  for (const line of [
    /^PORT +default +8421$/mu,
    /^LOG_LEVEL +environment +debug$/mu,
    /^MODEL +file +two words$/mu,
    /^CLAUDE_BIN +\(not set\)$/mu,
    /^TELEGRAM_BOT_TOKEN +file +\(set, ends in ests\)$/mu,
    /^ELEVENLABS_API_KEY +environment +\(set, hidden\)$/mu,
    /^WEBHOOK_URL +default +https:\/\/a\.example\.com$/mu,
    /^✖ Line 3 is not of the form KEY="value"\.$/mu,
    /^✖ MODEL must be an alias/mu,
    /^✖ TELEGRAM_CHAT_ID is missing\./mu,
  ]) {
    expect(stdout).toMatch(line);
  }
  const json = await claudio(['config', 'list', '--json'], env);
  expect(json.stdout).not.toMatch(/made-up/u);
  expect(JSON.parse(json.stdout)).toMatchObject({
    home,
    faults: expect.arrayContaining([expect.stringContaining('MODEL')]),
    settings: expect.arrayContaining([
      { name: 'PORT', value: '8421', source: 'default' },
      { name: 'CLAUDE_BIN', value: null, source: 'default' },
    ]),
  });
});

test('the program itself sets a number below zero, and a home that cannot be written is a sentence', async () => {
  const HOME = temporaryFolder();
  const env = { HOME, PATH: '/usr/bin:/bin' };
  const chat = await claudio(['config', 'set', 'TELEGRAM_CHAT_ID', '-1001234567890'], env);
  expect(chat.code).toBe(0);
  const file = join(HOME, '.claudio', 'service.env');
  expect(readFileSync(file, 'utf8')).toBe('TELEGRAM_CHAT_ID="-1001234567890"\n');

  rmSync(join(HOME, '.claudio'), { recursive: true });
  writeFileSync(join(HOME, '.claudio'), 'a file stands in the way');
  const refused = await claudio(['config', 'set', 'PORT', '9000'], env);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /^The folder .*\.claudio cannot be used: EEXIST.*\nMake it writable/u,
  );
  expect(refused.stderr).not.toMatch(/\bat .*:\d+/u);
});

test('a read-only home is a sentence', async () => {
  const world = await connected();
  chmodSync(world.home, 0o500);
  await unprivileged(dirname(world.home), async () => {
    await expect(set(world, 'PORT', '9000')).rejects.toMatchObject({
      code: 'home.unusable',
      message: expect.stringContaining('cannot be written'),
    });
  });
  chmodSync(world.home, 0o700);
});
