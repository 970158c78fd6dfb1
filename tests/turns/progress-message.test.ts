import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AgentProgress } from '../../src/core/agent.ts';
import type { Notice, ShowOutcome } from '../../src/core/channel.ts';
import { createProgressMessage, type ProgressMessage } from '../../src/turns/progress-message.ts';
import { conversation } from '../support/inbound.ts';
import { type TestLog, testLog } from '../support/log.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const STOP = { label: 'Stop', data: 'stop:7' };

type Shown = Notice & { readonly atMs: number; readonly signal: AbortSignal };

/** A platform that takes what it is told to take, and keeps it. */
let shows: Shown[];
let drafts: { readonly draftId: number; readonly markdown: string }[];
let recorded: string[];
/** What becomes of the next shows; the message `1` after that. */
let outcomes: (ShowOutcome | (() => Promise<ShowOutcome>))[];
let message: ProgressMessage;
let log: TestLog;

const open = (over: Partial<Parameters<typeof createProgressMessage>[0]> = {}): ProgressMessage => {
  message = createProgressMessage({
    signs: {
      show: async (_, notice, signal) => {
        shows.push({ ...notice, atMs: performance.now(), signal });
        const outcome = outcomes.shift() ?? { kind: 'shown', messageId: '1' };
        return typeof outcome === 'function' ? await outcome() : outcome;
      },
      draft: (_, draftId, markdown) => void drafts.push({ draftId, markdown }),
    },
    conversation: conversation(),
    turnId: 7,
    clock: { elapsed: () => performance.now() },
    level: 'brief',
    streaming: 'off',
    stopButton: STOP,
    onShown: (messageId) => void recorded.push(messageId),
    isPaused: () => false,
    log: log.log,
    ...over,
  });
  return message;
};

const FAILED = { kind: 'failed' } as const;
const SHOWN = { kind: 'shown', messageId: '1' } as const;

const pass = (durationMs: number) => vi.advanceTimersByTimeAsync(durationMs);
const began: AgentProgress = {
  kind: 'tool-began',
  toolUse: { id: 'a', tool: 'Bash', summary: 'Running npm test', inputDigest: '' },
};
const wrote = (text: string): AgentProgress => ({ kind: 'text', text });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  log = testLog();
  shows = [];
  drafts = [];
  recorded = [];
  outcomes = [];
});
afterEach(() => {
  message.close();
  vi.useRealTimers();
});

/** The times between the shows from a moment on, looked at at another. */
const gapsMs = async (fromMs: number, untilMs: number): Promise<Set<number>> => {
  await pass(untilMs - performance.now());
  const times = shows.map(({ atMs }) => atMs).filter((atMs) => atMs >= fromMs);
  return new Set(times.slice(1).map((atMs, at) => atMs - (times[at] ?? 0)));
};

