import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ClaudioError } from '../../../src/core/error.ts';
import {
  asBotSees,
  inspectConfiguration,
  loadConfiguration,
} from '../../../src/platform/configuration/load.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MAIN = 'TELEGRAM_BOT_TOKEN="1:main-token"\nTELEGRAM_CHAT_ID="11"\nWEBHOOK_SECRET="main-s"\n';
const WORK = 'TELEGRAM_BOT_TOKEN="2:work-token"\nTELEGRAM_CHAT_ID="22"\n';

/** A home with a `service.env` and the `bot.env` files that are given by name. */
function homeWith(service: string | null, bots: Readonly<Record<string, string>> = {}) {
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  mkdirSync(join(home, 'bots'), { recursive: true });
  if (service !== null) writeFileSync(join(home, 'service.env'), service);
  const fileOf = (name: string) => join(home, 'bots', name, 'bot.env');
  for (const [name, text] of Object.entries(bots)) {
    mkdirSync(join(home, 'bots', name));
    writeFileSync(fileOf(name), text);
  }
  const environment = { HOME: userHome };
  return {
    home,
    fileOf,
    load: (more: Record<string, string> = {}) => loadConfiguration({ ...environment, ...more }),
    inspect: () => inspectConfiguration(environment),
    faults: (more: Record<string, string> = {}) => {
      try {
        loadConfiguration({ ...environment, ...more });
      } catch (error) {
        if (error instanceof ClaudioError) return error.message;
        throw error;
      }
      return null;
    },
  };
}

test('a home of before, with service.env alone, is read as it is: its bot is main', () => {
  const { load, home } = homeWith(`${MAIN}MODEL="opus"\nTELEGRAM_ALLOWED_USERS="5,6"\n`);
  const { bots, settings, warnings } = load();
  expect(bots).toEqual([
    {
      name: 'main',
      file: join(home, 'service.env'),
      TELEGRAM_BOT_TOKEN: '1:main-token',
      TELEGRAM_CHAT_ID: '11',
      TELEGRAM_ALLOWED_USERS: ['5', '6'],
      WEBHOOK_SECRET: 'main-s',
      MODEL: 'opus',
      MAX_HISTORY_LINES: 20,
      CLAUDE_WORK_DIR: join(home, '..'),
    },
  ]);
  expect(settings).toMatchObject({ TELEGRAM_BOT_TOKEN: '1:main-token', TELEGRAM_CHAT_ID: '11' });
  expect(warnings).toEqual([]);
});

test('a bot has its own, and from service.env what it does not say and nothing of the other bot', () => {
  const { load, fileOf } = homeWith(
    `${MAIN}MODEL="opus"\nMAX_HISTORY_LINES="7"\nTELEGRAM_ALLOWED_USERS="5"\n`,
    { work: `${WORK}MODEL="sonnet"\n`, able: 'TELEGRAM_BOT_TOKEN="3:a"\nTELEGRAM_CHAT_ID="33"\n' },
  );
  const { bots } = load();
  expect(bots.map(({ name }) => name)).toEqual(['main', 'able', 'work']);
  expect(bots[2]).toMatchObject({
    TELEGRAM_CHAT_ID: '22',
    TELEGRAM_ALLOWED_USERS: [],
    MODEL: 'sonnet',
    MAX_HISTORY_LINES: 7,
    file: fileOf('work'),
  });
  expect(bots[1]).toMatchObject({ MODEL: 'opus', TELEGRAM_CHAT_ID: '33' });
});

test('a webhook secret is made and kept where there is none, and the files are made private', () => {
  const { load, home, fileOf } = homeWith(MAIN, { work: WORK });
  chmodSync(fileOf('work'), 0o644);
  const secret = load().bots[1]?.WEBHOOK_SECRET ?? '';
  expect(secret).toMatch(/^[\w-]{40,}$/u);
  expect(readFileSync(fileOf('work'), 'utf8')).toContain(secret);
  expect(load().bots[1]?.WEBHOOK_SECRET).toBe(secret);
  expect(statSync(fileOf('work')).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'bots', 'work')).mode & 0o777).toBe(0o700);
});

test('a home without a bot in service.env works, and what is asked of "the" bot is that of the first', () => {
  const { load } = homeWith('PORT="8500"\n', { work: WORK });
  const { settings, bots } = load();
  expect(bots.map(({ name }) => name)).toEqual(['work']);
  expect(settings).toMatchObject({
    PORT: 8500,
    TELEGRAM_BOT_TOKEN: '2:work-token',
    TELEGRAM_CHAT_ID: '22',
    WEBHOOK_SECRET: bots[0]?.WEBHOOK_SECRET,
  });
});

test('a home with neither says what it always said', () => {
  const { faults } = homeWith('');
  expect(faults()).toContain('TELEGRAM_BOT_TOKEN is missing. Send /newbot to @BotFather');
  expect(faults()).toContain('TELEGRAM_CHAT_ID is missing.');
});

