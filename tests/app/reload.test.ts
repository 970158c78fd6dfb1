import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createBots } from '../../src/app/bots.ts';
import { createReload } from '../../src/app/reload.ts';
import { botFile } from '../../src/platform/configuration/bots.ts';
import { loadConfiguration } from '../../src/platform/configuration/load.ts';
import { testLog } from '../support/log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { turnWorld } from '../support/turns.ts';

test('bots that come, change and go are written down by their names, and nothing where all stays', () => {
  const userHome = temporaryFolder();
  const file = botFile(join(userHome, '.claudio'), 'second');
  const configuration = loadConfiguration({
    HOME: userHome,
    TELEGRAM_BOT_TOKEN: '1:test-token',
    TELEGRAM_CHAT_ID: '42',
    WEBHOOK_SECRET: 'test-secret',
  });
  const { database, conversations, outbox, audit } = turnWorld();
  const reload = createReload({
    configuration,
    bots: createBots(configuration),
    telegrams: { replace: () => undefined },
    database,
    conversations,
    outbox,
    audit,
    secrets: new Set(),
    wake: () => undefined,
    log: testLog().log,
  });
  const give = (model: string) => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const text = `TELEGRAM_BOT_TOKEN=2:test-token\nTELEGRAM_CHAT_ID=43\nMODEL=${model}\n`;
    writeFileSync(file, text, { mode: 0o600 });
  };
  reload();
  give('haiku');
  reload();
  give('opus');
  reload();
  reload();
  rmSync(dirname(file), { recursive: true });
  reload();
  const rows = database.orm.query.audit.findMany().sync();
  expect(rows.map(({ event, details }) => [event, details])).toEqual([
    ['bots.changed', { added: 'second', changed: '', removed: '' }],
    ['bots.changed', { added: '', changed: 'second', removed: '' }],
    ['bots.changed', { added: '', changed: '', removed: 'second' }],
  ]);
});
