import { realpathSync } from 'node:fs';
import { expect, test } from 'vitest';
import { modeCommand, modePresses } from '../../src/commands/mode.ts';
import { NOT_YOURS, TOO_LATE } from '../../src/commands/press.ts';
import type { Mode } from '../../src/core/mode.ts';
import { createModes } from '../../src/inbox/modes.ts';
import type { Role } from '../../src/core/role.ts';
import { mayDo } from '../../src/policy/roles.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

const CHAT = conversation();

function world(defaultMode: Mode, role: Role = 'owner') {
  const base = turnWorld();
  const folder = realpathSync(base.home);
  const roles: Record<string, Role> = { '42': role, '43': 'owner', '44': 'member' };
  const access = {
    may: ({ id }: { id: string }, _: unknown, action: Parameters<typeof mayDo>[1]) =>
      mayDo(roles[id] ?? null, action),
  };
  const modes = createModes({ ...base, access, defaultMode });
  const parts = {
    ...base,
    access,
    modes,
    defaultFolder: () => base.home,
  };
  base.conversations.ensure(CHAT);
  const command = modeCommand(parts);
  const act = modePresses(parts).get('mode');
  return {
    ...base,
    folder,
    roles,
    modes,
    command,
    type: (args: string) => command.run(inboundMessage(1, `/mode ${args}`), args),
    press: (argument: string) =>
      act?.act(
        {
          kind: 'press',
          updateId: 1,
          conversation: CHAT,
          sender: { id: '42', name: 'Owner' },
          messageId: '7',
          messageText: '',
          data: '',
          pressId: 'p',
        },
        argument,
      )?.word ?? null,
    mode: () => base.conversations.mode(CHAT.id),
  };
}

test('/mode shows what holds, what each means, and a button for each; a word or a button chooses', () => {
  const { type, press, mode, told, database } = world('auto');
  const shown = type('');
  expect(shown.markdown).toMatch(/^I work in \*\*auto\*\* here\./u);
  expect(shown.markdown).toMatch(/\*\*auto\*\*: .+\n- \*\*ask\*\*: .+\n- \*\*plan\*\*: /u);
  expect(shown.buttons).toEqual([
    [
      { label: '✓ auto', data: 'mode:auto' },
      { label: 'ask', data: 'mode:ask' },
      { label: 'plan', data: 'mode:plan' },
    ],
  ]);
  expect(type(' PLAN ').markdown).toMatch(/^From your next message on: \*\*plan\*\*/u);
  expect(mode()).toBe('plan');
  expect(press('ask')).toBe('Mode ask.');
  expect(mode()).toBe('ask');
  expect(told().at(-1)).toMatch(/^I work in \*\*ask\*\* here/u);
  expect(type('yolo').markdown).toMatch(/^I know auto, ask and plan here\./u);
  expect(press('yolo')).toBeNull();
  expect(mode()).toBe('ask');
  expect(database.orm.query.deliveries.findMany().sync()).toHaveLength(1);
});

test.each<[Role, Mode, Mode, boolean]>([
  ['member', 'ask', 'auto', false],
  ['member', 'plan', 'ask', false],
  ['member', 'ask', 'plan', true],
  ['member', 'ask', 'ask', true],
  ['owner', 'plan', 'auto', true],
])('a %s where it is %s may choose %s: %s', (role, configured, wanted, may) => {
  const { type, press, mode } = world(configured, role);
  type(wanted);
  expect(mode()).toBe(may ? wanted : null);
  expect(press(wanted)).toBe(may ? `Mode ${wanted}.` : NOT_YOURS);
  expect(mode()).toBe(may ? wanted : null);
});

