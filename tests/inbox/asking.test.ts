import { expect, test } from 'vitest';
import { SHELL_PERSON } from '../../src/core/role.ts';
import { createAsking } from '../../src/inbox/asking.ts';
import type { Request } from '../../src/policy/gate.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

const FILE = {
  kind: 'file' as const,
  fileId: 'f',
  name: 'task.txt',
  mimeType: null,
  sizeBytes: null,
  durationMs: null,
  isQuoted: false,
};

test('only a recording, or an album, may have its words still to come', () => {
  const world = turnWorld();
  const checked: Request[] = [];
  const gate = {
    check: (request: Request) => {
      checked.push(request);
      return null;
    },
    checkText: () => null,
  };
  const asking = createAsking({ ...world, gate, defaultModel: () => 'haiku' });
  world.conversations.ensure(conversation());
  const speech = { ...FILE, kind: 'speech' as const };
  for (const [at, over] of [
    { attachments: [FILE] },
    { attachments: [speech] },
    { attachments: [{ ...speech, isQuoted: true }] },
    { attachments: [FILE], albumId: 'a' },
  ].entries()) {
    asking.ask({ ...inboundMessage(at + 1, ''), ...over }, 'member');
  }
  expect(checked.map(({ isUnfinished }) => isUnfinished)).toEqual([false, true, false, true]);
});

test('a change is the editor’s, also of a message of which nobody knows whose it was', () => {
  const { queue, messages, database, arrive } = turnWorld();
  arrive('before');
  database.orm.$client.exec(
    'UPDATE messages SET person_id = NULL; UPDATE turns SET person_id = NULL',
  );
  const original = messages.find(conversation().id, '1');
  if (original === null) throw new Error('no message');
  queue.enqueueChange(original, 'after', '77', 'haiku');
  const { query } = database.orm;
  expect(query.turns.findMany().sync()).toMatchObject([{ personId: null }, { personId: '77' }]);
  expect(query.messages.findMany().sync()).toMatchObject([{}, { personId: '77' }]);
});

test('what was typed in a shell is kept as that', () => {
  const { queue, conversations, database } = turnWorld();
  conversations.ensure(conversation());
  queue.enqueue(
    {
      conversation: conversation(),
      sender: { id: SHELL_PERSON, name: 'root' },
      messageId: null,
      text: 'x',
      albumId: null,
      quote: null,
      forwardedFrom: null,
    },
    'haiku',
  );
  const { query } = database.orm;
  expect(query.turns.findMany().sync()).toMatchObject([{ personId: 'shell' }]);
  expect(query.messages.findMany().sync()).toMatchObject([{ personId: 'shell' }]);
});
