import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const REFUSED =
  'This runs in a turn of Claude, and is for a person to do. Nothing was changed.\nRun it in a terminal of your own.\n';

let said = '';

beforeEach(() => {
  said = '';
  vi.stubEnv('HOME', temporaryFolder());
  vi.stubEnv('CLAUDIO_TURN', 'x.1.1');
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  }
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test.each([
  'access grant 7 owner',
  'access revoke 7',
  'project add app /srv',
  'project remove app',
  'config set MODE auto',
  'install --yes',
  'uninstall --yes',
  'telegram setup',
  'tunnel setup --quick',
  'reload',
  'console',
  'console --open --json',
  'restart',
  'stop',
  'backup restore 1 --yes',
  'backup cron install /backup',
  'backup cron uninstall',
])(
  'within a turn, claudio %s does nothing: whoever may ask Claude could have it done',
  async (line) => {
    expect(await runProgram(line.split(' '))).toBe(1);
    expect(said).toBe(REFUSED);
  },
);

test.each(['config get MODE', 'project list', 'access list'])(
  'within a turn, claudio %s looks as ever',
  async (line) => {
    await runProgram(line.split(' '));
    expect(said).not.toContain('This runs in a turn');
  },
);

test('a person in a terminal is not kept from anything', async () => {
  vi.stubEnv('CLAUDIO_TURN', undefined);
  await runProgram(['project', 'remove', 'app']);
  expect(said).not.toContain('This runs in a turn');
});
