import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createUi } from '../../src/cli/ui.ts';

/** As in a pipe or from cron: no terminal on either side. */
function piped(assumeYes = false) {
  const output = new PassThrough();
  const ui = createUi({
    input: new PassThrough() as unknown as NodeJS.ReadStream,
    output: output as unknown as NodeJS.WriteStream,
    assumeYes,
  });
  return {
    ui,
    shown: () => {
      output.end();
      return text(output);
    },
  };
}

const choices = [
  { value: 'first', label: 'The first' },
  { value: 'second', label: 'The second' },
] as const;

test('without a terminal everything is a plain line', async () => {
  const { ui, shown } = piped();
  expect(ui.isInteractive).toBeFalsy();
  ui.heading('What this is');
  ui.say('a word');
  ui.done('done');
  ui.warn('careful');
  ui.fail('wrong');
  ui.block('ls -l', 'Run this');
  expect(await ui.step('Working', () => Promise.resolve(7))).toBe(7);
  expect(await shown()).toBe(
    'What this is\na word\n✔ done\n⚠ careful\n✖ wrong\n\nRun this\n\nls -l\n\n… Working\n',
  );
});

test('what a step throws goes on to whoever took it', async () => {
  const { ui } = piped();
  const fault = new Error('no');
  await expect(ui.step('Working', () => Promise.reject(fault))).rejects.toBe(fault);
});

test('a question that nobody can answer names what to give instead', async () => {
  const { ui } = piped();
  await expect(ui.confirm('Sure?')).rejects.toMatchObject({
    code: 'cli.needs-answer',
    message: 'There is nobody to ask: Sure?',
    hint: 'Give --yes to agree.',
  });
  await expect(ui.text('Name?', '--name', () => null)).rejects.toMatchObject({
    hint: 'Give it with --name.',
  });
  await expect(ui.secret('Token?', '--token-stdin', () => null)).rejects.toMatchObject({
    hint: 'Give it with --token-stdin.',
  });
});

test('a choice is the first one, and with --yes a question is agreed to', async () => {
  expect(await piped().ui.choose('Which?', choices)).toBe('first');
  const { ui, shown } = piped(true);
  expect(await ui.confirm('Sure?')).toBe(true);
  expect(await ui.choose('Which?', choices)).toBe('first');
  expect(await shown()).not.toContain('Sure?');
});
