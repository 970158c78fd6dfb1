import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUpdate } from '../../../src/channels/telegram/parse.ts';
import { BOT, parse, recorded, recordedNames } from './recorded.ts';

const PRIVATE = {
  id: 'telegram:1:1001',
  destination: 'telegram:1:1001',
  channel: 'telegram',
  chat: '1001',
  thread: null,
};

describe('messages', () => {
  it('normalises a text', () => {
    expect(parse('text')).toEqual({
      kind: 'message',
      updateId: 500_000_001,
      conversation: PRIVATE,
      sender: { id: '1001', name: 'Owner' },
      messageId: '10',
      text: 'What is in this folder?',
      attachments: [],
      albumId: null,
      quote: null,
      forwardedFrom: null,
      command: null,
      isPrivate: true,
      isAddressed: true,
    });
  });

  it('gives each topic a conversation of its own within one destination', () => {
    expect(parse('topic')).toMatchObject({
      sender: { name: 'Second Person' },
      conversation: {
        id: 'telegram:1:-1001000000002:7',
        destination: 'telegram:1:-1001000000002',
        thread: '7',
      },
    });
    expect(parse('private-topic')).toMatchObject({
      conversation: { id: 'telegram:1:1001:9', thread: '9' },
    });
  });

  it('takes a chain of replies for no topic', () => {
    expect(parse('reply-in-supergroup')).toMatchObject({
      conversation: { id: 'telegram:1:-1001000000001', thread: null },
    });
  });

  it('names the group as the sender of what an anonymous administrator writes', () => {
    expect(parse('anonymous-administrator')).toMatchObject({
      kind: 'message',
      sender: { id: '-1001000000001', name: 'Group' },
    });
  });

  it('does not answer other bots, which would answer back for ever', () => {
    expect(parse('another-bot')).toMatchObject({
      kind: 'ignored',
      reason: 'a message of another bot',
    });
  });
});

describe('commands', () => {
  it('knows one by its entity, in any case, with what follows it', () => {
    expect(parse('command')).toMatchObject({
      text: '/Status  of everything\nplease',
      command: { name: 'status', args: 'of everything\nplease' },
    });
  });

  it('knows its own name in any case and leaves the commands of other bots alone', () => {
    expect(parse('command-for-this-bot')).toMatchObject({
      command: { name: 'stop', args: 'now' },
    });
    expect(parse('command-for-another-bot')).toEqual({
      kind: 'ignored',
      updateId: 500_000_004,
      reason: 'a command for another bot',
      isNotable: false,
    });
  });

  it('takes every command for its own as long as it does not know its name', () => {
    const nameless = { id: '1', username: '' };
    expect(parseUpdate(nameless, recorded('command-for-this-bot'))).toMatchObject({
      kind: 'message',
      command: { name: 'stop', args: 'now' },
    });
  });

  it('takes a command in the middle of a text for text', () => {
    expect(parse('command-inside')).toMatchObject({ kind: 'message', command: null });
  });
});

describe('what cannot be read', () => {
  it.each([
    ['new-kind', 'a message of a new kind'],
    ['odd-location', 'a location'],
    ['spaces', 'an empty message'],
    ['invisible', 'an empty message'],
  ])('says in words what a %s is', (name, what) => {
    expect(parse(name)).toMatchObject({
      kind: 'unreadable',
      conversation: PRIVATE,
      sender: { id: '1001' },
      messageId: '10',
      what,
    });
  });

  it.each([
    ['new-members', 'a service message: new_chat_members'],
    ['pinned', 'a service message: pinned_message'],
    ['channel-post', 'channel_post'],
    ['press-inline', 'a press on a message of the inline mode'],
  ])('ignores %s and says why', (name, reason) => {
    expect(parse(name)).toMatchObject({ kind: 'ignored', reason });
  });
});

describe('edits', () => {
  it('carry the text as it stands now', () => {
    expect(parse('edited')).toEqual({
      kind: 'edit',
      updateId: 500_000_020,
      conversation: PRIVATE,
      sender: { id: '1001', name: 'Owner' },
      messageId: '10',
      text: 'Changed my mind',
    });
  });

  it('of a caption are edits too, also when it was taken away', () => {
    expect(parse('edited-caption')).toMatchObject({ kind: 'edit', text: 'What breed is this?' });
    expect(parse('edited-caption-removed')).toMatchObject({ kind: 'edit', text: '' });
  });

  it('give no commands, and stay within their topic', () => {
    expect(parse('edited-command')).toMatchObject({
      kind: 'edit',
      text: '/stop now',
      conversation: { thread: '7' },
    });
    expect(parse('edited-command')).not.toHaveProperty('command');
  });

  it.each([
    ['edited-location', 'an edit without text'],
    ['edited-by-another-bot', 'an edit of another bot'],
  ])('are ignored where they say nothing: %s', (name, reason) => {
    expect(parse(name)).toMatchObject({ kind: 'ignored', reason, isNotable: false });
  });
});

