import { describe, expect, test } from 'vitest';
import { createEditHandler } from '../../src/commands/changes.ts';
import { createPressHandler } from '../../src/commands/presses.ts';
import type { AgentEvent } from '../../src/core/agent.ts';
import type { Attachment } from '../../src/core/inbound.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { recover } from '../../src/turns/recovery.ts';
import { createWorker } from '../../src/turns/worker.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { answered, turnWorld, type Work } from '../support/turns.ts';

const TOO_LATE = 'That is no longer possible.';
const CONVERSATION = conversation();
const SENDER = { id: '42', name: 'Owner' };

function service(options: Parameters<typeof turnWorld>[0] = {}) {
  const world = turnWorld(options);
  const handleEdit = createEditHandler({ ...world, defaultModel: () => 'haiku' });
  const handlePress = createPressHandler(world);
  const { messages } = world.database.orm.query;
  return {
    ...world,
    edit: (messageId: string, text: string) =>
      handleEdit(
        {
          kind: 'edit',
          updateId: 1,
          conversation: CONVERSATION,
          sender: SENDER,
          messageId,
          text,
        },
        'owner',
      ),
    press: (data: string) =>
      handlePress({
        kind: 'press',
        updateId: 1,
        conversation: CONVERSATION,
        sender: SENDER,
        messageId: '7',
        messageText: 'You changed this message.',
        data,
        pressId: 'p',
      }),
    /** Takes a message in that has something attached. */
    bring: (updateId: number, text: string, attachment: Partial<Attachment>, albumId?: string) => {
      const message = {
        ...inboundMessage(updateId, text),
        albumId: albumId ?? null,
        attachments: [{ ...FILE, ...attachment }],
      };
      world.conversations.ensure(CONVERSATION);
      if (world.queue.addToAlbum(message) === null) world.queue.enqueue(message, 'haiku');
    },
    /** What a turn does with the recording of the first message. */
    hear: (transcript: string) => {
      const [recording] = world.messages.attachments(1);
      if (recording === undefined) throw new Error('no recording');
      world.messages.addTranscript(recording, transcript);
    },
    end: (status: 'done' | 'interrupted' = 'done') => {
      const running = world.database.orm.query.turns
        .findMany()
        .sync()
        .find((turn) => turn.status === 'running');
      if (running === undefined) throw new Error('nothing runs');
      world.records.ended(
        { ...running, turnId: running.id },
        { status, usage: NO_USAGE, model: null, failure: null, text: 'The answer.' },
      );
    },
    turns: () => world.database.orm.query.turns.findMany().sync(),
    people: () =>
      messages
        .findMany()
        .sync()
        .filter(({ role }) => role === 'person')
        .map(({ text, formerText }) => (formerText === null ? text : `${formerText} > ${text}`)),
  };
}

const FILE: Attachment = {
  kind: 'image',
  fileId: 'file',
  name: null,
  mimeType: null,
  sizeBytes: null,
  durationMs: null,
  isQuoted: false,
};

/** A worker that has ended all that it had to do. */
async function runAll(world: ReturnType<typeof turnWorld>): Promise<void> {
  const worker = createWorker({
    ...world,
    bootId: 'boot',
    maxConcurrentTurns: 1,
    ended: () => undefined,
  });
  worker.wake();
  await worker.drain(10_000);
}

/** An agent that waits to be stopped, the first time, and then still has an answer or has none. */
function stubborn(meanwhile: () => void, hasAnswer: boolean): Work {
  let runCount = 0;
  return async function* work(_, signal): AsyncGenerator<AgentEvent> {
    runCount += 1;
    if (runCount === 1) {
      setImmediate(meanwhile);
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    }
    const outcome =
      runCount > 1 || hasAnswer
        ? answered(`Answer ${runCount}.`)
        : ({ kind: 'stopped', usage: NO_USAGE } as const);
    yield { type: 'completed', outcome };
  };
}

