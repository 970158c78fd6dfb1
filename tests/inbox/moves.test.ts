import { is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { describe, expect, test } from 'vitest';
import * as schema from '../../drizzle/schema.ts';
import { conversationOf } from '../../src/core/conversation.ts';
import type { InboundMessage } from '../../src/core/inbound.ts';
import { createInbox } from '../../src/inbox/accept.ts';
import { createSeenUpdates } from '../../src/inbox/seen-updates.ts';
import { OF_CONVERSATIONS } from '../../src/inbox/strays.ts';
import { inboundMessage } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

const { conversations, deliveries, messages, turns } = schema;
const OLD = '-4100';
const NEW = '-1001';
const KEY = 'telegram:1:-4100';

function world() {
  const parts = turnWorld();
  const edited: string[] = [];
  const accept = createInbox({
    ...parts,
    seen: createSeenUpdates(parts.database, parts.clock),
    handlers: {
      roleOf: ({ conversation }) => (conversation.destination.endsWith('9') ? null : 'owner'),
      stranger: () => false,
      refused: () => undefined,
      command: () => null,
      answer: () => false,
      queued: () => undefined,
      edit: ({ conversation, messageId }) =>
        parts.messages.find(conversation.id, messageId) !== null && edited.push(messageId) > 0,
      reaction: () => false,
      press: ({ conversation }) => conversation.id,
      unreadable: () => undefined,
      full: () => undefined,
    },
  });
  let updateId = 0;
  const { orm } = parts.database;
  return {
    ...parts,
    edited,
    say: (chat: string, text: string, of: Partial<InboundMessage> = {}) =>
      accept('telegram:1', { ...inboundMessage((updateId += 1), text, chat), ...of }),
    move: (from = OLD, movedTo = NEW) =>
      accept('telegram:1', {
        kind: 'move',
        updateId: (updateId += 1),
        conversation: conversationOf({ channel: 'telegram', bot: '1', chat: from, thread: null }),
        movedTo,
      }),
    edit: (chat: string, messageId: string) =>
      accept('telegram:1', {
        kind: 'edit',
        updateId: (updateId += 1),
        conversation: inboundMessage(0, '', chat).conversation,
        sender: { id: '42', name: 'Owner' },
        messageId,
        text: 'changed',
      }),
    press: (chat: string) =>
      accept('telegram:1', {
        kind: 'press',
        updateId: (updateId += 1),
        conversation: inboundMessage(0, '', chat).conversation,
        sender: { id: '42', name: 'Owner' },
        messageId: '5',
        messageText: '',
        data: 'retry:1',
        pressId: '1',
      }),
    talks: () =>
      orm.select({ id: conversations.id, chat: conversations.chat }).from(conversations).all(),
    rows: () =>
      orm
        .select()
        .from(messages)
        .all()
        .map(({ conversationId, platformMessageId, text }) => [
          conversationId,
          platformMessageId,
          text,
        ]),
    turnKeys: () =>
      orm
        .select()
        .from(turns)
        .all()
        .map(({ conversationId }) => conversationId),
  };
}

describe('a group that becomes a supergroup', () => {
  test('stays the conversation that it was, with its key, whichever of the two messages tells of it first and however often', () => {
    const { say, move, talks, rows, press } = world();
    say(OLD, 'before', { messageId: '7' });
    move();
    move();
    say(NEW, 'after', { messageId: '2' });
    move();
    expect(talks()).toEqual([{ id: KEY, chat: NEW }]);
    expect(rows()).toEqual([
      [KEY, '-4100/7', 'before'],
      [KEY, '2', 'after'],
    ]);
    expect(press(NEW)).toMatchObject({ word: KEY });
    expect(press(OLD)).toMatchObject({ word: KEY });
  });

  test('keeps its topics apart', () => {
    const { say, move, talks } = world();
    say(OLD, 'before');
    move();
    const { conversation } = inboundMessage(0, '', NEW);
    say(NEW, 'in a topic', {
      conversation: { ...conversation, id: `${conversation.id}:7`, thread: '7' },
    });
    expect(talks()).toEqual([
      { id: KEY, chat: NEW },
      { id: `${KEY}:7`, chat: NEW },
    ]);
  });

  test('a late message of the group is answered in the supergroup, and is taken for no message of that', () => {
    const { say, move, edit, edited, talks, rows } = world();
    move();
    say(OLD, 'late', { messageId: '7' });
    say(NEW, 'after', { messageId: '8' });
    move();
    expect(talks()).toEqual([{ id: KEY, chat: NEW }]);
    expect(rows()).toEqual([
      [KEY, '-4100/7', 'late'],
      [KEY, '8', 'after'],
    ]);
    // The seventh message of the supergroup was never heard: its edit is not one of the other.
    edit(NEW, '7');
    expect(edited).toEqual([]);
    edit(NEW, '8');
    edit(OLD, '7');
    expect(edited).toEqual(['8', '-4100/7']);
  });

  test('that nobody told of before its first messages came is made one with them, and nothing of them is lost', () => {
    const { say, move, talks, rows, turnKeys, outbox, database, conversations: store } = world();
    say(OLD, 'before', { messageId: '7' });
    say(NEW, 'unknown as yet', { messageId: '2' });
    outbox.say(store.get('telegram:1:-1001'), { markdown: 'an answer', replyTo: '2', buttons: [] });
    move();
    say(NEW, 'after', { messageId: '3' });
    expect(talks()).toEqual([{ id: KEY, chat: NEW }]);
    expect(rows()).toEqual([
      [KEY, '-4100/7', 'before'],
      [KEY, '2', 'unknown as yet'],
      [KEY, '3', 'after'],
    ]);
    expect(turnKeys()).toEqual([KEY, KEY, KEY]);
    expect(database.orm.select().from(deliveries).all()).toMatchObject([
      { conversationId: KEY, destination: 'telegram:1:-1001', status: 'pending' },
    ]);
  });

  test('is made one with them only when none of them is being answered', () => {
    const { say, move, talks, turnKeys, queue, database, records } = world();
    say(NEW, 'being answered');
    const turn = queue.claim('boot');
    if (turn === null) throw new Error('nothing to run');
    say(OLD, 'before');
    move();
    say(NEW, 'after');
    expect(talks().map(({ id }) => id)).toEqual(['telegram:1:-1001', KEY]);
    database.transaction(() =>
      records.ended(turn, {
        status: 'done',
        usage: {
          inputTokenCount: 0,
          outputTokenCount: 0,
          cacheReadTokenCount: 0,
          cacheWriteTokenCount: 0,
          costUsd: 0,
        },
        model: null,
        failure: null,
        text: 'An answer.',
      }),
    );
    say(NEW, 'later');
    expect(talks()).toEqual([{ id: KEY, chat: NEW }]);
    expect(new Set(turnKeys())).toEqual(new Set([KEY]));
  });

  test('nothing that belongs to a conversation is left behind: every table that names one is thought of', () => {
    const leftWhereTheyAre = new Set(['audit', 'consolidations', 'pairings']);
    const named = Object.values(schema)
      .filter((value) => is(value, SQLiteTable))
      .map((table) => getTableConfig(table))
      .filter(({ columns }) => columns.some(({ name }) => name === 'conversation_id'))
      .map(({ name }) => name);
    const known = OF_CONVERSATIONS.map((table) => getTableConfig(table).name);
    expect(named.length).toBeGreaterThan(7);
    expect(named.filter((name) => !leftWhereTheyAre.has(name)).toSorted()).toEqual(
      known.toSorted(),
    );
  });
});
