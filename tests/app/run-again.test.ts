import { describe, expect, test } from 'vitest';
import { SHELL_PERSON } from '../../src/core/role.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { offerPlan } from '../../src/turns/plans.ts';
import { conversationIn, from, GROUP, OWNER, peopleWorld } from './people-world.ts';

const NOT_YOURS = 'You may not do that here.';
const OTHER_OWNER = 43;
const MEMBER = 7;
const by = { personId: SHELL_PERSON, conversationId: '' };
const reach = { source: 'telegram:1', destination: null };
type End = 'done' | 'interrupted';

/** A second owner deploys to production, with a yes; then they are an owner no more. */
function deployed(end: End | 'running', typed = '/deploy production') {
  const world = peopleWorld({ memberIds: [String(MEMBER)] });
  const grant = (role: 'owner' | 'member') =>
    world.appointments.grant({ personId: String(OTHER_OWNER), role, reach, by });
  grant('owner');
  world.write(from(OTHER_OWNER), typed);
  if (typed === '/deploy production') world.press(from(OWNER), 'confirm:1');
  const turn = world.queue.claim('boot');
  if (turn === null) throw new Error('nothing waits');
  const asked = () =>
    world.questions.ask({ ...turn, conversation: conversationIn(GROUP) }, 'Which?', ['red']);
  if (end === 'running') world.messages.keepChange(turn.messageId, 'something else');
  else {
    if (end === 'interrupted') asked();
    world.records.ended(turn, {
      status: end,
      usage: NO_USAGE,
      model: 'claude-haiku-4-5',
      failure: null,
      text: 'Deployed.',
    });
    if (end === 'done') offerPlan({ ...turn, personId: String(OTHER_OWNER) }, world);
  }
  if (end === 'interrupted') {
    const { orm } = world.database;
    orm.$client.prepare(`update questions set status = 'open'`).run();
  }
  grant('member');
  return {
    ...world,
    word: (who: number, data: string): string => {
      const taken = world.press(from(who), data);
      return 'word' in taken ? taken.word : taken.kind;
    },
    statuses: () => world.state().turns.map(({ status }) => status),
  };
}

describe('a command that somebody had to say yes to is not run again by who may not say that yes', () => {
  test.each([
    ['again:1', 'done', 'Trying again.'],
    ['retry:1', 'interrupted', 'Trying again.'],
    ['answer:1.0', 'interrupted', 'red'],
    ['restart:1', 'running', 'Restarting.'],
    ['carry:1', 'done', 'On it.'],
  ] as const)('by %s', (data, end, word) => {
    const { word: press, state } = deployed(end);
    const before = JSON.stringify(state());
    expect(press(OTHER_OWNER, data)).toBe(NOT_YOURS);
    if (data !== 'answer:1.0') expect(press(MEMBER, data)).toBe(NOT_YOURS);
    expect(JSON.stringify(state())).toBe(before);
    expect(press(OWNER, data)).toBe(word);
    expect(JSON.stringify(state())).not.toBe(before);
  });

  test('by an edit of its message, whose words stay', () => {
    const { edit, state, database, last } = deployed('done');
    const messageId = database.orm.query.messages.findFirst().sync()?.platformMessageId ?? '';
    const before = JSON.stringify(state());
    edit(from(OTHER_OWNER), messageId, '/deploy dev');
    expect(JSON.stringify(state())).toBe(before);
    expect(String(last()?.['markdown'])).toContain('An edit does not change a command');
  });

  test('where another message was answered with it', () => {
    const { word, database } = deployed('done');
    database.orm.$client
      .prepare(
        `insert into messages (conversation_id, role, person_id, text, created_at_ms)
         values ('telegram:1:${GROUP}', 'person', '43', 'and tell me', 0)`,
      )
      .run();
    database.orm.$client
      .prepare(
        `insert into turns (conversation_id, message_id, person_id, status, queued_at_ms, requested_model)
         values ('telegram:1:${GROUP}', (select max(id) from messages), '43', 'done', 0, 'haiku')`,
      )
      .run();
    database.orm.$client
      .prepare(`update turns set status = 'joined', joined_turn_id = 2 where id = 1`)
      .run();
    expect(word(OTHER_OWNER, 'again:2')).toBe(NOT_YOURS);
    expect(word(OWNER, 'again:2')).toBe('Trying again.');
  });
});

test('a command for owners is not run again by who was one, though it asked for no yes', () => {
  const { word } = deployed('done', '/deploy staging');
  expect(word(OTHER_OWNER, 'again:1')).toBe(NOT_YOURS);
  expect(word(OWNER, 'again:1')).toBe('Trying again.');
});

test('what ran against a rule is not run again by who may no longer override one', () => {
  const { word, database } = deployed('done', '@claudio_bot rm -rf build');
  database.orm.$client.prepare('update turns set insisted = 1').run();
  expect(word(OTHER_OWNER, 'again:1')).toBe(NOT_YOURS);
  expect(word(OWNER, 'again:1')).toBe('Trying again.');
});

test('an answer sets an interrupted turn of somebody else going only for who may do that to it', () => {
  const world = deployed('interrupted', '@claudio_bot paint it');
  expect(world.word(MEMBER, 'answer:1.0')).toBe(NOT_YOURS);
  expect(world.statuses()).toEqual(['interrupted']);
  expect(world.word(OTHER_OWNER, 'answer:1.0')).toBe('red');
  expect(world.statuses()).toEqual(['queued']);
});

describe('data that no button of ours carries', () => {
  test('does nothing, whatever the verb, and breaks nothing', () => {
    const world = deployed('done');
    const ids = ['', '0', '-1', '+1', ' 1', '1 ', '01', '1.0e3', '1e0', '0x1', '1,0', '1;1', '1/1']
      .concat(['NaN', 'Infinity', '9'.repeat(15), '9'.repeat(60), '１', '%', "1' or '1'='1"])
      .concat(['1.', '1.-1', '1.1e0', '1.length', '1.__proto__', '1.once.turn', '1.member.owner']);
    const before = JSON.stringify(world.state());
    for (const verb of [...world.verbs, '', 'constructor', '__proto__', 'toString']) {
      for (const id of ids) {
        const data = `${verb}:${id}`.slice(0, 64);
        expect([data, world.word(OWNER, data)]).toEqual([data, 'That is no longer possible.']);
      }
      expect(world.word(OWNER, verb), verb).toBe('That is no longer possible.');
    }
    expect(JSON.stringify(world.state())).toBe(before);
  });
});