test('the faults of all files are told at once, each with its file and key', () => {
  const { faults, fileOf } = homeWith(`${MAIN}PORT="none"\n`, {
    work: 'TELEGRAM_BOT_TOKEN="nonsense"\nMAX_HISTORY_LINES="many"\n',
    other: 'what is this\nTELEGRAM_BOT_TOKEN="3:x"\nTELEGRAM_CHAT_ID="33"\n',
  });
  const told = faults();
  for (const fault of [
    'PORT must be a whole number',
    `${fileOf('work')}: TELEGRAM_BOT_TOKEN must look like`,
    `${fileOf('work')}: TELEGRAM_CHAT_ID is missing`,
    `${fileOf('work')}: MAX_HISTORY_LINES must be`,
    `${fileOf('other')}: line 1 is not of the form`,
  ]) {
    expect(told).toContain(fault);
  }
  expect(told).toContain('has 5 faults');
});

test('a fault that a bot inherits is told once, where it stands', () => {
  const { faults } = homeWith(`${MAIN}MODEL="no model"\n`, { work: WORK });
  expect(faults()).toContain('has a fault');
  expect(faults()).toContain('- MODEL must be an alias');
});

test('two bots have neither a secret nor a bot of Telegram in common, and no secret is told', () => {
  const { faults, fileOf } = homeWith(MAIN, { work: `${WORK}WEBHOOK_SECRET="main-s"\n` });
  expect(faults()).toContain(
    `${fileOf('work')} has the same WEBHOOK_SECRET as main: delete that line, a new one is made.`,
  );
  expect(faults()).not.toContain('main-s');

  const twice = homeWith(MAIN, { work: 'TELEGRAM_BOT_TOKEN="1:new"\nTELEGRAM_CHAT_ID="22"\n' });
  expect(twice.faults()).toContain(
    `${twice.fileOf('work')}: TELEGRAM_BOT_TOKEN is that of the bot main too`,
  );
});

test('main stands in one place: in service.env or the environment, or in a file of its own', () => {
  const both = homeWith(MAIN, { main: WORK });
  expect(both.faults()).toContain('There are two bots called main');
  const own = homeWith('', {
    main: WORK,
    able: 'TELEGRAM_BOT_TOKEN="3:a"\nTELEGRAM_CHAT_ID="3"\n',
  });
  expect(own.load().bots.map(({ name }) => name)).toEqual(['main', 'able']);
  expect(own.faults({ TELEGRAM_BOT_TOKEN: '9:e', TELEGRAM_CHAT_ID: '9' })).toContain(
    'There are two bots called main',
  );
});

test('what is for the service as a whole has no effect in bot.env, with a word on where it belongs', () => {
  const { load, fileOf } = homeWith(MAIN, { work: `${WORK}PORT="1"\nMODLE="opus"\n` });
  expect(load().warnings).toEqual([
    `${fileOf('work')}, line 3: PORT is for the service as a whole and has no effect here: it belongs into service.env.`,
    `${fileOf('work')}, line 4: MODLE is not a setting of Claudio and has no effect. Did you mean MODEL?`,
  ]);
});

/** The same settings, with the chat of a group. */
function group(text: string): string {
  return text.replace(/CHAT_ID="/u, 'CHAT_ID="-100');
}

function doubt(prefix: string): string {
  return expect.stringMatching(
    new RegExp(`^${prefix}TELEGRAM_CHAT_ID is that of a group`, 'u'),
  ) as string;
}

test('a bot whose chat is a group has no owner: each is told once, in the file where it stands', () => {
  for (const [service, bots, files] of [
    [MAIN, { work: WORK }, []],
    [group(MAIN), {}, ['']],
    [group(MAIN), { work: WORK }, ['']],
    [MAIN, { work: group(WORK) }, ['work']],
    [group(MAIN), { work: group(WORK) }, ['', 'work']],
    ['', { main: group(MAIN), work: WORK }, ['main']],
    ['', { work: group(WORK) }, ['work']],
  ] as const) {
    const { load, inspect, fileOf } = homeWith(service, bots);
    const doubts = files.map((file) => doubt(file === '' ? '' : `${fileOf(file)}: `));
    expect(load().warnings).toEqual(doubts);
    expect(inspect().warnings).toEqual(doubts);
  }
});

test('a folder that no bot can be called by is a fault, and one without bot.env a doubt', () => {
  const { faults } = homeWith(MAIN, { 'My Bot': WORK });
  expect(faults()).toContain('"My Bot" is no name for a bot');
  const empty = homeWith(MAIN);
  mkdirSync(join(empty.home, 'bots', 'later'));
  mkdirSync(join(empty.home, 'bots', 'main'));
  writeFileSync(join(empty.home, 'bots', 'main', 'CLAUDE.md'), 'Be kind.');
  expect(empty.load().warnings).toEqual([expect.stringContaining('there is no bot later')]);
});

test('one bot sees its own settings, also one that is not there yet', () => {
  const { inspect, fileOf } = homeWith(`${MAIN}MODEL="opus"\n`, { work: WORK });
  const work = asBotSees(inspect(), 'work');
  expect(work.file).toBe(fileOf('work'));
  expect(work.settings).toMatchObject({ TELEGRAM_CHAT_ID: '22', MODEL: 'opus', PORT: 8421 });
  expect(work.settings.WEBHOOK_SECRET).toBeUndefined();
  const later = asBotSees(inspect(), 'later');
  expect(later.file).toBe(fileOf('later'));
  expect(later.settings.TELEGRAM_BOT_TOKEN).toBeUndefined();
  expect(asBotSees(inspect(), 'main').settings.TELEGRAM_CHAT_ID).toBe('11');
});
