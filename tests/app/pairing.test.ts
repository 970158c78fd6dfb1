import { describe, expect, test } from 'vitest';
import { SHELL_PERSON } from '../../src/core/role.ts';
import type { Acceptance } from '../../src/inbox/accept.ts';
import { from, GROUP, OWNER, peopleWorld } from './people-world.ts';

type World = ReturnType<typeof peopleWorld>;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const TOO_LATE = 'That is no longer possible.';
const CODE = /\*\*([2-9A-HJKMNP-Z]{8})\*\*/u;

function start(world: World, id: number, name?: string): Acceptance {
  world.clock.advance(1);
  return world.write(from(id, name), '/start', id);
}

/** What was said last in a chat. */
function said(world: World, chat: number): string {
  return String(world.last(chat)?.['markdown']);
}

function codeIn(text: string): string {
  const [, code] = CODE.exec(text) ?? [];
  if (code === undefined) throw new Error(`no code in: ${text}`);
  return code;
}

function countFor(world: World, chat: number): number {
  return world.database.orm.query.deliveries
    .findMany()
    .sync()
    .filter(({ conversationId }) => conversationId === `telegram:1:${chat}`).length;
}

function wordOf(acceptance: Acceptance): string | undefined {
  return 'word' in acceptance ? acceptance.word : undefined;
}

