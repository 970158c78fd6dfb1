import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTeller, type Teller } from '../../../src/agent/claude/events.ts';
import type { StreamMessage } from '../../../src/agent/claude/stream.ts';
import { digestOf } from '../../../src/platform/digest.ts';
import { NO_USAGE } from '../../../src/core/turn.ts';

let teller: Teller;

/** What is told of these messages: the progress alone. */
const told = (...messages: readonly StreamMessage[]): unknown[] =>
  messages.flatMap((message) =>
    [...teller.eventsOf(message)].map((event) =>
      event.type === 'progress' ? event.progress : event,
    ),
  );

const uses = (...ids: readonly string[]): StreamMessage => ({
  type: 'assistant',
  messageId: 'm',
  isSynthetic: false,
  isSubAgent: false,
  text: '',
  toolUses: ids.map((id) => ({ id, name: 'Bash', input: { command: id } })),
  usage: NO_USAGE,
});
const digest = (command: string): string => digestOf({ command });
const results = (...toolUseIds: readonly string[]): StreamMessage => ({
  type: 'tool-results',
  toolUseIds,
});
const delta = (text: string): StreamMessage => ({ type: 'text-delta', text });
const START: StreamMessage = { type: 'message-start' };
const TEXT: StreamMessage = { type: 'text-start' };
const END: StreamMessage = { type: 'block-end' };
const text = (words: string): object => ({ kind: 'text', text: words });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  teller = createTeller({ tellsStart: true, workDir: '/work' });
});
afterEach(() => {
  teller.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('what is told of a run', () => {
  it('is each tool at its beginning and, once, at its end', () => {
    expect(told(uses('a', 'b'), results('b', 'c'), results('b', 'a'), results('a'))).toEqual([
      {
        kind: 'tool-began',
        toolUse: { id: 'a', tool: 'Bash', summary: 'Running a', inputDigest: digest('a') },
      },
      {
        kind: 'tool-began',
        toolUse: { id: 'b', tool: 'Bash', summary: 'Running b', inputDigest: digest('b') },
      },
      { kind: 'tool-ended', toolUseId: 'b' },
      { kind: 'tool-ended', toolUseId: 'a' },
    ]);
  });

  it('can be asked which tools have begun and not ended', () => {
    expect(told(uses('a', 'b', 'c'), results('b'))).toHaveLength(4);
    expect(teller.openToolUseIds()).toEqual(['a', 'c']);
  });

  it('is its start, but for a run that stands in for another', () => {
    const init = { type: 'init', sessionId: 's', model: 'm' } as const;
    expect(told(init)).toEqual([{ type: 'started', sessionId: 's', model: 'm' }]);
    teller = createTeller({ tellsStart: false, workDir: '/work' });
    expect(told(init)).toEqual([]);
  });

  it('is all of the text so far, four times a second, and the end of it at once', () => {
    expect(told(START, TEXT, delta('One'), delta(' two'))).toEqual([text('One')]);
    vi.advanceTimersByTime(249);
    expect(told(delta(' three'))).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told(delta(' four'), delta(' five'))).toEqual([text('One two three four')]);
    expect(told(END, END)).toEqual([text('One two three four five')]);
  });

  it('is a text for each message, its blocks apart', () => {
    expect(told(START, TEXT, delta('One'), END, TEXT, delta('two'), END)).toEqual([
      text('One'),
      text('One\n\ntwo'),
    ]);
    expect(told(START, END, TEXT, delta('three'), END)).toEqual([text('three')]);
  });

  it('is no text where nothing is written', () => {
    expect(told(START, END, TEXT, delta(' \n'), END, uses('a'))).toMatchObject([
      { kind: 'tool-began' },
    ]);
  });
});
