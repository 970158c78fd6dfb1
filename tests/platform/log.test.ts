import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openLog } from '../../src/platform/log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SECRET = 'the-webhook-secret';
const TOKEN_SHAPED = `123456:${'x'.repeat(35)}`;

test('secrets are redacted wherever they occur, also inside URLs and errors, in file and terminal', async () => {
  const file = join(temporaryFolder(), 'claudio.log');
  const terminal = new PassThrough();
  const log = await openLog({
    file,
    maxBytes: 100_000,
    level: 'info',
    secrets: [SECRET],
    terminal,
  });
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

test('the log stays below its bound; the older ones beside it hold every line, and no secret', async () => {
  const file = join(temporaryFolder(), 'claudio.log');
  const terminal = new PassThrough().resume();
  const log = await openLog({ file, maxBytes: 10_000, level: 'info', secrets: [SECRET], terminal });
  for (let number = 0; number < 400; number += 1) log.info({ number, text: SECRET }, 'x.happened');
  await expect.poll(() => existsSync(`${file}.4.gz`) && !existsSync(`${file}.1`)).toBe(true);
  const older = [4, 3, 2, 1].map((at) => gunzipSync(readFileSync(`${file}.${at}.gz`)).toString());
  const written = older.join('') + readFileSync(file, 'utf8');
  const lines = written.trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { number: number }).number)).toEqual(
    Array.from({ length: 400 }, (_, number) => number),
  );
  expect(statSync(file).size).toBeLessThanOrEqual(10_000);
  expect(written).not.toContain(SECRET);
});

test('where the file cannot be opened the terminal says so, once, and has every line', async () => {
  const folder = temporaryFolder();
  const terminal = new PassThrough();
  const log = await openLog({
    file: join(folder, 'gone', 'claudio.log'),
    maxBytes: 10_000,
    level: 'info',
    secrets: [],
    terminal,
  });
  log.info('x.first');
  log.info('x.second');
  const shown = String(terminal.read());
  expect(shown.match(/^log: ENOENT/gmu)).toHaveLength(1);
  expect(shown).toContain('"event":"x.first"');
  expect(shown).toContain('"event":"x.second"');
});