describe('reactions', () => {
  it('tell all that stand now, in the chat as a whole', () => {
    expect(parse('reaction-added')).toEqual({
      kind: 'reaction',
      updateId: 500_000_068,
      conversation: PRIVATE,
      sender: { id: '1001', name: 'Owner' },
      messageId: '21',
      emoji: ['👎'],
    });
    expect(parse('reaction-several')).toMatchObject({
      conversation: { id: 'telegram:1:-1001000000001', thread: null },
      sender: { name: 'Second Person' },
      emoji: ['👍', 'a custom emoji', '⭐'],
    });
  });

  it('are empty when the last was taken back', () => {
    expect(parse('reaction-removed')).toMatchObject({ kind: 'reaction', emoji: [] });
  });

  it('of an anonymous administrator are those of the group', () => {
    expect(parse('reaction-anonymous')).toMatchObject({
      sender: { id: '-1001000000001', name: 'Group' },
      emoji: ['🔥'],
    });
  });

  it('of other bots are ignored', () => {
    expect(parse('reaction-of-bot')).toMatchObject({
      kind: 'ignored',
      reason: 'a reaction of another bot',
    });
  });

  it('of an odd shape are some reaction all the same', () => {
    const message_reaction = {
      chat: { id: 1_001 },
      message_id: 21,
      user: { id: 1_001 },
      new_reaction: [{ type: 'emoji', emoji: 7 }, 'x', { type: 'wave' }],
    };
    expect(parseUpdate(BOT, { update_id: 7, message_reaction })).toMatchObject({
      kind: 'reaction',
      emoji: Array.from({ length: 3 }, () => 'a reaction of a new kind'),
    });
  });
});

describe('presses', () => {
  it('carry what the button said and what the message says', () => {
    expect(parse('press')).toEqual({
      kind: 'press',
      updateId: 500_000_022,
      conversation: PRIVATE,
      sender: { id: '1001', name: 'Owner' },
      messageId: '21',
      messageText: 'That was interrupted.',
      data: 'retry:12',
      pressId: '4382747586412345678',
    });
    expect(parse('press-in-topic')).toMatchObject({
      sender: { id: '1002' },
      conversation: { id: 'telegram:1:-1001000000002:7' },
    });
  });

  it('count on a message that is not accessible any more', () => {
    expect(parse('press-inaccessible')).toMatchObject({
      kind: 'press',
      messageId: '23',
      messageText: '',
      data: 'retry:14',
    });
  });
});

describe('any body', () => {
  it('is an update only with an update_id', () => {
    for (const raw of [null, 1, 'x', [], {}, { update_id: '1' }, { update_id: -1 }]) {
      expect(parseUpdate(BOT, raw), JSON.stringify(raw)).toBeNull();
    }
    expect(parseUpdate(BOT, { update_id: 1 })).toEqual({
      kind: 'ignored',
      updateId: 1,
      reason: 'an empty update',
      isNotable: false,
    });
    expect(parseUpdate(BOT, { update_id: 1, message: { text: 'x' } })).toMatchObject({
      reason: 'a message of an unknown shape',
    });
  });

  it('survives new fields wherever they come, so that none of them costs a message', () => {
    const names = recordedNames();
    expect(names.length).toBeGreaterThan(70);
    const extended = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(extended);
      if (typeof value !== 'object' || value === null) return value;
      const fields = Object.entries(value).map(([key, inner]) => [key, extended(inner)]);
      return { ...Object.fromEntries(fields), brand_new: { of: ['tomorrow'] } };
    };
    for (const name of names) {
      expect(parseUpdate(BOT, extended(recorded(name))), name).toEqual(parse(name));
    }
  });

  it('never makes the parser throw', () => {
    const content = fc.constantFrom(
      'message',
      'callback_query',
      'edited_message',
      'message_reaction',
    );
    fc.assert(
      fc.property(content, fc.jsonValue(), (key, value) => {
        const inbound = parseUpdate(BOT, { update_id: 7, [key]: value });
        expect(inbound?.updateId).toBe(7);
      }),
    );
  });

  it('puts a die into words also where its throw is of an unknown shape', () => {
    const around = { message_id: 10, chat: { id: 1_001 }, from: { id: 1_001 } };
    const message = { ...around, dice: { emoji: '🎲' } };
    expect(parseUpdate(BOT, { update_id: 7, message })).toMatchObject({ what: 'a die' });
  });

  it('keeps a message with an odd word on where its group has moved', () => {
    const around = { message_id: 10, chat: { id: -77 }, from: { id: 1_001 }, text: 'Hello' };
    for (const odd of ['soon', 1.5, null, {}]) {
      const message = { ...around, migrate_to_chat_id: odd };
      expect(parseUpdate(BOT, { update_id: 7, message })).toMatchObject({ text: 'Hello' });
    }
  });

  it('keeps the text of a message whatever else is in it', () => {
    const field = fc.constantFrom(
      'caption',
      'entities',
      'photo',
      'document',
      'voice',
      'sticker',
      'location',
      'poll',
      'media_group_id',
      'reply_to_message',
      'external_reply',
      'quote',
      'forward_origin',
    );
    const around = { message_id: 10, chat: { id: 1_001 }, from: { id: 1_001 } };
    fc.assert(
      fc.property(fc.dictionary(field, fc.jsonValue()), (odd) => {
        const message = { ...odd, ...around, text: 'Hello' };
        expect(parseUpdate(BOT, { update_id: 7, message })).toMatchObject({ text: 'Hello' });
      }),
    );
  });
});
