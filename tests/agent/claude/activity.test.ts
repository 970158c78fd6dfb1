import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeToolUse } from '../../../src/agent/claude/activity.ts';
import { DEFAULT_TOOLS } from '../../../src/agent/claude/tools.ts';

const told = (name: string, input: Record<string, unknown> = {}): string =>
  describeToolUse({ id: 'x', name, input }, '/work/project');

describe('a use of a tool in words', () => {
  it.each([
    ['Bash', { command: 'npm test' }, 'Running npm test'],
    ['Bash', { command: 'cd a\n  && make\tall\n' }, 'Running cd a && make all'],
    ['Edit', { file_path: '/work/project/src/auth.py' }, 'Editing src/auth.py'],
    ['Write', { file_path: '/etc/hosts' }, 'Writing /etc/hosts'],
    ['Read', { file_path: '/work/project-2/a' }, 'Reading /work/project-2/a'],
    ['Read', { file_path: 'notes.md' }, 'Reading notes.md'],
    ['Grep', { pattern: 'TODO' }, 'Searching for TODO'],
    ['Glob', { pattern: '**/*.ts' }, 'Looking for files **/*.ts'],
    ['WebFetch', { url: 'https://example.com/a?token=b' }, 'Fetching example.com'],
    ['WebSearch', { query: 'sqlite wal' }, 'Searching the web for sqlite wal'],
    ['Task', { description: 'Review the tests' }, 'Delegating: Review the tests'],
    ['Agent', { description: 'Review the tests' }, 'Delegating: Review the tests'],
    ['TodoWrite', { todos: [] }, 'Updating the plan'],
    ['mcp__memory__recall', {}, 'Using recall (memory)'],
    ['mcp__claudio__send_message', { text: 'So far so good' }, 'Sending a message'],
    ['mcp__claudio__send_file', { paths: ['out/report.pdf'] }, 'Sending report.pdf'],
    ['mcp__claudio__send_file', { paths: ['a.csv', 'b.csv', 'c'] }, 'Sending a.csv and 2 more'],
    ['mcp__claudio__send_file', { paths: 'a.csv' }, 'Sending a file'],
    ['mcp__claudio__send_photo', { paths: ['chart.png'] }, 'Sending a picture'],
    ['mcp__claudio__send_photo', { paths: ['a.png', 'b.png'] }, 'Sending pictures'],
    ['mcp__claudio__ask_user', { question: 'Blue\nor red?' }, 'Asking: Blue or red?'],
    ['mcp__claudio__schedule_restart', { reason: 'new version' }, 'Scheduling a restart'],
    ['mcp__claudio__search_history', { query: 'tax' }, 'Looking through the history for tax'],
    ['mcp__claudio__remember', { text: 'The door code' }, 'Remembering something'],
    ['mcp__claudio__recall', { query: 'tax' }, 'Recalling tax'],
    ['mcp__claudio__forget', { ids: [1] }, 'Asking what to forget'],
    ['mcp__claudio__new_tool', {}, 'Using new_tool (claudio)'],
    ['ToolOfTheFuture', {}, 'Using ToolOfTheFuture'],
  ])('%s %j', (name, input, expected) => {
    expect(told(name, input)).toBe(expected);
  });

  it('is one line of 1 to 200 characters, whatever the input holds', () => {
    const key = fc.constantFrom('command', 'file_path', 'pattern', 'url', 'query', 'description');
    const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 500 }), fc.anything());
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...DEFAULT_TOOLS), fc.string()),
        fc.dictionary(key, value),
        (name, input) => {
          const text = told(name, input);
          expect(text).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,200}$/u);
          expect(text.length).toBeLessThanOrEqual(200);
        },
      ),
    );
  });

  it('is never cut within a character', () => {
    expect(told('Bash', { command: '😀'.repeat(300) })).toMatch(/^Running (😀)+…$/u);
  });
});
