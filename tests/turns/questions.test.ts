import { expect, test } from 'vitest';
import { NO_USAGE } from '../../src/core/turn.ts';
import { createQuestions } from '../../src/turns/questions.ts';
import { turnWorld } from '../support/turns.ts';

const NEVER = new AbortController().signal;

function world() {
  const base = turnWorld();
  const { database, clock, outbox, queue, conversations, records } = base;
  const questions = createQuestions({ database, clock, outbox });
  const running = (chat?: string) => {
    base.arrive('do it', chat);
    const turn = queue.claim('boot');
    if (turn === null) throw new Error('nothing to run');
    const { turnId, conversationId, messageId } = turn;
    const asker = { turnId, messageId, conversation: conversations.get(conversationId) };
    const end = (status: 'done' | 'interrupted') =>
      database.transaction(() =>
        records.ended(turn, { status, usage: NO_USAGE, model: null, failure: null, text: '' }),
      );
    return { ...turn, asker, end };
  };
  return { ...base, questions, running };
}

test('the newest open question of a conversation is the one to answer, running or not', () => {
  const { questions, running } = world();
  const { asker, turnId, conversationId, end } = running();
  expect(questions.openFor(conversationId)).toBeNull();
  questions.ask(asker, 'First?', []);
  const second = questions.ask(asker, 'Second?', ['yes', 'no']);
  const other = running('43');
  questions.ask(other.asker, 'Elsewhere?', []);
  const open = { id: second, turnId, text: 'Second?', options: ['yes', 'no'] };
  expect(questions.openFor(conversationId)).toEqual({
    ...open,
    isTurnRunning: true,
    isWaitedFor: false,
  });
  expect(questions.openOf(turnId)).toMatchObject({ id: second });
  end('interrupted');
  expect(questions.openFor(conversationId)).toEqual({
    ...open,
    isTurnRunning: false,
    isWaitedFor: false,
  });
});

test('a question is waited for from when somebody waits until the last of them has given up', async () => {
  const { questions, running } = world();
  const { asker, conversationId } = running();
  const id = questions.ask(asker, 'Which?', []);
  const other = questions.ask(running('43').asker, 'Elsewhere?', []);
  const isWaitedFor = () => {
    expect(questions.openFor(conversationId)?.isWaitedFor).toBe(questions.isWaitedFor(id));
    return questions.isWaitedFor(id);
  };
  void questions.waitFor(other, NEVER);
  expect(isWaitedFor()).toBe(false);
  const givenUp = new AbortController();
  let isSeenAtTheEnd: boolean | undefined;
  // Asked before the wait itself has heard of it.
  givenUp.signal.addEventListener('abort', () => (isSeenAtTheEnd = isWaitedFor()));
  const first = questions.waitFor(id, givenUp.signal);
  expect(isWaitedFor()).toBe(true);
  givenUp.abort();
  expect(isSeenAtTheEnd).toBe(false);
  expect(await first).toBeNull();
  expect(isWaitedFor()).toBe(false);

  const second = questions.waitFor(id, NEVER);
  expect(isWaitedFor()).toBe(true);
  questions.answer(id, { text: 'red', by: 'Owner' });
  questions.wake();
  expect(questions.isWaitedFor(id)).toBe(false);
  await second;
});

test('what a stopped turn asked is no longer open to words', () => {
  const { questions, running, queue } = world();
  const { asker, turnId, conversationId } = running();
  questions.ask(asker, 'Which?', []);
  void questions.waitFor(questions.openOf(turnId)?.id ?? 0, NEVER);
  expect(questions.openFor(conversationId)).toMatchObject({ isWaitedFor: true });
  expect(queue.requestStop(turnId)).toBe(true);
  expect(questions.openFor(conversationId)).toBeNull();
});

test('a question that is shown again has its buttons, and stands in the history once', () => {
  const { questions, running, database, told } = world();
  const { asker, turnId } = running();
  const id = questions.ask(asker, 'Which?', ['red']);
  const open = questions.openOf(turnId);
  if (open !== null) questions.askAgain(asker, open);
  expect(told()).toEqual(['❓ Which?', '❓ Still open: Which?']);
  expect(database.orm.query.deliveries.findMany().sync()[1]?.part['buttons']).toEqual([
    [{ label: 'red', data: `answer:${id}.0` }],
  ]);
  expect(database.orm.query.messages.findMany().sync()).toHaveLength(2);
});

