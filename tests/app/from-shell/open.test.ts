import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withShell } from '../../../src/app/from-shell/open.ts';
import { keepDatabase } from '../../../src/ops/update/locks.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { unprivileged } from '../../support/unprivileged.ts';

function restingHome() {
  const home = join(temporaryFolder(), '.claudio');
  mkdirSync(home, { mode: 0o700 });
  const path = join(home, 'claudio.db');
  const environment = {
    HOME: join(home, '..'),
    PORT: '1',
    TELEGRAM_BOT_TOKEN: '1:test-token',
    TELEGRAM_CHAT_ID: '42',
    WEBHOOK_SECRET: 'test-secret',
    TELEGRAM_API_ROOT: 'http://127.0.0.1:9',
  };
  return { home, path, open: () => withShell(environment, () => Promise.resolve('opened')) };
}

test('a database that an update has lent to a newer release is waited for', async () => {
  const { home, path, open } = restingHome();
  const database = openDatabase(path);
  const lock = await keepDatabase(home);
  database.orm.$client.exec(
    "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('newer', 9100000000000)",
  );
  const opening = open();
  database.orm.$client.exec("DELETE FROM __drizzle_migrations WHERE hash = 'newer'");
  database.close();
  lock.release();
  expect(await opening).toBe('opened');
});

test('a database that is none is told as a sentence', async () => {
  const { path, open } = restingHome();
  writeFileSync(path, 'not a database, and long enough to be taken for one'.repeat(100));
  await expect(open()).rejects.toMatchObject({
    code: 'database.refused',
    message: 'The database cannot be used: file is not a database.',
  });
});

test('so is a home that cannot be written', async () => {
  const { home, path, open } = restingHome();
  openDatabase(path).close();
  chmodSync(home, 0o500);
  await unprivileged(join(home, '..'), async () => {
    await expect(open()).rejects.toMatchObject({ code: 'database.refused' });
  });
  chmodSync(home, 0o700);
});