describe('an edit', () => {
  test('of an answered message makes an offer that was never taken worthless: it asked for an older text', () => {
    const { arrive, queue, edit, end, press, people } = service();
    const turnId = arrive('red');
    queue.claim('boot');
    expect(edit('1', 'blue')).toBe(true);
    end();
    expect(edit('1', 'green')).toBe(true);
    expect(press(`restart:${turnId}`)).toBe(TOO_LATE);
    expect(people()).toEqual(['red', 'red > green']);
  });

  test('of an interrupted message is what Retry then works on', () => {
    const { arrive, queue, edit, end, press, people, told } = service();
    const turnId = arrive('red');
    queue.claim('boot');
    end('interrupted');
    expect(edit('1', 'blue')).toBe(true);
    expect(press(`retry:${turnId}`)).toBe('Trying again.');
    expect(people()).toEqual(['blue']);
    expect(told().some((text) => text.startsWith('✏️'))).toBe(false);
  });

  test('of a follow-up that still waits changes that and keeps what stood there at first', () => {
    const { arrive, queue, edit, end, people } = service();
    arrive('red');
    queue.claim('boot');
    end();
    edit('1', 'blue');
    edit('1', 'green');
    expect(people()).toEqual(['red', 'red > green']);
  });

  test('of the caption of a recording changes that and keeps what was said in it', () => {
    const { bring, hear, queue, edit, end, people } = service();
    bring(1, 'listen', { kind: 'speech' });
    expect(edit('1', 'hear')).toBe(true);
    queue.claim('boot');
    hear('one two three');
    expect(edit('1', 'hear')).toBe(false);
    end();
    expect(edit('1', '')).toBe(true);
    expect(people()).toEqual(['hear\none two three', 'hear\none two three > one two three']);
  });

  test('of the caption of a recording that is being listened to misses nothing of what is said in it', () => {
    const { bring, hear, queue, edit, end, press, people } = service();
    bring(1, 'listen', { kind: 'speech' });
    queue.claim('boot');
    expect(edit('1', '')).toBe(true);
    hear('one two three');
    end('interrupted');
    expect(press('restart:1')).toBe('Restarting.');
    expect(people()).toEqual(['one two three']);
  });

  test('of a text that replies to a picture is like that of any other', () => {
    const { bring, edit, people } = service();
    bring(1, 'what is this?', { isQuoted: true });
    expect(edit('1', 'who is this?')).toBe(true);
    expect(people()).toEqual(['who is this?']);
  });

  test('of a picture changes what it is sent with, also where that was nothing', () => {
    const { bring, edit, people } = service();
    bring(1, '', {});
    expect(edit('1', '')).toBe(false);
    expect(edit('1', 'what is this?')).toBe(true);
    expect(people()).toEqual(['what is this?']);
  });

  test('of any part of an album changes exactly the words of that part, also to none', () => {
    const { bring, edit, people } = service();
    const captions = ['the house', 'the garden', '', 'the garden'];
    captions.forEach((caption, index) => bring(index + 1, caption, {}, 'album'));
    // An edit that nobody sees.
    expect([edit('1', 'the house'), edit('3', '')]).toEqual([false, false]);
    expect(edit('1', 'the tower')).toBe(true);
    expect(people()).toEqual(['the tower\nthe garden\nthe garden']);
    expect(edit('4', 'the tree\nin it')).toBe(true);
    expect(people()).toEqual(['the tower\nthe garden\nthe tree\nin it']);
    expect(edit('2', '')).toBe(true);
    expect(edit('3', 'the pond')).toBe(true);
    expect(people()).toEqual(['the tower\nthe pond\nthe tree\nin it']);
    for (const part of ['1', '3', '4']) expect(edit(part, '')).toBe(true);
    expect(people()).toEqual(['']);
  });

  test('of several parts of an album that is being answered is kept with the others', () => {
    const { bring, queue, clock, edit, end, press, people } = service();
    ['the house', 'the garden'].forEach((text, index) => bring(index + 1, text, {}, 'album'));
    clock.advance(1500);
    queue.claim('boot');
    expect([edit('2', ''), edit('1', 'the tower')]).toEqual([true, true]);
    expect(people()).toEqual(['the house\nthe garden']);
    end();
    expect(press('restart:1')).toBe('Restarting.');
    expect(edit('2', 'the pond')).toBe(true);
    expect(people()).toEqual([
      'the house\nthe garden',
      'the house\nthe garden > the tower\nthe pond',
    ]);
  });

  test('of a message that Claude never had, or not in this conversation, does nothing', () => {
    const { arrive, edit, messages, conversations, people } = service();
    arrive('red', '43');
    conversations.ensure(CONVERSATION);
    messages.addAside(inboundMessage(5, '/status'));
    expect([edit('1', 'blue'), edit('5', '/usage'), edit('9', 'x')]).toEqual([false, false, false]);
    expect(people()).toEqual(['red']);
  });
});