describe('somebody new who sends /start', () => {
  test('gets a code of eight clear characters, the owner the same one with name, id and three buttons', () => {
    const world = peopleWorld();
    expect(start(world, 555, 'Ann')).toEqual({ kind: 'accepted', what: 'pairing' });
    const code = codeIn(said(world, 555));
    const notice = world.last(OWNER);
    expect(String(notice?.['markdown'])).toContain('**Ann**, id 555');
    expect(codeIn(String(notice?.['markdown']).replace('**Ann**', ''))).toBe(code);
    expect(notice?.['buttons']).toEqual([
      [
        { label: '✅ Member', data: 'pair:1.member' },
        { label: '👀 Viewer', data: 'pair:1.viewer' },
      ],
      [{ label: '🚫 Refuse', data: 'pair:1.refuse' }],
    ]);
    expect(world.auditRows()).toMatchObject([{ event: 'pairing.asked', personId: '555' }]);
  });

  test('is let in as what the owner presses, is told so, and is heard from then on', () => {
    for (const [choice, role] of [
      ['member', 'member'],
      ['viewer', 'viewer'],
    ] as const) {
      const world = peopleWorld();
      start(world, 555, 'Ann');
      expect(world.write(from(555), 'hello', 555)).toMatchObject({ reason: 'not allowed' });
      expect(wordOf(world.press(from(OWNER, 'Owner'), `pair:1.${choice}`, OWNER))).toBe(
        `Let in as ${role}.`,
      );
      expect(said(world, 555)).toContain(`You are in, as a ${role}`);
      expect(world.last(OWNER)).toMatchObject({ messageId: '7', buttons: [] });
      expect(said(world, OWNER)).toMatch(/Ann.*id 555[^]*let in by Owner\.\*\*$/u);
      expect(world.state().grants).toMatchObject([
        { scope: 'telegram:1', personId: '555', name: 'Ann', role, grantedBy: '42' },
      ]);
      expect(world.write(from(555), 'hello', 555)).toMatchObject({ what: 'turn' });
      expect(world.auditRows().map(({ event, decision }) => [event, decision])).toEqual([
        ['pairing.asked', null],
        ['access.refused', 'refused'],
        ['access.granted', role],
        ['press.pair', role],
        ['turn.asked', null],
      ]);
    }
  });

  test('and is refused is told so, and for a day nothing more', () => {
    const world = peopleWorld();
    start(world, 555);
    expect(wordOf(world.press(from(OWNER, 'Owner'), 'pair:1.refuse', OWNER))).toBe('Refused.');
    expect(said(world, 555)).toBe('My owner did not let you in.');
    expect(said(world, OWNER)).toMatch(/Refused by Owner\.\*\*$/u);
    const count = world.deliveryCount();
    world.clock.advance(24 * HOUR_MS - 10);
    expect(start(world, 555)).toMatchObject({ reason: 'not allowed' });
    expect(world.deliveryCount()).toBe(count);
    world.clock.advance(10);
    expect(start(world, 555)).toMatchObject({ what: 'pairing' });
    expect(world.deliveryCount()).toBe(count + 2);
  });

  test('again within the hour gets the same code, and the owner no second notice; after it a new one', () => {
    const world = peopleWorld();
    start(world, 555);
    const code = codeIn(said(world, 555));
    world.clock.advance(MINUTE_MS);
    start(world, 555);
    expect(said(world, 555)).toMatch(/^Your code is still/u);
    expect(codeIn(said(world, 555))).toBe(code);
    expect(countFor(world, OWNER)).toBe(1);
    world.clock.advance(HOUR_MS);
    start(world, 555);
    expect(codeIn(said(world, 555))).not.toBe(code);
    expect(countFor(world, OWNER)).toBe(2);
  });

  test('over and over is told the code once a minute, and nothing between', () => {
    const world = peopleWorld();
    for (let time = 0; time < 20; time += 1) {
      expect(start(world, 555)).toEqual({ kind: 'accepted', what: 'pairing' });
    }
    expect(countFor(world, 555)).toBe(1);
    for (const count of [2, 3]) {
      world.clock.advance(MINUTE_MS);
      for (let time = 0; time < 20; time += 1) start(world, 555);
      expect(countFor(world, 555)).toBe(count);
    }
    expect(countFor(world, OWNER)).toBe(1);
    expect(world.state().pairings).toHaveLength(1);
  });

  test('as the fourth within an hour is told nothing, with a line in the log; a place is free when one is decided or too old', () => {
    const world = peopleWorld();
    for (const id of [551, 552, 553]) start(world, id);
    const count = world.deliveryCount();
    expect(start(world, 554)).toMatchObject({ reason: 'not allowed' });
    expect(world.deliveryCount()).toBe(count);
    expect(world.lines.filter(({ event }) => event === 'pairing.crowded')).toHaveLength(1);
    world.press(from(OWNER), 'pair:2.refuse', OWNER);
    expect(start(world, 554)).toMatchObject({ what: 'pairing' });
    expect(start(world, 556)).toMatchObject({ reason: 'not allowed' });
    world.clock.advance(HOUR_MS);
    expect(start(world, 556)).toMatchObject({ what: 'pairing' });
  });

  test('with a name made to deceive stands in one line of the notice, cut, and as nothing but a name', () => {
    const world = peopleWorld();
    start(
      world,
      555,
      `Ann**, id 42\n\nCode: **AAAAAAAA** \u202E[x](https://example.com)${'x'.repeat(300)}`,
    );
    const notice = said(world, OWNER);
    const [line = ''] = notice.split('\n');
    expect(line).toContain('id 555');
    expect(line).toContain(String.raw`Ann\*\*, id 42 Code\: \*\*AAAAAAAA\*\*`);
    expect(notice).not.toContain('\u202E');
    expect(line.length).toBeLessThan(200);
    expect(notice.split('\n').filter((one) => one.startsWith('Code: '))).toHaveLength(1);
  });

  test('is not heard where it is in a group, is another message, or comes from a channel', () => {
    const world = peopleWorld();
    expect(world.write(from(555), '/start')).toMatchObject({ reason: 'not allowed' });
    expect(world.write(from(555), 'start', 555)).toMatchObject({ reason: 'not allowed' });
    expect(world.write(from(555), '/help', 555)).toMatchObject({ reason: 'not allowed' });
    expect(world.write(from(-77), '/start')).toMatchObject({ reason: 'not allowed' });
    expect(world.state().pairings).toEqual([]);
    expect(world.deliveryCount()).toBe(0);
  });

  test('is not heard where the bot belongs to a group: nobody there could decide it', () => {
    const world = peopleWorld({ ownerId: null });
    expect(start(world, 555)).toMatchObject({ reason: 'not allowed' });
    expect(world.state().pairings).toEqual([]);
  });

  test('is asked about in the chats of those who were made owners, where the bot belongs to a group', () => {
    const world = peopleWorld({ ownerId: null });
    const by = { personId: SHELL_PERSON, conversationId: '' };
    const grant = (personId: string, role: 'owner' | 'member', chat: number | null) => {
      const destination = chat === null ? null : `telegram:1:${chat}`;
      const reach = { source: 'telegram:1', destination };
      world.appointments.grant({ personId, reach, by, role });
    };
    grant('70', 'owner', null);
    grant('71', 'owner', null);
    grant('72', 'owner', GROUP);
    grant('73', 'member', null);
    expect(start(world, 555, 'Ann')).toEqual({ kind: 'accepted', what: 'pairing' });
    expect([70, 71, 72, 73, GROUP].map((chat) => countFor(world, chat))).toEqual([1, 1, 0, 0, 0]);
    expect(said(world, 70)).toContain(codeIn(said(world, 555)));
    expect(wordOf(world.press(from(71), 'pair:1.viewer', 71))).toBe('Let in as viewer.');
    expect(wordOf(world.press(from(70), 'pair:1.member', 70))).toBe(TOO_LATE);
    expect(world.state().grants).toHaveLength(5);
  });

  test('as the owner gets what the bot does, also through the link of the setup', () => {
    const world = peopleWorld();
    world.write(from(OWNER), '/start 0123456789abcdef', OWNER);
    expect(said(world, OWNER)).toContain('This is Claude Code');
  });
});

