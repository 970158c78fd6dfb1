import { expect, test } from 'vitest';
import { verboseCommands } from '../../src/commands/verbose.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { EVERYBODY } from '../support/people.ts';
import { turnWorld } from '../support/turns.ts';

function world() {
  const { conversations } = turnWorld();
  const [command] = verboseCommands(conversations, 'brief', EVERYBODY);
  for (const chat of ['42', '43']) conversations.ensure(conversation(chat));
  return {
    verbose: (args: string, chat?: string) =>
      command?.run(inboundMessage(1, `/verbose ${args}`, chat), args).markdown,
    level: (chat?: string) => conversations.progress(conversation(chat).id),
  };
}

test.each([
  ['off', 'From your next message on you see nothing but “typing…” while I work.'],
  [
    'brief',
    'From your next message on you see what I am doing now, once a turn takes longer than 5 seconds.',
  ],
  ['full', 'From your next message on you see what I am doing now, and the last steps before it.'],
])('/verbose %s is kept for its conversation and says what it means', (name, text) => {
  const { verbose, level } = world();
  expect(verbose(` ${name.toUpperCase()} `)).toBe(text);
  expect(level()).toBe(name);
  expect(level('43')).toBeNull();
});

test('/verbose alone tells what is shown now, and what else there is', () => {
  const { verbose, level } = world();
  expect(verbose('')).toBe(
    [
      'You see what I am doing now, once a turn takes longer than 5 seconds.',
      '',
      '- `/verbose off`: nothing but “typing…” while I work',
      '- `/verbose brief`: what I am doing now, once a turn takes longer than 5 seconds',
      '- `/verbose full`: what I am doing now, and the last steps before it',
    ].join('\n'),
  );
  verbose('off');
  expect(verbose('')).toMatch(/^You see nothing but/u);
  expect(level()).toBe('off');
});

test('/verbose with another word changes nothing and tells what it knows', () => {
  const { verbose, level } = world();
  verbose('full');
  for (const nonsense of ['loud', 'full please', 'fully', '*']) {
    expect(verbose(nonsense)).toMatch(/^I know off, brief and full here\.\n\n- `\/verbose off`/u);
  }
  expect(level()).toBe('full');
});