describe('the offer to begin anew', () => {
  test('counts once while the turn stops', () => {
    const { arrive, queue, edit, press, turns } = service();
    const turnId = arrive('red');
    queue.claim('boot');
    edit('1', 'blue');
    expect(press(`restart:${turnId}`)).toBe('Restarting.');
    expect(press(`restart:${turnId}`)).toBe(TOO_LATE);
    expect(queue.stopRequests()).toEqual([turnId]);
    expect(turns()).toMatchObject([{ restartRequestedAtMs: expect.any(Number) as number }]);
  });

  test('sets a turn going with the new text that was interrupted meanwhile, or that waits to be tried again', () => {
    for (const isRetried of [false, true]) {
      const { arrive, queue, edit, end, press, people, turns } = service();
      const turnId = arrive('red');
      queue.claim('boot');
      edit('1', 'blue');
      end('interrupted');
      if (isRetried) expect(press(`retry:${turnId}`)).toBe('Trying again.');
      expect(press(`restart:${turnId}`)).toBe('Restarting.');
      expect(turns()).toMatchObject([{ status: 'queued' }]);
      expect(people()).toEqual(['blue']);
      expect(press(`restart:${turnId}`)).toBe(TOO_LATE);
    }
  });

  test('can be taken later where the queue is full', () => {
    const { arrive, queue, edit, end, press, people } = service({ maxQueueSize: 1 });
    const turnId = arrive('red');
    queue.claim('boot');
    edit('1', 'blue');
    end();
    arrive('something else');
    expect(press(`restart:${turnId}`)).toBe(
      '1 message already waiting. Try again when the queue is shorter.',
    );
    queue.cancelAll(CONVERSATION.id);
    expect(press(`restart:${turnId}`)).toBe('Restarting.');
    expect(people()).toEqual(['red', 'something else', 'red > blue']);
  });

  test('that was taken a moment too late becomes a message of its own, however full the queue is', async () => {
    const world: ReturnType<typeof service> = service({
      maxQueueSize: 1,
      work: stubborn(() => {
        world.edit('1', 'blue');
        world.arrive('something else');
        world.press('restart:1');
        worker.wake();
      }, true),
    });
    const worker = createWorker({
      ...world,
      bootId: 'boot',
      maxConcurrentTurns: 1,
      ended: () => undefined,
    });
    world.arrive('red');
    worker.wake();
    await worker.drain(10_000);
    expect(world.people()).toEqual(['red', 'something else', 'red > blue']);
    expect(world.turns().map(({ status }) => status)).toEqual(['done', 'queued', 'queued']);
  });

  test('that was taken a moment too late comes to nothing, with a word, where a limit was reached meanwhile', async () => {
    const world: ReturnType<typeof service> = service({
      work: stubborn(() => {
        world.edit('1', 'blue');
        world.press('restart:1');
        worker.wake();
      }, true),
    });
    const refusal = { rule: 'budget', kind: 'limit' as const, markdown: 'The budget is used up.' };
    const asked: string[] = [];
    const worker = createWorker({
      ...world,
      gate: {
        check: ({ text, personId, role }) => {
          asked.push(`${role} ${personId}: ${text}`);
          return refusal;
        },
        checkText: () => null,
      },
      bootId: 'boot',
      maxConcurrentTurns: 1,
      ended: () => undefined,
    });
    world.arrive('red');
    worker.wake();
    await worker.drain(10_000);
    expect(asked).toEqual(['owner 42: blue']);
    expect(world.people()).toEqual(['red']);
    expect(world.turns().map(({ status }) => status)).toEqual(['done']);
    expect(world.told().at(-1)).toBe(
      'The budget is used up.\n\nSo the text from before your edit is the one that I answered.',
    );
    expect(world.press('restart:1')).toBe(TOO_LATE);
  });

  test('gives way to a stop that is asked for afterwards', async () => {
    const world: ReturnType<typeof service> = service({
      work: stubborn(() => {
        world.edit('1', 'blue');
        world.press('restart:1');
        world.press('halt:1');
        worker.wake();
      }, false),
    });
    const worker = createWorker({
      ...world,
      bootId: 'boot',
      maxConcurrentTurns: 1,
      ended: () => undefined,
    });
    world.arrive('red');
    worker.wake();
    await worker.drain(10_000);
    expect(world.turns()).toMatchObject([{ status: 'cancelled' }]);
    expect(world.told().at(-1)).toBe('⏹ Stopped.');
  });

  test('that was taken before a crash is done by the next start, without a word', async () => {
    const world = service();
    const turnId = world.arrive('red');
    world.queue.claim('first');
    world.edit('1', 'blue');
    world.press(`restart:${turnId}`);
    const toldCount = world.told().length;
    await recover({ ...world, bootId: 'second' });
    expect(world.told()).toHaveLength(toldCount);
    await runAll(world);
    expect(world.turns()).toMatchObject([
      { status: 'done', attemptCount: 2, restartRequestedAtMs: null },
    ]);
    expect(world.people()).toEqual(['blue']);
  });
});
