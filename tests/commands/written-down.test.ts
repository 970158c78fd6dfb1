import { expect, test } from 'vitest';
import { createHandlers } from '../../src/app/handlers.ts';
import { createEditHandler } from '../../src/commands/changes.ts';
import type { Command } from '../../src/commands/command.ts';
import { createCommandHandler } from '../../src/commands/dispatch.ts';
import { listenCommand } from '../../src/commands/listen.ts';
import { modelCommands } from '../../src/commands/model.ts';
import { createPressHandler } from '../../src/commands/presses.ts';
import { projectCommand } from '../../src/commands/project.ts';
import { queueCommands } from '../../src/commands/queue.ts';
import { verboseCommands } from '../../src/commands/verbose.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

const SENDER = { id: '42', name: 'Owner' };

/** What people do, up to what is written down of it. */
function world(options: Parameters<typeof turnWorld>[0] = {}) {
  const parts = turnWorld({ keepsAuditText: true, ...options });
  const { database, conversations, queue, clock, access, projects, home } = parts;
  conversations.ensure(conversation());
  projects.add({ name: 'shop', path: home });
  const becomesTurn: Command = {
    name: 'run',
    description: 'Becomes a turn',
    needs: 'ask',
    run: () => ({ markdown: '', turnId: 7 }),
  };
  const commands = [
    becomesTurn,
    ...queueCommands(queue, conversations, clock, access),
    ...modelCommands(conversations, () => 'haiku', access),
    ...verboseCommands(conversations, 'brief', access),
    projectCommand(parts),
    listenCommand(conversations, parts.overheard),
  ];
  const command = createCommandHandler({ ...parts, commands: () => commands });
  const press = createPressHandler(parts);
  const edit = createEditHandler({ ...parts, defaultModel: () => 'haiku' });
  let updateId = 100;
  return {
    ...parts,
    type: (text: string) => {
      const [name = '', args = ''] = text.slice(1).split(' ', 2);
      const message = inboundMessage((updateId += 1), text);
      database.transaction(() => command({ ...message, isPrivate: false }, { name, args }));
    },
    press: (data: string) =>
      database.transaction(() =>
        press({
          kind: 'press',
          updateId: (updateId += 1),
          conversation: conversation(),
          sender: SENDER,
          messageId: '7',
          messageText: 'The list.',
          data,
          pressId: 'p',
        }),
      ),
    edit: (messageId: string, text: string) =>
      database.transaction(() =>
        edit(
          {
            kind: 'edit',
            updateId: (updateId += 1),
            conversation: conversation(),
            sender: SENDER,
            messageId,
            text,
          },
          'owner',
        ),
      ),
    /** All that begins so. */
    written: (prefix: string) =>
      database.orm.query.audit
        .findMany()
        .sync()
        .filter(({ event }) => event.startsWith(prefix)),
  };
}

test.each([
  ['/model opus', 'command.model', 'opus'],
  ['/sonnet', 'command.sonnet', 'sonnet'],
  ['/verbose full', 'command.verbose', 'full'],
  ['/project shop', 'command.project', 'shop'],
  ['/listen on', 'command.listen', 'on'],
  ['/listen off', 'command.listen', 'off'],
])('%s is written down with what was chosen', (typed, event, chosen) => {
  const { type, written } = world();
  type(typed);
  expect(written('command.')).toMatchObject([{ event, personId: '42', details: { chosen } }]);
});

test('what only shows something chooses nothing', () => {
  const { type, written } = world();
  for (const typed of ['/model', '/verbose', '/listen', '/project nowhere']) type(typed);
  expect(written('command.').map(({ details }) => details)).toEqual([null, null, null, null]);
});

test('a command that becomes a turn is written down with it, and /stop with the one it stops', () => {
  const { type, written, arrive, queue } = world();
  type('/run it');
  type('/stop');
  const turnId = arrive('work');
  queue.claim('boot');
  type('/stop');
  expect(written('command.')).toMatchObject([
    { event: 'command.run', turnId: 7 },
    { event: 'command.stop', turnId: null },
    { event: 'command.stop', turnId },
  ]);
});

test('a turn that never runs has an end too: taken out alone, with all others, or discarded', () => {
  const { type, press, written, arrive, queue, records } = world();
  const interrupted = arrive('first');
  const claimed = queue.claim('boot');
  if (claimed === null) throw new Error('nothing waits');
  records.ended(claimed, {
    status: 'interrupted',
    usage: NO_USAGE,
    model: null,
    failure: null,
    text: 'It was interrupted.',
  });
  const one = arrive('one');
  const two = arrive('two');
  press(`cancel:${one}`);
  type('/stop all');
  press(`discard:${interrupted}`);
  press(`discard:${interrupted}`);
  expect(written('turn.ended').slice(1)).toMatchObject([
    { turnId: one, decision: 'cancelled', personId: '42' },
    { turnId: two, decision: 'cancelled', personId: '42' },
    { turnId: interrupted, decision: 'cancelled', personId: '42' },
  ]);
});

test('so has one that another answers too, and that is named', () => {
  const { written, arrive, queue } = world({ joinQueued: true });
  const one = arrive('one');
  const two = arrive('two');
  queue.claim('boot');
  expect(written('turn.ended')).toMatchObject([
    { turnId: one, decision: 'joined', details: { joined: two } },
  ]);
});

test('an edit is written down with its turn and what became of it, one that nobody sees is not', () => {
  const { edit, written, arrive, queue, records } = world();
  const turnId = arrive('make it blue');
  edit('1', 'make it red');
  edit('1', 'make it red ');
  const claimed = queue.claim('boot');
  if (claimed === null) throw new Error('nothing waits');
  edit('1', 'make it green');
  records.ended(claimed, {
    status: 'done',
    usage: NO_USAGE,
    model: null,
    failure: null,
    text: 'It is red.',
  });
  edit('1', 'make it white');
  expect(written('message.edited')).toMatchObject([
    { turnId, decision: 'changed', personId: '42', details: null, text: 'make it red' },
    { turnId, decision: 'kept', text: 'make it green' },
    { turnId: turnId + 1, decision: 'queued', text: 'make it white' },
  ]);
});

test('a typed answer to a question of Claude is written down with the question and its turn', () => {
  const parts = world();
  const { questions, arrive, queue, database, written } = parts;
  const turnId = arrive('ask me');
  queue.claim('boot');
  const id = questions.ask({ turnId, conversation: conversation(), messageId: 1 }, 'Which?', []);
  const left = new AbortController();
  const answered = questions.waitFor(id, left.signal);
  const handlers = createHandlers({
    ...parts,
    command: () => null,
    edit: () => false,
    reaction: () => false,
    press: () => '',
    refused: () => undefined,
    pairing: null,
  });
  const message = inboundMessage(900, 'the blue one');
  expect(database.transaction(() => handlers.answer(message))).toBe(true);
  left.abort();
  expect(written('question.')).toMatchObject([
    {
      event: 'question.answered',
      turnId,
      personId: '42',
      details: { question: id },
      text: 'the blue one',
    },
  ]);
  return expect(answered).resolves.toMatchObject({ answer: 'the blue one' });
});