describe('the message that shows what a turn does', () => {
  it('appears after five seconds, with a button, and is one message from then on', async () => {
    open().note(began);
    await pass(4999);
    expect(shows).toEqual([]);
    await pass(1);
    expect(shows).toMatchObject([
      { messageId: null, markdown: '⏳ 5 s\n\nRunning npm test', buttons: [[STOP]] },
    ]);
    expect(message.messageId).toBe('1');
    await pass(6 * SECOND_MS);
    expect(shows.slice(1)).toMatchObject([
      { messageId: '1', markdown: '⏳ 8 s\n\nRunning npm test, 8 s' },
      { messageId: '1', markdown: '⏳ 11 s\n\nRunning npm test, 11 s' },
    ]);
    expect(recorded).toEqual(['1']);
  });

  it('never appears for a short turn, or where it is not wanted', async () => {
    open().close();
    await pass(MINUTE_MS);
    open({ level: 'off' }).note(began);
    await pass(MINUTE_MS);
    open({ level: 'off', streaming: 'draft' }).note(wrote('Well'));
    await pass(MINUTE_MS);
    expect(shows).toEqual([]);
    expect(await message.pending()).toBeNull();
  });

  it('changes less often as the turn grows old', async () => {
    open();
    const startMs = performance.now();
    expect(await gapsMs(startMs, startMs + MINUTE_MS - 1)).toEqual(new Set([3000]));
    const minute = (count: number): number => startMs + count * MINUTE_MS + 4000;
    expect(await gapsMs(minute(1), minute(4.9))).toEqual(new Set([5000]));
    expect(await gapsMs(minute(5), minute(14.8))).toEqual(new Set([10_000]));
    expect(await gapsMs(minute(15), minute(59))).toEqual(new Set([30_000]));
    expect(await gapsMs(minute(61), minute(300))).toEqual(new Set([60_000]));
  });

  it('is left alone where there is nothing new to show', async () => {
    open({ level: 'off', streaming: 'edits' }).note(wrote('Well, '));
    await pass(30 * SECOND_MS);
    message.note(wrote('Well, so'));
    await pass(30 * SECOND_MS);
    expect(shows.map(({ markdown }) => markdown)).toEqual(['Well, ▍', 'Well, so ▍']);
  });

  it('waits as long as it is told to, and shows what is true then', async () => {
    outcomes = [{ kind: 'wait', retryAfterMs: 40 * SECOND_MS }];
    open().note(began);
    await pass(44 * SECOND_MS);
    expect(shows).toHaveLength(1);
    await pass(SECOND_MS);
    expect(shows[1]).toMatchObject({ messageId: null, markdown: expect.stringContaining('45 s') });
  });

  it('changes once a minute after three failures in a row, and as before when one has come through', async () => {
    outcomes = [SHOWN, FAILED, FAILED, SHOWN, FAILED, FAILED, FAILED, FAILED];
    open();
    await pass(4 * MINUTE_MS);
    const seconds = shows.map(({ atMs }) => (atMs - (shows[0]?.atMs ?? 0)) / SECOND_MS);
    expect(seconds.slice(0, 12)).toEqual([0, 3, 6, 9, 12, 15, 18, 78, 138, 143, 148, 153]);
    expect(await message.pending()).toBe('1');
  });

  it('that may be there or not is tried once more, after a while, and never a third time', async () => {
    outcomes = [FAILED, FAILED];
    open();
    await pass(24 * SECOND_MS);
    expect(shows).toHaveLength(1);
    await pass(SECOND_MS);
    expect(shows).toHaveLength(2);
    await pass(60 * MINUTE_MS);
    expect(shows).toHaveLength(2);
    expect(await message.pending()).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is one message from then on where the second try came through', async () => {
    outcomes = [FAILED, SHOWN];
    open();
    await pass(28 * SECOND_MS);
    expect(shows.map(({ messageId }) => messageId)).toEqual([null, null, '1']);
  });

  it('neither appears nor changes while a person is waited for', async () => {
    let isPaused = true;
    open({ isPaused: () => isPaused }).note(began);
    await pass(MINUTE_MS);
    expect(shows).toEqual([]);
    isPaused = false;
    await pass(5 * SECOND_MS);
    expect(shows).toHaveLength(1);
    isPaused = true;
    await pass(5 * MINUTE_MS);
    expect(shows).toHaveLength(1);
    isPaused = false;
    await pass(10 * SECOND_MS);
    expect(shows[1]).toMatchObject({ messageId: '1' });
  });

  it('outlives a platform that throws, and a record that cannot be kept', async () => {
    outcomes = [() => Promise.reject(new Error('no'))];
    open({
      onShown: () => {
        throw new Error('the disk is full');
      },
    });
    await pass(28 * SECOND_MS);
    expect(shows).toHaveLength(3);
    expect(message.messageId).toBe('1');
    expect(log.lines.map(({ event }) => event)).toEqual([
      'progress.sign-broken',
      'progress.not-shown',
      'progress.not-recorded',
    ]);
  });

  it('makes one call at a time', async () => {
    const held = Promise.withResolvers<ShowOutcome>();
    outcomes = [() => held.promise];
    open();
    await pass(MINUTE_MS);
    expect(shows).toHaveLength(1);
    held.resolve({ kind: 'shown', messageId: '1' });
    await pass(5 * SECOND_MS);
    expect(shows).toHaveLength(2);
  });

  it('shows nothing more once it is closed', async () => {
    open();
    await pass(5 * SECOND_MS);
    message.close();
    message.close();
    message.note(began);
    await pass(MINUTE_MS);
    expect(shows).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that is still on its way when it is closed is told of later, so that it can be removed', async () => {
    const held = Promise.withResolvers<ShowOutcome>();
    outcomes = [() => held.promise];
    open();
    await pass(5 * SECOND_MS);
    message.close();
    expect(message.messageId).toBeNull();
    expect(shows[0]?.signal.aborted).toBe(false);
    const pending = message.pending();
    held.resolve({ kind: 'shown', messageId: '9' });
    expect(await pending).toBe('9');
    expect(recorded).toEqual(['9']);
    await pass(MINUTE_MS);
    expect(shows).toHaveLength(1);
  });

  it('has a change that is on its way broken off when it is closed', async () => {
    open();
    await pass(5 * SECOND_MS);
    outcomes = [() => new Promise(() => undefined)];
    await pass(3 * SECOND_MS);
    expect(shows[1]?.signal.aborted).toBe(false);
    message.close();
    expect(shows[1]?.signal.aborted).toBe(true);
  });

  it('tells what Claudio itself does', async () => {
    open().say('Transcribing');
    await pass(5 * SECOND_MS);
    message.say('');
    await pass(3 * SECOND_MS);
    expect(shows.map(({ markdown }) => markdown)).toEqual([
      '⏳ 5 s\n\nTranscribing',
      '⏳ 8 s\n\nThinking…',
    ]);
  });
});

it('an answer as it grows goes to the draft of its turn at once', () => {
  open({ level: 'off', streaming: 'draft' });
  message.note(began);
  message.note(wrote('Well'));
  message.note(wrote('Well, so'));
  expect(drafts).toEqual([
    { draftId: 7, markdown: 'Well' },
    { draftId: 7, markdown: 'Well, so' },
  ]);
});