test('a question is answered once', () => {
  const { questions, running, database } = world();
  const { asker, conversationId } = running();
  const id = questions.ask(asker, 'Which?', []);
  expect(questions.answer(id, { text: 'red', by: 'Owner' })).toBe('answered');
  expect(questions.answer(id, { text: 'blue', by: 'Other' })).toBe('gone');
  expect(questions.answer(id + 1, { text: 'blue', by: 'Other' })).toBe('gone');
  expect(questions.get(id)).toMatchObject({
    status: 'answered',
    answer: 'red',
    answeredBy: 'Owner',
  });
  expect(questions.get(id + 1)).toBeNull();
  expect(questions.openFor(conversationId)).toBeNull();
  const answers = database.orm.query.messages.findMany().sync().slice(2);
  expect(answers).toMatchObject([{ role: 'person', text: 'red', author: 'Owner' }]);
});

test('a question that cannot be shown is not asked', () => {
  const { questions, running, database } = world();
  const { asker, conversationId } = running();
  database.orm.$client.exec('drop table deliveries');
  expect(() => questions.ask(asker, 'Which?', [])).toThrow(/deliveries/u);
  expect(questions.openFor(conversationId)).toBeNull();
  expect(database.orm.query.messages.findMany().sync()).toHaveLength(1);
});

test('an answer that is rolled back with its update was never given', async () => {
  const { questions, running, database } = world();
  const id = questions.ask(running().asker, 'Which?', []);
  const waiting = questions.waitFor(id, NEVER);
  expect(() =>
    database.transaction(() => {
      questions.answer(id, { text: 'red', by: 'Owner' });
      throw new Error('no room');
    }),
  ).toThrow('no room');
  questions.wake();
  expect(questions.get(id)).toMatchObject({ status: 'open', answer: null });
  questions.answer(id, { text: 'blue', by: 'Owner' });
  questions.wake();
  expect(await waiting).toEqual({ answer: 'blue', by: 'Owner' });
});

test('who begins to wait after the answer came has it at once', async () => {
  const { questions, running } = world();
  const id = questions.ask(running().asker, 'Which?', []);
  questions.answer(id, { text: 'red', by: 'Owner' });
  expect(await questions.waitFor(id, NEVER)).toEqual({ answer: 'red', by: 'Owner' });
});

test('the wait ends without an answer when it is given up, and when the question is taken back', async () => {
  const { questions, running } = world();
  const { asker, turnId, conversationId } = running();
  const id = questions.ask(asker, 'Which?', []);
  const givenUp = new AbortController();
  const waiting = questions.waitFor(id, givenUp.signal);
  givenUp.abort();
  expect(await waiting).toBeNull();
  expect(await questions.waitFor(id, AbortSignal.abort())).toBeNull();
  expect(await questions.waitFor(id + 1, NEVER)).toBeNull();

  const waitingToo = questions.waitFor(id, NEVER);
  questions.withdraw(turnId);
  questions.wake();
  expect(await waitingToo).toBeNull();
  expect(questions.openFor(conversationId)).toBeNull();
  expect(questions.answer(id, { text: 'red', by: 'Owner' })).toBe('gone');
});

test('a later attempt learns what was asked and what was answered, not what was taken back', () => {
  const { questions, running } = world();
  const { asker, turnId } = running();
  questions.ask(asker, 'Dropped?', []);
  questions.withdraw(turnId);
  const id = questions.ask(asker, 'Which?', []);
  questions.answer(id, { text: 'red', by: 'Owner' });
  questions.ask(asker, 'How many?', []);
  questions.ask(running('43').asker, 'Elsewhere?', []);
  expect(questions.answersOf(turnId)).toEqual([
    { question: 'Which?', answer: 'red' },
    { question: 'How many?', answer: null },
  ]);
});
