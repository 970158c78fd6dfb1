import { expect, onTestFinished, test } from 'vitest';
import { createOwnerChat } from '../../src/app/owner-chat.ts';
import { createHttpClient } from '../../src/platform/http-client.ts';
import { startBotApi } from '../../src/playground/bot-api/bot-api.ts';
import { testClock } from '../support/clock.ts';
import { testLog } from '../support/log.ts';

const GROUP = -4_100;
const SUPERGROUP = -1_001_000_000_003;

async function ownerChat() {
  const api = await startBotApi();
  onTestFinished(() => api.close());
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const chat = createOwnerChat({
    settings: {
      TELEGRAM_BOT_TOKEN: api.token,
      TELEGRAM_CHAT_ID: String(GROUP),
      TELEGRAM_API_ROOT: api.root,
    },
    http,
    clock: testClock(),
    log: testLog().log,
  });
  return { api, chat };
}

test('a group that became a supergroup hears what is said to it there, though the settings name the old one', async () => {
  const { api, chat } = await ownerChat();
  api.updates.migrated(GROUP, SUPERGROUP);
  const text = 'The disk is full. '.repeat(500);
  expect(await chat.tell(text)).toMatchObject({ kind: 'sent' });
  const said = api.sentMessages(SUPERGROUP);
  expect(said.length).toBeGreaterThan(1);
  expect(said.map((message) => message.text).join(' ')).toContain('disk is full.');
});

test('two chats that each send on to the other are asked no further', async () => {
  const { api, chat } = await ownerChat();
  api.fault({ chat: GROUP }, { kind: 'moved', to: SUPERGROUP });
  api.fault({ chat: SUPERGROUP }, { kind: 'moved', to: GROUP });
  expect(await chat.tell('Hello')).toEqual({ kind: 'moved', movedTo: String(GROUP) });
  expect(api.calls).toHaveLength(2);
});
