import { expect, test } from 'vitest';
import { from, GROUP, OWNER, peopleWorld } from '../app/people-world.ts';

function world() {
  const people = peopleWorld({ memberIds: ['7'] });
  const type = (text: string, chat = OWNER, id = OWNER) => {
    people.write(from(id), text, chat);
    return String(people.last(chat)?.['markdown']);
  };
  return { ...people, type };
}

test('/access lists who may use the bot, here and everywhere, with the names that are known', () => {
  const { write, type } = world();
  write(from(7, 'Ann_1'), '@claudio_bot hello');
  type('/access grant 8 viewer');
  type('/access grant 9 member here', GROUP);
  expect(type('/access', GROUP)).toBe(
    [
      '👥 **Who may use me, in every chat:**',
      '- 42: owner, by the settings\n- Ann\\_1 (7): member, by the settings\n- 8: viewer',
      '**In this chat, which comes first:**',
      '- 9: member',
      'Others in this chat are not heard.',
      'To change it:',
      '- `/access grant ID member`: lets somebody in, as member, viewer or owner\n- `/access revoke ID`: takes that back\n- with `here` at the end, either counts in this chat alone',
    ].join('\n\n'),
  );
  expect(type('/access')).not.toContain('9: member');
});

test('/access shows to who owns one chat alone the roles in that chat, and no others', () => {
  const { type } = world();
  type('/access grant 8 viewer');
  type('/access grant 9 member here', GROUP);
  type('/access grant 44 owner here', GROUP);
  const listed = type('/access', GROUP, 44);
  expect(listed).toContain('- 44: owner\n- 9: member\n');
  expect(listed).not.toMatch(/^- .*\b(?:42|7|8)\b.*:/mu);
});

test('a role is given and taken back, everywhere or here, and holds from the next message on', () => {
  const { type, write, state } = world();
  expect(type('/access grant 8 member')).toBe('✅ 8 is a member in every chat from now on.');
  expect(write(from(8), '@claudio_bot hello')).toMatchObject({ what: 'turn' });
  expect(type('/access revoke 8 here', GROUP)).toBe(
    '🚪 Person 8 (8) lost the role that counted in this chat. What they still wait for is not answered.',
  );
  expect(write(from(8), '@claudio_bot hello')).toMatchObject({ reason: 'not allowed' });
  expect(write(from(8), 'hello', 8)).toMatchObject({ what: 'turn' });
  expect(type('/ACCESS revoke 8'.toLowerCase())).toContain(
    'lost the role that counted in every chat',
  );
  expect(write(from(8), 'hello', 8)).toMatchObject({ reason: 'not allowed' });
  expect(state().grants.map(({ scope, role }) => [scope, role])).toEqual([
    [`telegram:1:${GROUP}`, 'none'],
  ]);
});

test('what is typed wrong is answered with what is right, and changes nothing', () => {
  const { type, state } = world();
  for (const [typed, answer] of [
    ['grant', /by their number/u],
    ['grant @ann member', /by their number/u],
    ['grant -1009 member', /by their number/u],
    ['revoke ann', /by their number/u],
    ['grant 8', /There are three roles/u],
    ['grant 8 admin', /There are three roles/u],
    ['grant 8 here', /There are three roles/u],
    ['grant 8 none', /There are three roles/u],
    ['grant 8 member there', /more than I understand/u],
    ['revoke 8 member', /more than I understand/u],
    ['frobnicate 8', /I know these here/u],
    ['revoke 8', /nothing to take back/u],
    ['grant 42 viewer', /by its settings/u],
    ['revoke 42', /by its settings/u],
    ['grant 8 member here', /only the two of us/u],
  ] as const) {
    expect(type(`/access ${typed}`), typed).toMatch(answer);
  }
  expect(state().grants).toEqual([]);
});

test('who owns one chat alone decides for that chat, and not over who owns the whole bot', () => {
  const { type, state } = world();
  type('/access grant 44 owner here', GROUP);
  type('/access grant 43 owner');
  const asChatOwner = (text: string) => type(text, GROUP, 44);
  expect(asChatOwner('/access grant 8 member')).toContain('put `here` at the end');
  expect(asChatOwner('/access revoke 43 here')).toContain('not yours to change');
  expect(asChatOwner('/access grant 8 member here')).toContain('8 is a member in this chat');
  expect(state().grants.map(({ personId, role }) => [personId, role])).toEqual([
    ['44', 'owner'],
    ['43', 'owner'],
    ['8', 'member'],
  ]);
});

test('/help lists what the one who asks may use, and nothing else', () => {
  const { type } = world();
  type('/access grant 8 viewer');
  const listed = (id: number) =>
    [...type('/help', GROUP, id).matchAll(/^\/(\w+) – /gmu)].map(([, name]) => name);
  expect(listed(OWNER)).toEqual(expect.arrayContaining(['access', 'new', 'stop', 'forget']));
  expect(listed(7)).toEqual(expect.arrayContaining(['new', 'stop', 'forget']));
  expect(listed(7)).not.toContain('access');
  expect(listed(8)).toEqual(expect.arrayContaining(['stop', 'queue', 'status', 'help']));
  for (const name of ['access', 'new', 'forget', 'remember', 'sonnet']) {
    expect(listed(8), name).not.toContain(name);
  }
});

test('who may not use a command or part of it is told so, and that is written down as refused', () => {
  const { type, auditRows } = world();
  type('/access grant 8 viewer');
  for (const [typed, shown] of [
    ['/new', '/new'],
    ['/memory off', '/memory off'],
    ['/model opus', '/model NAME'],
    ['/verbose full', '/verbose full'],
  ] as const) {
    expect(type(typed, GROUP, 8)).toBe(
      `You may not use ${shown} here. Who may is up to the owner of the bot.`,
    );
    expect(auditRows().at(-1)).toMatchObject({ personId: '8', decision: 'refused' });
  }
});

test('/stop leaves another’s turn running and says whose it is; /stop all empties only one’s own', () => {
  const { type, write, queue, state } = world();
  write(from(OWNER, 'Owner_1'), '@claudio_bot paint the house');
  queue.claim('boot');
  write(from(OWNER), '@claudio_bot and the door');
  write(from(7, 'Ann'), '@claudio_bot and the fence');
  expect(type('/stop', GROUP, 7)).toBe(
    'What runs is Owner\\_1’s, so it goes on: paint the house\n\nThey can stop it, and so can an owner.\n\n1 message of yours still waiting; /stop all takes them out of the queue.',
  );
  expect(type('/stop all', GROUP, 7)).toContain('1 message of yours taken out of the queue.');
  const statuses = () => state().turns.map(({ status }) => status);
  expect(statuses()).toEqual(['running', 'queued', 'cancelled']);
  expect(queue.stopRequests()).toEqual([]);
  expect(type('/queue', GROUP, 7)).not.toContain('fence');
  write(from(7, 'Ann'), '@claudio_bot and the roof');
  expect(type('/queue', GROUP, 7)).toMatch(/Ann: and the roof/u);
  expect(type('/stop all', GROUP)).toContain('2 messages taken out of the queue.');
  expect(queue.stopRequests()).toHaveLength(1);
});
