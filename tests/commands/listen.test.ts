import { expect, test } from 'vitest';
import { listenCommand } from '../../src/commands/listen.ts';
import { mayDo } from '../../src/policy/roles.ts';
import { inboundMessage } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

function listening() {
  const world = turnWorld();
  const { conversations, overheard, database } = world;
  const command = listenCommand(conversations, overheard);
  const message = { ...inboundMessage(1, '/listen', '-100'), isPrivate: false };
  conversations.ensure(message.conversation);
  return {
    ...world,
    command,
    hear: (text: string) => overheard.hear({ ...message, text, isAddressed: false }),
    type: (args: string, of = {}) => command.run({ ...message, ...of }, args).markdown,
    heard: () => database.orm.query.messages.findMany().sync().length,
  };
}

test('is for who may administer, and for groups alone', () => {
  const { command, type, conversations } = listening();
  expect(
    (['owner', 'member', 'viewer'] as const).filter((role) => mayDo(role, command.needs)),
  ).toEqual(['owner']);
  expect(type('on', { isPrivate: true })).toContain('/listen is for groups');
  expect(conversations.listens('telegram:1:-100')).toBe(false);
});

test('says what Telegram needs for it, and how to end it', () => {
  const { type, conversations } = listening();
  expect(type('')).toMatch(/only what is for me here.*`\/listen on`/su);
  const said = type('ON ');
  expect(said).toMatch(/privacy mode is off.*@BotFather.*administrator.*`\/listen off`/su);
  expect(conversations.listens('telegram:1:-100')).toBe(true);
  expect(type('')).toContain('I follow what is said here');
  expect(type('loudly')).toBe('Send `/listen on` or `/listen off`.');
});

test('off ends it and forgets what was heard', () => {
  const { type, hear, heard } = listening();
  hear('before');
  type('on');
  hear('one');
  hear('two');
  expect(heard()).toBe(2);
  expect(type('off')).toContain('forgot what I had overheard');
  hear('after');
  expect(heard()).toBe(0);
});
