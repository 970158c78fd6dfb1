import { expect, test } from 'vitest';
import { toolsInCommon, toolsOf } from '../../src/policy/tools.ts';

test('who may only look gets the tools to look, unless the policy says otherwise; others get all', () => {
  expect(toolsOf('owner', undefined)).toBeNull();
  expect(toolsOf('member', {})).toBeNull();
  expect(toolsOf('viewer', undefined)).toContain('Read');
  for (const tool of ['Bash', 'Write', 'Edit', 'NotebookEdit', 'Task']) {
    expect(toolsOf('viewer', undefined)).not.toContain(tool);
  }
  expect(toolsOf('viewer', { tools: ['Grep'] })).toEqual(['Grep']);
  expect(toolsOf('member', { tools: [] })).toEqual([]);
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
