import { expect, test } from 'vitest';
import { BUILT_IN_NAMES } from '../../../src/commands/built-in.ts';
import { defaultCommandsText } from '../../../src/commands/custom/defaults.ts';
import { readCommands } from '../../../src/commands/custom/schema.ts';
import { peopleWorld } from '../../app/people-world.ts';

const PLAIN = { name: 'say', description: 'Says it', prompt: 'Say {{what}}.' };
const WHAT = { name: 'what' };

function faultOf(...commands: readonly object[]): string {
  const read = readCommands(JSON.stringify(commands));
  return 'fault' in read ? read.fault : 'none';
}

test('the commands that come with Claudio are right, and everybody of the house can read them', () => {
  const read = readCommands(defaultCommandsText());
  if (!('ok' in read)) throw new Error(read.fault);
  expect(read.ok.map(({ name }) => name)).toEqual(['run', 'deploy', 'test', 'git']);
  expect(read.ok.find(({ name }) => name === 'deploy')).toMatchObject({
    role: 'owner',
    confirm: { env: ['production'] },
    arguments: [{ choices: ['staging', 'production', 'dev'], default: 'staging' }],
  });
});

test('no command of the house can be replaced: every one of them is known by name', () => {
  const names = peopleWorld().builtIn.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !BUILT_IN_NAMES.includes(name))).toEqual([]);
});

test.each([
  [
    'a name that is taken',
    { ...PLAIN, name: 'status', arguments: [WHAT] },
    /^\/status: `name`: a command of that name comes with Claudio\.$/u,
  ],
  [
    'a name that confirms',
    { ...PLAIN, name: 'confirm_x', arguments: [WHAT] },
    /^\/confirm_x: `name`: may not begin with `confirm_`\.$/u,
  ],
  [
    'a name that Telegram does not take',
    { ...PLAIN, name: 'Say It', arguments: [WHAT] },
    /^`\[0\]\.name`: has to be 1 to 32 of a-z, 0-9 and _\.$/u,
  ],
  ['a key that nobody knows', { ...PLAIN, arguments: [WHAT], shell: 'sh' }, /^\/say: .*shell/u],
  ['no prompt', { name: 'say', description: 'Says it' }, /^\/say: `prompt`: /u],
  [
    'an argument that the prompt does not have',
    { ...PLAIN, arguments: [WHAT, { name: 'why' }] },
    /^\/say: `prompt`: \{\{why\}\} does not stand in it\.$/u,
  ],
  [
    'a place without an argument',
    PLAIN,
    /^\/say: `prompt`: \{\{what\}\} is none of its arguments\.$/u,
  ],
  [
    'a misspelt place',
    { ...PLAIN, prompt: 'Say {{What}}.' },
    /^\/say: `prompt`: two braces have to have/u,
  ],
  [
    'a pattern that is none',
    { ...PLAIN, arguments: [{ ...WHAT, pattern: '(' }] },
    /^\/say: `arguments\[0\]\.pattern`: \( is no regular expression/u,
  ],
  [
    'a pattern that could hang elsewhere',
    { ...PLAIN, arguments: [{ ...WHAT, pattern: '(?=x)y' }] },
    /looks ahead/u,
  ],
  [
    'a pattern that closes what is around it',
    { ...PLAIN, arguments: [{ ...WHAT, pattern: 'a)|(b' }] },
    /^\/say: `arguments\[0\]\.pattern`: /u,
  ],
  [
    'a choice of two words',
    { ...PLAIN, arguments: [{ ...WHAT, choices: ['a b'] }] },
    /^\/say: `arguments\[0\]\.choices\[0\]`: has to be one word/u,
  ],
  [
    'a default that is no choice',
    { ...PLAIN, arguments: [{ ...WHAT, choices: ['a'], default: 'b' }] },
    /^\/say: `arguments\[0\]` \(what\): its `default` is none of the values/u,
  ],
  [
    'a word behind the rest',
    { ...PLAIN, prompt: '{{what}} {{why}}', arguments: [{ ...WHAT, rest: true }, { name: 'why' }] },
    /^\/say: `arguments\[1\]` \(why\): stands behind one that takes the rest\.$/u,
  ],
  [
    'a must behind a may',
    {
      ...PLAIN,
      prompt: '{{what}} {{why}}',
      arguments: [{ ...WHAT, default: 'a' }, { name: 'why' }],
    },
    /has to be given, and stands behind one that need not/u,
  ],
  ['an argument twice', { ...PLAIN, arguments: [WHAT, WHAT] }, /is there twice/u],
  [
    'a confirmation of nothing',
    { ...PLAIN, arguments: [WHAT], confirm: { env: ['x'] } },
    /^\/say: `confirm`: env is none of its arguments\.$/u,
  ],
  [
    'a confirmation that never comes',
    { ...PLAIN, arguments: [{ ...WHAT, choices: ['a'] }], confirm: { what: ['prod'] } },
    /^\/say: `confirm`: what is never prod\.$/u,
  ],
  ['a role that is none', { ...PLAIN, arguments: [WHAT], role: 'admin' }, /^\/say: `role`: /u],
])('%s is a fault that says where it is', (_, command, sentence) => {
  expect(faultOf(command)).toMatch(sentence);
});

test('all faults are told at once, and what is no JSON with its line', () => {
  expect(faultOf({ ...PLAIN, arguments: [WHAT] }, { ...PLAIN, arguments: [WHAT] })).toBe(
    '/say: `name`: is there twice.',
  );
  expect(faultOf(PLAIN, { ...PLAIN, name: 'stop' })).toMatch(/\/say: .*\/stop: .*\/stop: /u);
  const broken = readCommands('[\n  { "name": "x", }\n]');
  expect(broken).toEqual({ fault: expect.stringMatching(/^Line 2, column \d+: /u) });
  expect(readCommands('{}')).toHaveProperty('fault');
  expect(readCommands('[]')).toEqual({ ok: [] });
});