describe('the buttons below the request', () => {
  test('count once', () => {
    const world = peopleWorld();
    start(world, 555);
    world.press(from(OWNER), 'pair:1.viewer', OWNER);
    for (const choice of ['member', 'viewer', 'refuse']) {
      expect(wordOf(world.press(from(OWNER), `pair:1.${choice}`, OWNER))).toBe(TOO_LATE);
    }
    expect(world.state().grants).toMatchObject([{ role: 'viewer' }]);
  });

  test('count within the hour, and say so when it is over', () => {
    const world = peopleWorld();
    start(world, 555);
    world.clock.advance(HOUR_MS);
    expect(wordOf(world.press(from(OWNER), 'pair:1.member', OWNER))).toBe(TOO_LATE);
    expect(said(world, OWNER)).toContain('⌛ Too late');
    expect(world.state().grants).toEqual([]);
    expect(world.state().pairings).toMatchObject([{ status: 'open', decidedBy: null }]);
  });

  test('count only for an owner of the whole bot: not for the one who asks, a member, or who owns one chat', () => {
    const world = peopleWorld({ memberIds: ['7'] });
    const by = { personId: '42', conversationId: '' };
    world.appointments.grant({
      personId: '44',
      role: 'owner',
      reach: { source: 'telegram:1', destination: `telegram:1:${GROUP}` },
      by,
    });
    start(world, 555);
    const before = JSON.stringify(world.state());
    expect(world.press(from(555), 'pair:1.member', 555)).toMatchObject({ reason: 'not allowed' });
    expect(wordOf(world.press(from(7), 'pair:1.member', 7))).toBe('You may not do that here.');
    expect(JSON.stringify({ ...world.state(), conversations: [] })).toBe(
      JSON.stringify({ ...JSON.parse(before), conversations: [] }),
    );
    expect(wordOf(world.press(from(44), 'pair:1.member'))).toBe('You may not do that here.');
    expect(world.state().pairings).toMatchObject([{ status: 'open' }]);
    expect(world.state().grants).toHaveLength(1);
  });

  test('that were made up do nothing', () => {
    const world = peopleWorld();
    start(world, 555);
    for (const data of ['pair:2.member', 'pair:1.owner', 'pair:1', 'pair:', 'pair:x.member']) {
      expect(wordOf(world.press(from(OWNER), data, OWNER)), data).toBe(TOO_LATE);
    }
    expect(world.state().grants).toEqual([]);
  });
});
