import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lastWords } from '../../../src/ops/service/last-words.ts';
import { systemStandins } from '../../standins/system/standins.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const TOKEN = `123456:${'x'.repeat(30)}`;

function line(event: string, level: string, atMs: number): string {
  return `${JSON.stringify({ level, time: new Date(atMs).toISOString(), event })}\n`;
}

test('on a Mac, the last words are the errors of the log since then, and standard error, without secrets', async () => {
  const home = temporaryFolder();
  const host = systemStandins().host({ userHome: home, platform: 'darwin' });
  const sinceMs = Date.now() - 60_000;
  expect(await lastWords(host, 'launchd', home, sinceMs)).toEqual([]);
  writeFileSync(
    join(home, 'claudio.log'),
    line('old.error', 'error', sinceMs - 1) +
      line('new.error', 'error', sinceMs + 1) +
      line('new.info', 'info', sinceMs + 2),
  );
  writeFileSync(join(home, 'claudio.stderr.log'), `Port 8421 is taken.\n\nSaid ${TOKEN}\n`);
  const words = await lastWords(host, 'launchd', home, sinceMs);
  expect(words).toHaveLength(3);
  expect(words[0]).toContain('new.error');
  expect(words.slice(1)).toEqual(['Port 8421 is taken.', 'Said [redacted]']);
  expect(await lastWords(host, 'launchd', home, Date.now() + 60_000)).toEqual([]);
});
