import { expect, test } from 'vitest';
import { toolsInCommon, toolsOf } from '../../src/policy/tools.ts';

test('who may only look gets the tools to look, unless the policy says otherwise; others get all', () => {
  expect(toolsOf('owner', undefined, false)).toBeNull();
  expect(toolsOf('member', {}, false)).toBeNull();
  expect(toolsOf('viewer', undefined, false)).toContain('Read');
  for (const tool of ['Bash', 'Write', 'Edit', 'NotebookEdit', 'Task']) {
    expect(toolsOf('viewer', undefined, false)).not.toContain(tool);
  }
  expect(toolsOf('viewer', { tools: ['Grep'] }, false)).toEqual(['Grep']);
  expect(toolsOf('member', { tools: [] }, false)).toEqual([]);
});

test('who may only look cannot carry anything out by an address', () => {
  expect(toolsOf('viewer', undefined, false)).toEqual([
    'Read',
    'Glob',
    'Grep',
    'WebSearch',
    'TodoWrite',
  ]);
});

test('a role with folders has no command that goes anywhere, unless it is named or in a sandbox', () => {
  const folders = { folders: ['/srv/www'] };
  expect(toolsOf('member', folders, false)).toContain('Write');
  expect(toolsOf('member', folders, false)).not.toContain('Bash');
  expect(toolsOf('owner', folders, false)).not.toContain('Bash');
  expect(toolsOf('member', folders, true)).toBeNull();
  const named = { ...folders, tools: ['Read', 'Bash(git log:*)'] };
  expect(toolsOf('member', named, false)).toEqual(named.tools);
});

test.each([
  [null, null, null],
  [['Read'], null, ['Read']],
  [null, ['Read'], ['Read']],
  [['Read', 'Bash'], ['Bash', 'Edit'], ['Bash']],
  [['Bash'], ['Bash(git log:*)'], ['Bash(git log:*)']],
  [['Bash(git log:*)', 'Read'], ['Bash'], ['Bash(git log:*)']],
  [['Bash(git log:*)'], ['Bash(git diff:*)'], []],
  [['Bash(git log:*)'], ['Bash(git log:*)'], ['Bash(git log:*)']],
  [['Read'], [], []],
])('of %j and %j remains %j', (one, other, both) => {
  expect(toolsInCommon(one, other)).toEqual(both);
  expect(toolsInCommon(other, one)).toEqual(both);
});
