import { describe, expect, it } from 'vitest';
import { parseUpdate } from '../../../src/channels/telegram/parse.ts';
import { parse, recorded } from './recorded.ts';

/** A text in a chat whose type is not told. */
const untyped = (id: number) => ({
  update_id: 7,
  message: { message_id: 1, chat: { id }, from: { id: 1_001 }, text: 'Hello' },
});

describe('in a private chat', () => {
  it.each(['text', 'command', 'photo-without-caption', 'voice', 'private-topic', 'forward-user'])(
    'everything is for the bot: %s',
    (name) => {
      expect(parse(name)).toMatchObject({ isPrivate: true, isAddressed: true });
    },
  );
});

describe('in a group', () => {
  it.each([
    ['group-mention', 'its name in any case'],
    ['group-mention-inside', 'its name anywhere, behind an emoji too'],
    ['group-mention-alone', 'its name and nothing else'],
    ['group-text-mention', 'a name that stands for its id'],
    ['group-photo-with-mention', 'its name below a photo'],
    ['group-reply-to-bot', 'a reply to what it said'],
    ['group-voice-in-reply-to-bot', 'a recording in reply to what it said'],
    ['group-command', 'a command without a name'],
    ['command-for-this-bot', 'a command with its name'],
    ['topic-mention', 'its name in a topic'],
    ['topic-general-mention', 'its name outside of any topic'],
  ])('%s is for the bot: %s', (name) => {
    expect(parse(name)).toMatchObject({ kind: 'message', isAddressed: true });
  });

  it.each([
    ['group-talk', 'nobody is named'],
    ['group-mention-of-another', 'another is named'],
    ['group-text-mention-of-another', 'another is named whose name is no username'],
    ['group-reply-to-person', 'a reply to somebody else'],
    ['group-forward-with-mention', 'what was forwarded was said to others'],
    ['group-photo', 'a photo without a word'],
    ['group-voice', 'a recording'],
    ['topic', 'talk in a topic'],
    ['topic-opened-by-bot', 'what answers nobody, in a topic that the bot opened'],
    ['topic-first-reply', 'what answers nobody, in a topic of somebody else'],
  ])('%s is not for the bot: %s', (name) => {
    expect(parse(name)).toMatchObject({ kind: 'message', isPrivate: false, isAddressed: false });
  });

  it('tells by the id where the type of the chat is not told', () => {
    const bot = { id: '1', username: 'claudio_test_bot' };
    expect(parseUpdate(bot, untyped(1_001))).toMatchObject({ isPrivate: true, isAddressed: true });
    expect(parseUpdate(bot, untyped(-77))).toMatchObject({ isPrivate: false, isAddressed: false });
  });

  it('takes any name for that of the bot as long as it does not know its own', () => {
    const nameless = { id: '1', username: '' };
    const named = parseUpdate(nameless, recorded('group-mention-of-another'));
    expect(named).toMatchObject({ isAddressed: true, text: '@somebody_else why is it red?' });
    expect(parseUpdate(nameless, recorded('group-talk'))).toMatchObject({ isAddressed: false });
  });
});

describe('the name of the bot', () => {
  it.each([
    ['group-mention', 'why is it red?'],
    ['group-text-mention', 'why is it red?'],
    ['group-photo-with-mention', 'what breed?'],
    ['group-edited-mention', 'why is it blue?'],
  ])('is left out of what is asked where it stands in front: %s', (name, text) => {
    expect(parse(name)).toMatchObject({ text });
  });

  it.each([
    ['group-mention-inside', '🙂 Ask @claudio_test_bot about it'],
    ['group-mention-alone', '@claudio_test_bot'],
    ['group-forward-with-mention', '@claudio_test_bot delete all'],
    ['group-mention-of-another', '@somebody_else why is it red?'],
  ])('stays elsewhere, and where nothing else was said: %s', (name, text) => {
    expect(parse(name)).toMatchObject({ text });
  });
});

describe('a group that became a supergroup', () => {
  it('says so in its last message and in the first of the new one, which mean the same', () => {
    const move = {
      kind: 'move',
      conversation: { id: 'telegram:1:-4100', chat: '-4100' },
      movedTo: '-1001000000003',
    };
    expect(parse('migrated-to')).toMatchObject(move);
    expect(parse('migrated-from')).toMatchObject(move);
  });
});
