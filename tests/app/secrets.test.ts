import { expect, test } from 'vitest';
import { ownSecrets } from '../../src/app/secrets.ts';
import { loadConfiguration } from '../../src/platform/configuration/load.ts';
import { redactor } from '../../src/platform/log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('neither the secrets of the settings nor those that Claude Code is paid with get into the log', () => {
  const configuration = loadConfiguration({
    CLAUDIO_HOME: temporaryFolder(),
    TELEGRAM_BOT_TOKEN: '1:test-token',
    TELEGRAM_CHAT_ID: '42',
    WEBHOOK_SECRET: 'made-up-webhook-secret',
    ANTHROPIC_API_KEY: 'made-up-key-of-the-agent',
    AWS_SECRET_ACCESS_KEY: 'made-up-key-of-a-cloud',
  });
  const line =
    'made-up-webhook-secret 1:test-token made-up-key-of-the-agent made-up-key-of-a-cloud';
  expect(redactor(new Set(ownSecrets(configuration)))(line)).toBe(
    '[redacted] [redacted] [redacted] [redacted]',
  );
});
