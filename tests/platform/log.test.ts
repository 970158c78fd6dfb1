import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openLog } from '../../src/platform/log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SECRET = 'the-webhook-secret';
const TOKEN_SHAPED = `123456:${'x'.repeat(35)}`;

test('secrets are redacted wherever they occur, also inside URLs and errors, in file and terminal', async () => {
  const file = join(temporaryFolder(), 'claudio.log');
  const terminal = new PassThrough();
  const log = await openLog({ file, level: 'info', secrets: [SECRET], terminal });
  log.info(
    {
      url: `https://api.telegram.org/bot${TOKEN_SHAPED}/sendMessage`,
      nested: { list: [`before ${SECRET} after`] },
      [SECRET]: 1,
    },
    'x.happened',
  );
  log.error({ err: new Error(`no ${SECRET}`, { cause: new Error(TOKEN_SHAPED) }) }, 'x.failed');
  log.debug('x.hidden');

  const written = readFileSync(file, 'utf8');
  const shown = String(terminal.read());
  expect(shown).toBe(written);
  expect(written).not.toContain(SECRET);
  expect(written).not.toContain(TOKEN_SHAPED);
  expect(written).not.toContain('x.hidden');
  expect(written.match(/\[redacted\]/gu)?.length).toBeGreaterThanOrEqual(5);
  expect(written).toContain('https://api.telegram.org/bot[redacted]/sendMessage');
  for (const line of written.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('event');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
