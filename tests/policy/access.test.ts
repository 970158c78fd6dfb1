import { describe, expect, test } from 'vitest';
import { audit } from '../../drizzle/schema.ts';
import type { Role } from '../../src/core/role.ts';
import { createAccess } from '../../src/policy/access.ts';
import { createAppointments } from '../../src/policy/appointments.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { testClock } from '../support/clock.ts';
import { testDatabase } from '../support/database.ts';
import { conversation } from '../support/inbound.ts';
import { testLog } from '../support/log.ts';
import { testBots } from '../support/people.ts';

const GROUP = '-1009';
const HOUR_MS = 3_600_000;
const BY = { personId: '42', conversationId: 'telegram:1:42' };

function reach(chat?: string) {
  const destination = chat === undefined ? null : `telegram:1:${chat}`;
  return { source: 'telegram:1', destination };
}

function world(ownerId: string | null = '42') {
  const database = testDatabase();
  const clock = testClock();
  const { log, lines } = testLog();
  const bots = testBots({ ownerId, memberIds: ['7'] });
  const written = createAudit({ database, clock });
  const access = createAccess({ database, clock, bots, audit: written, log });
  const appointments = createAppointments({ database, clock, bots, audit: written });
  const refused = (id: string, chat: string) =>
    access.refused({ id, name: 'Somebody' }, conversation(chat));
  return {
    ...access,
    ...appointments,
    clock,
    lines,
    bot: bots.all()[0],
    role: (id: string, chat: string) => access.roleOf({ id }, conversation(chat)),
    give: (personId: string, role: Role, chat?: string) =>
      appointments.grant({ personId, role, reach: reach(chat), by: BY }),
    take: (personId: string, chat?: string) =>
      appointments.revoke({ personId, reach: reach(chat), by: BY }),
    refuse: refused,
    auditRows: () => database.orm.select().from(audit).all(),
  };
}

describe('the settings', () => {
  test('make the owner and the listed users somebody wherever they write, and nobody else', () => {
    const { role } = world();
    expect([role('42', '42'), role('42', GROUP)]).toEqual(['owner', 'owner']);
    expect([role('7', '7'), role('7', GROUP)]).toEqual(['member', 'member']);
    expect([role('8', '8'), role('8', GROUP)]).toEqual([null, null]);
  });

  test('where the configured chat is a group, being in it is no right: everyone there needs a role of their own', () => {
    const { role } = world(null);
    expect(role('8', GROUP)).toBe(null);
    expect(role('7', GROUP)).toBe('member');
    // On behalf of the group itself: nobody can tell who that is.
    expect(role(GROUP, GROUP)).toBe(null);
  });

  test('their owner stays that, whatever is granted or taken back', () => {
    const { role, give, take, auditRows } = world();
    expect(give('42', 'viewer')).toEqual({ kind: 'owner-of-settings' });
    expect(give('42', 'viewer', GROUP)).toEqual({ kind: 'owner-of-settings' });
    expect(take('42')).toEqual({ kind: 'owner-of-settings' });
    expect(take('42', GROUP)).toEqual({ kind: 'owner-of-settings' });
    expect(role('42', GROUP)).toBe('owner');
    expect(auditRows()).toEqual([]);
  });
});

describe('what is granted', () => {
  test('counts for the chat before it counts for the bot, and for the bot before the settings', () => {
    const { role, give } = world();
    give('7', 'viewer');
    expect([role('7', '7'), role('7', GROUP)]).toEqual(['viewer', 'viewer']);
    give('7', 'owner', GROUP);
    expect([role('7', '7'), role('7', GROUP)]).toEqual(['viewer', 'owner']);
    give('8', 'member', GROUP);
    expect([role('8', '8'), role('8', GROUP), role('8', '-5')]).toEqual([null, 'member', null]);
  });

  test('counts for one bot alone', () => {
    const { roleOf, give } = world();
    give('8', 'owner');
    const elsewhere = { channel: 'telegram', destination: 'telegram:2:8' };
    expect(roleOf({ id: '8' }, elsewhere)).toBe(null);
    // One whose id only begins like it.
    expect(roleOf({ id: '8' }, { channel: 'telegram', destination: 'telegram:11:8' })).toBe(null);
  });

  test('makes no role for what is no person', () => {
    const { role, give } = world();
    for (const id of [GROUP, '', 'ann', '12x', '1'.repeat(20)]) {
      expect(give(id, 'member'), id).toEqual({ kind: 'no-person' });
      expect(role(id, GROUP), id).toBe(null);
    }
  });

  test('is written down with who did it, whom it is about and where it counts', () => {
    const { give, take, auditRows } = world();
    give('8', 'member', GROUP);
    take('8', GROUP);
    const details = { person: '8', scope: `telegram:1:${GROUP}` };
    expect(auditRows()).toMatchObject([
      { event: 'access.granted', personId: '42', decision: 'member', details },
      { event: 'access.revoked', personId: '42', decision: 'none', details },
    ]);
  });
});

