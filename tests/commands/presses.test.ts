import { expect, onTestFinished, test } from 'vitest';
import { createPressHandler } from '../../src/commands/presses.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { conversation } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

const TOO_LATE = 'That is no longer possible.';
const FULL = '1 message already waiting. Try again when the queue is shorter.';

function world(options: { readonly maxQueueSize?: number } = {}) {
  const parts = turnWorld(options);
  const { database, queue, records, questions, conversations } = parts;
  const handle = createPressHandler(parts);
  return {
    ...parts,
    press: (data: string, chat?: string) =>
      handle({
        kind: 'press',
        updateId: 1,
        conversation: conversation(chat),
        sender: { id: '42', name: 'Owner_1' },
        messageId: '7',
        messageText: 'What it says *now*',
        data,
        pressId: 'p',
      }),
    /** Begins a turn; it asks and ends as it is told. */
    run: (text: string) => {
      parts.arrive(text);
      const turn = queue.claim('boot');
      if (turn === null) throw new Error('nothing to run');
      const { turnId, conversationId, messageId } = turn;
      return {
        turnId,
        ask: (labels: readonly string[]) =>
          questions.ask(
            { turnId, messageId, conversation: conversations.get(conversationId) },
            'Which?',
            labels,
          ),
        end: (status: 'done' | 'interrupted') =>
          records.ended(turn, {
            status,
            usage: NO_USAGE,
            model: 'claude-haiku-4-5',
            failure: null,
            text: 'The answer.',
          }),
      };
    },
    /** As a tool does that asked. Returns what ends it. */
    waitFor: (questionId: number): (() => void) => {
      const call = new AbortController();
      void questions.waitFor(questionId, call.signal);
      onTestFinished(() => call.abort());
      return () => call.abort();
    },
    turns: () => database.orm.query.turns.findMany().sync(),
    lastPart: () => database.orm.query.deliveries.findMany().sync().at(-1)?.part,
    audit: () => database.orm.query.audit.findMany().sync(),
  };
}

test('Try again makes a second turn for the same message, once, and says with which model', () => {
  const { run, press, turns, lastPart, queue } = world();
  const { turnId, end } = run('name a colour');
  expect(press(`again:${turnId}`)).toBe(TOO_LATE);
  end('done');
  expect(press(`again:${turnId}`, '43')).toBe(TOO_LATE);
  expect(press(`again:${turnId}`)).toBe('Trying again.');
  expect(lastPart()).toMatchObject({
    messageId: '7',
    markdown: 'What it says \\*now\\*\n\n**🔁 Tried again with sonnet by Owner\\_1.**',
    buttons: [],
  });
  expect(press(`again:${turnId}`)).toBe(TOO_LATE);
  expect(turns()).toMatchObject([
    { status: 'done', requestedModel: 'haiku' },
    { status: 'queued', requestedModel: 'sonnet', messageId: 1 },
  ]);
  // Not even when the second try was taken out of the queue.
  queue.cancelAll('telegram:1:42');
  expect(press(`again:${turnId}`)).toBe(TOO_LATE);
});

test('an offer to begin anew is good for the second try, too: while that waits and while it runs', () => {
  for (const isRunning of [false, true]) {
    const { run, press, turns, messages, queue } = world();
    const { turnId, end } = run('paint it red');
    messages.keepChange(1, 'paint it blue');
    end('done');
    expect(press(`again:${turnId}`)).toBe('Trying again.');
    if (isRunning) queue.claim('boot');
    expect(press(`restart:${turnId}`)).toBe('Restarting.');
    expect(queue.stopRequests()).toEqual(isRunning ? [turnId + 1] : []);
    expect(turns()).toHaveLength(2);
    expect(messages.find('telegram:1:42', '1')).toMatchObject(
      isRunning ? { changedText: 'paint it blue' } : { text: 'paint it blue', changedText: null },
    );
    expect(press(`restart:${turnId}`)).toBe(TOO_LATE);
  }
});

test('Try again can be pressed later where the queue is full', () => {
  const { run, press, arrive, queue, lastPart } = world({ maxQueueSize: 1 });
  const { turnId, end } = run('name a colour');
  end('done');
  arrive('something else');
  expect(press(`again:${turnId}`)).toBe(FULL);
  expect(lastPart()).toBeUndefined();
  queue.cancelAll('telegram:1:42');
  expect(press(`again:${turnId}`)).toBe('Trying again.');
});