test('what is always allowed in the folder is counted and forgotten, that of other folders stays', () => {
  const { type, press, rules, folder } = world('ask');
  rules.add({ folder, tool: 'Bash', pattern: 'npm test' }, '42');
  expect(rules.add({ folder, tool: 'Bash', pattern: 'npm test' }, '42')).toBe(1);
  rules.add({ folder, tool: 'Edit', pattern: '' }, '42');
  rules.add({ folder: '/elsewhere', tool: 'Edit', pattern: '' }, '42');
  const { buttons, markdown } = type('');
  expect(markdown).toContain('2 things are always allowed');
  expect(buttons?.[1]).toEqual([
    { label: 'Forget the 2 things that are always allowed here', data: 'mode:forget' },
  ]);
  expect(press('forget')).toBe('Forgot 2.');
  expect(press('forget')).toBe(TOO_LATE);
  expect(type('').buttons).toHaveLength(1);
  expect(rules.countIn('/elsewhere', () => true)).toBe(1);
});

const OWNER = { id: '43' };
const MEMBER = { id: '44' };

test('a mode looser than the configured one holds as long as whoever chose it may choose it', () => {
  const { modes, roles } = world('ask');
  expect(modes.choose(OWNER, CHAT, 'auto')).toBe(true);
  expect(modes.of(CHAT)).toBe('auto');
  roles['43'] = 'member';
  expect(modes.of(CHAT)).toBe('ask');
});

test('a mode that was chosen before the configured one became stricter is no looser than that', () => {
  const { modes, conversations } = world('ask');
  conversations.chooseMode(CHAT.id, 'auto', MEMBER.id);
  expect(modes.of(CHAT)).toBe('ask');
});

test('what an owner chose, a member makes stricter and never looser, in no two steps either', () => {
  const { modes, roles } = world('auto');
  expect(modes.choose(OWNER, CHAT, 'ask')).toBe(true);
  expect(modes.choose(MEMBER, CHAT, 'auto')).toBe(false);
  expect(modes.choose(MEMBER, CHAT, 'plan')).toBe(true);
  expect(modes.choose(MEMBER, CHAT, 'auto')).toBe(false);
  expect(modes.of(CHAT)).toBe('plan');
  expect(modes.choose(OWNER, CHAT, 'ask')).toBe(true);
  roles['43'] = 'viewer';
  expect(modes.choose(MEMBER, CHAT, 'auto')).toBe(true);
  expect(modes.choose(MEMBER, CHAT, 'plan')).toBe(true);
  expect(modes.choose(MEMBER, CHAT, 'ask')).toBe(true);
});

test('/mode shows what holds, and a member who may not loosen it is told so', () => {
  const { type, mode, modes } = world('auto', 'member');
  modes.choose(OWNER, CHAT, 'ask');
  expect(type('auto').markdown).toBe(
    'Here it is **ask**. **auto** is looser, and only an owner may choose that.',
  );
  expect(mode()).toBe('ask');
  expect(type('').markdown).toMatch(/^I work in \*\*ask\*\* here/u);
});

test('a member forgets what they allowed themselves; what an owner allowed counts, and stays', () => {
  const { type, press, rules, folder } = world('ask', 'member');
  const add = (personId: string) => rules.add({ folder, tool: 'Edit', pattern: '' }, personId);
  add('43');
  add('44');
  expect(type('').markdown).toContain('1 thing is always allowed');
  expect(type('').buttons).toHaveLength(1);
  add('42');
  expect(press('forget')).toBe('Forgot 1.');
  expect(rules.countIn(folder, () => true)).toBe(2);
});

test('a command runs looser than its conversation only where it says which tools it takes', () => {
  const { modes } = world('plan');
  expect(modes.bounded({ mode: 'auto' }, CHAT)).toEqual({ mode: 'plan' });
  expect(modes.bounded({ mode: 'auto', tools: ['Read'] }, CHAT)).toMatchObject({ mode: 'auto' });
  expect(modes.bounded({ mode: null }, CHAT)).toEqual({ mode: null });
  modes.choose(OWNER, CHAT, 'ask');
  expect(modes.bounded({ mode: 'auto' }, CHAT)).toEqual({ mode: 'ask' });
  expect(modes.bounded({ mode: 'plan' }, CHAT)).toEqual({ mode: 'plan' });
});
