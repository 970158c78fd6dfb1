import { pino } from 'pino';
import { expect, test } from 'vitest';
import { audit } from '../../drizzle/schema.ts';
import { createAccess } from '../../src/policy/access.ts';
import { testClock } from '../support/clock.ts';
import { testDatabase } from '../support/database.ts';
import { conversation } from '../support/inbound.ts';

const GROUP = '-1009';

function access(chatId: string) {
  const database = testDatabase();
  const { allows } = createAccess({
    database,
    clock: testClock(),
    log: pino({ level: 'silent' }),
    chatId,
    userIds: ['7'],
  });
  const may = (sender: string, chat: string) =>
    allows({ id: sender, name: 'Somebody' }, conversation(chat));
  return { may, auditRows: () => database.orm.select().from(audit).all() };
}

test('the owner and the listed users may use the bot wherever they write, and nobody else may', () => {
  const { may, auditRows } = access('42');
  expect(may('42', '42')).toBe(true);
  expect(may('42', GROUP)).toBe(true);
  expect(may('7', '7')).toBe(true);
  expect(may('7', GROUP)).toBe(true);
  expect(auditRows()).toEqual([]);
  expect(may('8', '8')).toBe(false);
  expect(may('8', GROUP)).toBe(false);
  expect(auditRows()).toMatchObject([
    { event: 'access.refused', personId: '8', conversationId: 'telegram:1:8' },
    { event: 'access.refused', personId: '8', conversationId: `telegram:1:${GROUP}` },
  ]);
});

test('where the chat is a group, everyone in that group may, and only there', () => {
  const { may } = access(GROUP);
  expect(may('8', GROUP)).toBe(true);
  expect(may('8', '8')).toBe(false);
});