test('a press below a question is its answer while Claude waits, and what it says is shown as it was written', () => {
  const { run, press, waitFor, questions, lastPart, turns, audit } = world();
  const { turnId, ask } = run('paint it');
  const id = ask(['red', 'as *you* like']);
  waitFor(id);
  expect(press(`answer:${id}.1`, '43')).toBe(TOO_LATE);
  expect(press(`answer:${id}.2`)).toBe(TOO_LATE);
  expect(press(`answer:${id + 1}.0`)).toBe(TOO_LATE);
  expect(press('answer:')).toBe(TOO_LATE);
  expect(press(`answer:${id}.1`)).toBe('as *you* like');
  expect(lastPart()).toMatchObject({
    markdown: 'What it says \\*now\\*\n\n**➡️ as \\*you\\* like: chosen by Owner\\_1.**',
    buttons: [],
  });
  expect(questions.get(id)).toMatchObject({ answer: 'as *you* like', answeredBy: 'Owner_1' });
  expect(press(`answer:${id}.0`)).toBe(TOO_LATE);
  expect(turns()).toMatchObject([{ status: 'running' }]);
  expect(audit().at(-1)).toMatchObject({ event: 'press.answer', personId: '42', turnId });
});

test('a press below the question of an interrupted turn sets it going again, once', () => {
  const { run, press, questions, turns } = world();
  const { turnId, ask, end } = run('paint it');
  const id = ask(['red', 'blue']);
  end('interrupted');
  expect(press(`answer:${id}.0`)).toBe('red');
  expect(turns()).toMatchObject([{ status: 'queued' }]);
  expect(questions.answersOf(turnId)).toEqual([{ question: 'Which?', answer: 'red' }]);
  expect(press(`answer:${id}.1`)).toBe(TOO_LATE);
  expect(press(`retry:${turnId}`)).toBe(TOO_LATE);
});

test('a press below the question of a turn that waits to be tried again is heard by that', () => {
  const { run, press, questions, turns } = world();
  const { turnId, ask, end } = run('paint it');
  const id = ask(['red', 'blue']);
  end('interrupted');
  expect(press(`retry:${turnId}`)).toBe('Trying again.');
  expect(press(`answer:${id}.0`)).toBe('red');
  expect(turns()).toMatchObject([{ status: 'queued' }]);
  expect(questions.answersOf(turnId)).toEqual([{ question: 'Which?', answer: 'red' }]);
});

test('a press below the question of a turn that was discarded or is over is too late', () => {
  const { run, press, questions } = world();
  const discarded = run('paint it');
  const first = discarded.ask(['red']);
  discarded.end('interrupted');
  expect(press(`discard:${discarded.turnId}`)).toBe('Discarded.');
  expect(questions.get(first)?.status).toBe('withdrawn');
  expect(press(`answer:${first}.0`)).toBe(TOO_LATE);
  const over = run('and this');
  const second = over.ask(['red']);
  over.end('done');
  expect(press(`answer:${second}.0`)).toBe(TOO_LATE);
});

test('a press below a question that nobody waits for any more, in a turn that goes on or is being stopped, chooses nothing', () => {
  const { run, press, waitFor, questions, queue, lastPart } = world();
  const { ask, turnId } = run('paint it');
  const id = ask(['red', 'blue']);
  const giveUp = waitFor(id);
  giveUp();
  expect(press(`answer:${id}.0`)).toBe(TOO_LATE);
  waitFor(id);
  queue.requestStop(turnId);
  expect(press(`answer:${id}.0`)).toBe(TOO_LATE);
  expect(questions.get(id)).toMatchObject({ status: 'open', answer: null });
  expect(lastPart()).not.toHaveProperty('messageId');
});

test('a press below the question of an earlier attempt is kept for the one that runs, which may ask it again', () => {
  const { run, press, questions, queue, clock } = world();
  const { ask, end, turnId } = run('paint it');
  const id = ask(['red', 'blue']);
  end('interrupted');
  press(`retry:${turnId}`);
  clock.advance(1);
  queue.claim('boot');
  expect(press(`answer:${id}.1`)).toBe('blue');
  expect(questions.answeredLate(turnId)).toMatchObject({ id });
});

test('a press below a question that finds the queue full answers nothing, and can be made again', () => {
  const { run, press, arrive, queue, questions } = world({ maxQueueSize: 1 });
  const { ask, end } = run('paint it');
  const id = ask(['red']);
  end('interrupted');
  arrive('something else');
  expect(press(`answer:${id}.0`)).toBe(FULL);
  expect(questions.get(id)?.status).toBe('open');
  queue.cancelAll('telegram:1:42');
  expect(press(`answer:${id}.0`)).toBe('red');
});

test('words go to the question that Claude waits with, also where a later turn left one open', () => {
  const { run, press, questions, queue } = world();
  const first = run('one');
  const asked = first.ask([]);
  first.end('interrupted');
  const second = run('two');
  second.ask([]);
  second.end('interrupted');
  press(`retry:${first.turnId}`);
  queue.claim('boot');
  expect(questions.openFor('telegram:1:42')).toMatchObject({ id: asked, isTurnRunning: true });
});
