import { expect, test } from 'vitest';
import { DEFAULT_BLOCK, defaultPolicy, readPolicy } from '../../src/policy/policy-file.ts';

const faultIn = (text: string): string | null => {
  const read = readPolicy(text, 'permissive');
  return 'fault' in read ? read.fault : null;
};

test('an empty file is the policy that comes with Claudio', () => {
  const read = readPolicy('{}', 'strict');
  expect(JSON.stringify(read)).toBe(JSON.stringify({ ok: defaultPolicy('strict') }));
});

test('a list that is there takes the place of the one that comes with Claudio, and of no other', () => {
  const read = readPolicy('{"allow": []}', 'permissive');
  if ('fault' in read) throw new Error(read.fault);
  expect(read.ok.allow).toEqual([]);
  expect(read.ok.block.map(({ pattern }) => pattern)).toEqual(DEFAULT_BLOCK);
});

test.each([
  ['permissive', undefined, 'permissive'],
  ['strict', undefined, 'strict'],
  ['permissive', 'strict', 'strict'],
  ['strict', 'permissive', 'strict'],
] as const)('POLICY %s and a file that says %s: %s counts', (setting, mode, expected) => {
  const read = readPolicy(JSON.stringify({ mode }), setting);
  expect(read).toMatchObject({ ok: { mode: expected } });
});

test('what is said of roles and files is kept as it is', () => {
  const file = {
    exempt: ['owner'],
    roles: { viewer: { tools: ['Read', 'Bash(git log:*)'], folders: ['/srv/www'] }, member: {} },
    deniedFiles: ['/srv/**/private'],
  };
  expect(readPolicy(JSON.stringify(file), 'permissive')).toMatchObject({ ok: file });
});

test.each([
  ['{', 'Line 1, column 2: the file ends where a name in "quotes" has to be.'],
  ['[]', 'It has to be an object: {…}.'],
  ['{"blocks": []}', '"blocks" is nothing that I know here.'],
  ['{"block": ["a", 1]}', 'block[1]: has to be text in "quotes".'],
  [
    '{"block": ["a", "("], "allow": ["(?=a)"]}',
    'allow[0]: (?=a) looks ahead, looks behind or refers back to a group, and patterns here cannot: that is why none of them can hang. block[1]: ( is no regular expression: missing closing ): `(?i)(`.',
  ],
  [
    '{"block": ["((a{1000}){1000})"]}',
    'block[0]: ((a{1000}){1000}) repeats too much: one pattern may stand for about 500 characters.',
  ],
  ['{"roles": {"guest": {}}}', 'roles: "guest" is nothing that I know here.'],
  [
    '{"roles": {"viewer": {"folders": ["srv"]}}}',
    'roles.viewer.folders[0]: must be an absolute path.',
  ],
  ['{"exempt": ["guest"]}', 'exempt[0]: has to be "owner" or "member" or "viewer".'],
  ['{"mode": "loose"}', 'mode: has to be "permissive" or "strict".'],
])('%s is refused with what is wrong and where', (text, fault) => {
  expect(faultIn(text)).toBe(fault);
});

test('there is an end to how many rules there may be', () => {
  expect(faultIn(JSON.stringify({ block: Array.from({ length: 101 }, () => 'a') }))).toBe(
    'block: may be at most 100 entries.',
  );
});
