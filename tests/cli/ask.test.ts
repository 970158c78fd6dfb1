import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/platform/database/open.ts';
import { readDatabase } from '../e2e/inspect.ts';
import { emptyEnvironment } from '../environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { claudio } from './claudio.ts';

function restingHome() {
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  mkdirSync(home);
  openDatabase(join(home, 'claudio.db')).close();
  const environment = {
    ...emptyEnvironment({ home: userHome, baseUrl: 'http://127.0.0.1:9' }),
    PORT: '1',
    TELEGRAM_BOT_TOKEN: '1:test-token',
    TELEGRAM_CHAT_ID: '42',
  };
  return { home, environment };
}

test('while the service is down nothing is asked, because nobody would answer', async () => {
  const { home, environment } = restingHome();
  expect(await claudio(['ask', 'hello?'], environment)).toEqual({
    code: 69,
    stdout: '',
    stderr:
      'The service is not running, so nobody would answer. Nothing was asked.\n`claudio status` tells how it stands; `claudio restart` starts it.\n',
  });
  expect(readDatabase(home).query.turns.findMany().sync()).toEqual([]);
  expect(readDatabase(home).query.deliveries.findMany().sync()).toEqual([]);
});

test('within a turn nothing is asked, because each would wait for the other', async () => {
  const { environment } = restingHome();
  const ended = await claudio(['ask', 'me'], { ...environment, CLAUDIO_TURN: 'x.1.1' });
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^This runs in a turn.* Nothing was asked\.\nAsk in the chat/u);
});

test('what is no question, or too much of one, is refused with a sentence', async () => {
  const { environment } = restingHome();
  const none = await claudio(['ask'], environment, '  \n');
  expect(none).toMatchObject({ code: 1, stdout: '' });
  expect(none.stderr).toMatch(/^There is no text\. .*\nGive it as an argument, claudio ask "…"/u);
  const long = await claudio(['ask', '-'], environment, 'x'.repeat(2_000_000));
  expect(long).toMatchObject({ code: 1, stdout: '' });
  expect(long.stderr).toMatch(/longer than 1 MB.*\nPut it into a file, and ask about that file/u);
});
