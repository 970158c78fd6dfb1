import { describe, expect, it } from 'vitest';
import { parse } from './recorded.ts';

describe('a reply', () => {
  it('quotes the part that was marked', () => {
    expect(parse('reply-with-quote')).toMatchObject({
      text: 'Do this now',
      quote: { author: 'Claudio', text: 'run the tests' },
    });
  });

  it('quotes all of the message where no part was marked', () => {
    expect(parse('reply-to-answer')).toMatchObject({
      text: 'Really?',
      quote: { author: 'Claudio', text: 'Done: all tests pass.' },
    });
  });

  it('brings the picture or the document that it is about', () => {
    expect(parse('reply-to-own-photo')).toMatchObject({
      text: 'What is this?',
      quote: { author: 'Owner', text: '(A photo)' },
      attachments: [{ kind: 'image', fileId: 'file-4', isQuoted: true }],
    });
    expect(parse('reply-to-document')).toMatchObject({
      quote: { author: 'Claudio', text: 'The whole answer' },
      attachments: [{ kind: 'file', name: 'answer.md', isQuoted: true }],
    });
  });

  it('is no stand-in for words that are known here, where it is a picture', () => {
    const quoting = parse('reply-to-own-photo');
    expect(quoting?.kind === 'message' && quoting.quote).toEqual({
      author: 'Owner',
      text: '(A photo)',
    });
  });

  it('brings no recording, which was answered already', () => {
    expect(parse('reply-to-voice')).toMatchObject({
      // What was said in it is known elsewhere, by its id.
      quote: { author: 'Owner', text: '(A voice message)', wordlessMessageId: '8' },
      attachments: [],
    });
  });

  it('brings nothing where it has a picture of its own', () => {
    expect(parse('photo-in-reply-to-photo')).toMatchObject({
      text: 'After',
      quote: { author: 'Owner', text: 'Before' },
      attachments: [{ fileId: 'file-7', isQuoted: false }],
    });
  });

  it('may ask about a picture aloud', () => {
    expect(parse('voice-in-reply-to-photo')).toMatchObject({
      attachments: [
        { kind: 'speech', fileId: 'file-8', isQuoted: false },
        { kind: 'image', fileId: 'file-4', isQuoted: true },
      ],
    });
  });

  it('quotes in words what is no text', () => {
    expect(parse('reply-to-location')).toMatchObject({
      quote: { author: 'Second Person', text: '(A location: 52.5200, 13.4050)' },
    });
  });

  it('can be about a message in another chat', () => {
    expect(parse('reply-to-another-chat')).toMatchObject({
      quote: { author: 'Channel', text: 'A diagram of the new pipeline' },
      attachments: [{ fileId: 'file-4', isQuoted: true }],
    });
    expect(parse('reply-to-another-topic')).toMatchObject({
      text: 'As I said there',
      quote: null,
    });
  });

  it('is none when Telegram makes it one to name the topic', () => {
    expect(parse('topic-first-reply')).toMatchObject({
      text: 'How do we deploy?',
      conversation: { thread: '7' },
      quote: null,
      attachments: [],
    });
  });
});

describe('a forwarded message', () => {
  it.each([
    ['forward-user', 'Second Person'],
    ['forward-hidden-user', 'Somebody Hidden'],
    ['forward-chat', 'Group'],
    ['forward-channel', 'Channel'],
  ])('of %s names who said it first', (name, forwardedFrom) => {
    expect(parse(name)).toMatchObject({
      kind: 'message',
      sender: { name: 'Owner' },
      forwardedFrom,
      quote: null,
    });
  });

  it('is never a command', () => {
    expect(parse('forward-command')).toMatchObject({
      kind: 'message',
      text: '/stop@other_test_bot',
      command: null,
    });
  });
});

it('odd shapes around a message do not cost the message', () => {
  expect(parse('odd-around')).toMatchObject({
    kind: 'message',
    text: 'Hello',
    attachments: [],
    albumId: null,
    quote: null,
    forwardedFrom: 'somebody',
    command: null,
  });
});