describe('what is taken back', () => {
  test('is gone in every chat, also where it was granted for one', () => {
    const { role, give, take } = world();
    give('8', 'member');
    give('8', 'owner', GROUP);
    expect(take('8')).toMatchObject({ kind: 'revoked', chatCount: 1 });
    expect([role('8', '8'), role('8', GROUP)]).toEqual([null, null]);
    expect(take('8')).toEqual({ kind: 'had-none' });
  });

  test('stays away where the settings would give it again, until it is granted anew', () => {
    const { role, give, take } = world();
    expect(take('7')).toMatchObject({ kind: 'revoked' });
    expect(role('7', GROUP)).toBe(null);
    expect(take('7')).toEqual({ kind: 'had-none' });
    give('7', 'member');
    expect(role('7', GROUP)).toBe('member');
  });

  test('can be gone in one chat and stand in the others', () => {
    const { role, give, take } = world();
    give('8', 'member');
    take('8', GROUP);
    take('7', GROUP);
    expect([role('8', '8'), role('8', GROUP)]).toEqual(['member', null]);
    expect([role('7', '7'), role('7', GROUP)]).toEqual(['member', null]);
    expect(take('8', GROUP)).toEqual({ kind: 'had-none' });
    // Being kept out of one chat outlasts what is taken back and granted for all of them.
    take('8');
    give('8', 'owner');
    expect([role('8', '8'), role('8', GROUP)]).toEqual(['owner', null]);
  });
});

test('the list has those of the settings, of the bot and of the chat, each once', () => {
  const { give, take, list, bot } = world();
  give('8', 'viewer');
  give('9', 'member', GROUP);
  give('9', 'member', '-5');
  take('7');
  if (bot === undefined) throw new Error('no bot');
  const shown = (chat?: string) =>
    list(bot, chat).map(({ personId, role, destination }) => [personId, role, destination]);
  const wide = [
    ['42', 'owner', null],
    ['7', 'none', null],
    ['8', 'viewer', null],
  ];
  const inGroup = ['9', 'member', `telegram:1:${GROUP}`];
  expect(shown(`telegram:1:${GROUP}`)).toEqual([...wide, inGroup]);
  expect(shown()).toEqual([...wide, inGroup, ['9', 'member', 'telegram:1:-5']]);
});

describe('a refusal', () => {
  test('of one person is written down once an hour in each conversation, and logged each time', () => {
    const { refuse, auditRows, clock, lines } = world();
    for (let count = 0; count < 5; count += 1) refuse('8', '8');
    refuse('8', GROUP);
    refuse('9', GROUP);
    const refused = { event: 'access.refused', decision: 'refused' };
    expect(auditRows()).toMatchObject([
      { ...refused, personId: '8', conversationId: 'telegram:1:8' },
      { ...refused, personId: '8', conversationId: `telegram:1:${GROUP}` },
      { ...refused, personId: '9', conversationId: `telegram:1:${GROUP}` },
    ]);
    clock.advance(HOUR_MS);
    refuse('8', '8');
    refuse('8', '8');
    expect(auditRows()).toHaveLength(4);
    const logged = lines.filter(({ event }) => event === 'access.refused');
    expect(logged).toHaveLength(9);
    expect(logged[0]).toMatchObject({ person: '8', conversation: 'telegram:1:8' });
    expect(logged.every((line) => !('audit' in line))).toBe(true);
  });

  test('is written down at most 200 times a day over all strangers; the log says so beyond that', () => {
    const { refuse, auditRows, clock, lines } = world();
    for (let id = 1001; id <= 1210; id += 1) refuse(String(id), GROUP);
    expect(auditRows()).toHaveLength(200);
    expect(lines.filter((line) => 'audit' in line)).toHaveLength(10);
    expect(lines.at(-1)).toMatchObject({ audit: 'not kept: too many strangers today' });
    clock.advance(24 * HOUR_MS);
    refuse('1001', GROUP);
    expect(auditRows()).toHaveLength(201);
  });
});
