import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/platform/database/open.ts';
import { verifyAudit } from '../../src/policy/audit-verify.ts';
import { textReply } from '../standins/model/reply.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { earlierDatabase } from '../support/database.ts';
import { questionIn, readDatabase } from './inspect.ts';
import { press, said } from './person.ts';
import { createWorld } from './service.ts';

const MEMBER = { id: 1_002, is_bot: false, first_name: 'Member' };
const GROUP = { id: -4_100, type: 'group', title: 'Team' } as const;

test('what a version without roles left behind goes on: its queue runs, what it interrupted is the owner’s to decide, and its audit log is sealed', async () => {
  const world = await createWorld();
  const { api, model, home } = world;
  world.environment['TELEGRAM_ALLOWED_USERS'] = String(MEMBER.id);
  model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  api.updates.text('tidy up', { chat: GROUP });
  api.updates.text('what is left?', { chat: GROUP, from: MEMBER });
  api.updates.text('sweep');

  // As it wrote them: killed while two turns ran, one in the group and one in private, and one waited.
  mkdirSync(home, { mode: 0o700 });
  const before = earlierDatabase(join(home, 'claudio.db'), 3);
  const [group, own] = [`telegram:1:${GROUP.id}`, `telegram:1:${OWNER.id}`];
  before.exec(`
    INSERT INTO boots (id, started_at_ms, seen_at_ms) VALUES ('boot', 1, 1);
    INSERT INTO conversations (id, destination, channel, chat, created_at_ms)
      VALUES ('${group}', '${group}', 'telegram', '${GROUP.id}', 1),
        ('${own}', '${own}', 'telegram', '${OWNER.id}', 1);
    INSERT INTO messages (id, conversation_id, role, author, text, platform_message_id, created_at_ms)
      VALUES (1, '${group}', 'person', 'Owner', 'tidy up', '1', 1),
        (2, '${own}', 'person', 'Owner', 'sweep', '1', 2),
        (3, '${group}', 'person', 'Member', 'what is left?', '2', 3);
    INSERT INTO turns (id, conversation_id, message_id, status, attempt_count, marker, queued_at_ms, started_at_ms, requested_model)
      VALUES (1, '${group}', 1, 'running', 1, 'boot.1.1', 1, 1, 'haiku'),
        (2, '${own}', 2, 'running', 1, 'boot.2.1', 2, 2, 'haiku'),
        (3, '${group}', 3, 'queued', 0, NULL, 3, NULL, 'haiku');
    INSERT INTO audit (at_ms, event, conversation_id, person_id, turn_id)
      VALUES (1, 'access.refused', '${group}', '666', NULL), (2, 'press.retry', '${group}', '${OWNER.id}', 1);`);
  before.close();

  await world.start();
  await said(world, 'Answer to what is left?');
  const noticeIn = (chatId: number) =>
    api.message(
      `the notice in ${chatId}`,
      (message) => message.chatId === chatId && message.text.startsWith('⚡'),
    );
  const inGroup = await noticeIn(GROUP.id);
  for (const button of ['🔁 Retry', '🗑 Discard']) {
    expect(await press(world, inGroup, button, { from: MEMBER })).toBe('You may not do that here.');
  }
  expect(await press(world, inGroup, '🔁 Retry')).toBe('Trying again.');
  await said(world, 'Answer to tidy up');
  expect(await press(world, await noticeIn(OWNER.id), '🗑 Discard')).toBe('Discarded.');
  expect(model.requests.map(questionIn)).toEqual(['what is left?', 'tidy up']);

  const turns = await readDatabase(home).query.turns.findMany();
  expect(turns.map(({ status, personId }) => ({ status, personId }))).toEqual([
    { status: 'done', personId: null },
    { status: 'cancelled', personId: null },
    { status: 'done', personId: null },
  ]);
  const database = openDatabase(join(home, 'claudio.db'));
  expect(verifyAudit(database)).toMatchObject({ kind: 'unbroken' });
  database.close();
});
