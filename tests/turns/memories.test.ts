import { expect, onTestFinished, test } from 'vitest';
import type { AgentRequest } from '../../src/core/agent.ts';
import type { Memory, RecalledMemory } from '../../src/core/memory.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import type { Recall } from '../../src/memory/recall.ts';
import { remindedOf } from '../../src/turns/memories.ts';
import type { PromptMessage } from '../../src/turns/prompt.ts';
import { createWorker } from '../../src/turns/worker.ts';
import { conversation } from '../support/inbound.ts';
import { testLog } from '../support/log.ts';
import { answered, turnWorld } from '../support/turns.ts';

type ForTurn = Recall['forTurn'];

const TEA: Memory = {
  id: 3,
  scope: conversation().destination,
  kind: 'semantic',
  text: 'Ada drinks tea.',
  context: null,
  outcome: null,
  trigger: null,
  importance: null,
  confidence: 0.8,
  source: 'learned',
  status: 'live',
  replacedById: null,
  createdAtMs: 0,
  endedAtMs: null,
  accessCount: 1,
  recentAccessesMs: [0],
};
const RECALLED: RecalledMemory = {
  memory: TEA,
  score: 0.9,
  similarity: 0.9,
  activation: 0.9,
  confidence: 0.8,
  foundBy: 'both',
};

const never: ForTurn = () => new Promise(() => undefined);

function message(text: string, quote: PromptMessage['quote'] = null): PromptMessage {
  return {
    author: 'Ada',
    text,
    quote,
    instruction: null,
    forwardedFrom: null,
    formerText: null,
    isSpoken: false,
    files: [],
    unusable: [],
  };
}

/** A worker whose turns are reminded of something, and what its agent was asked. */
function rememberingWorker(forTurn: ForTurn | null) {
  const requests: (AgentRequest & { readonly prompt: string })[] = [];
  const asked: { readonly turnId: number; readonly scope: string; readonly query: string }[] = [];
  const reached = Promise.withResolvers<void>();
  const world = turnWorld({
    work: async function* record(request, signal) {
      requests.push({ ...request, prompt: await request.prompt });
      const outcome = signal.aborted
        ? { kind: 'stopped' as const, usage: NO_USAGE }
        : answered('An answer.');
      yield await Promise.resolve({ type: 'completed', outcome });
    },
  });
  const { log, lines, logged } = testLog();
  const worker = createWorker({
    ...world,
    log,
    memory: forTurn && {
      forTurn: (turn, query, signal) => {
        asked.push({ ...turn, query });
        reached.resolve();
        return forTurn(turn, query, signal);
      },
    },
    bootId: 'boot',
    maxConcurrentTurns: 1,
    ended: () => undefined,
  });
  onTestFinished(() => worker.drain(10_000));
  return { ...world, worker, requests, asked, reached: reached.promise, lines, logged };
}

test('what comes to mind stands in the prompt, and only its number in the log', async () => {
  const world = rememberingWorker(() => Promise.resolve([RECALLED]));
  const turnId = world.arrive('what does Ada drink?');
  world.worker.wake();
  await world.logged('turn.done');
  expect(world.asked).toEqual([
    { turnId, scope: conversation().destination, query: 'what does Ada drink?' },
  ]);
  expect(world.requests[0]?.prompt).toContain(
    '<claudio-memories>\n<claudio-memory id="3" kind="fact" at="1970-01-01" confidence="0.8">\nAda drinks tea.\n</claudio-memory>\n</claudio-memories>',
  );
  expect(world.requests[0]?.systemPrompt).toContain('<claudio-memories> holds');
  expect(world.lines.find(({ event }) => event === 'memory.recalled')).toMatchObject({ count: 1 });
  expect(JSON.stringify(world.lines)).not.toContain('tea');
});

test('where nothing comes to mind the prompt is as it would be without', async () => {
  const prompts = [];
  for (const forTurn of [null, () => Promise.resolve([])]) {
    const world = rememberingWorker(forTurn);
    world.arrive('hi');
    world.worker.wake();
    await world.logged('turn.done');
    prompts.push(world.requests[0]?.prompt.replace(world.home, '~'));
  }
  expect(prompts[0]).toContain('hi');
  expect(prompts[1]).toBe(prompts[0]);
});

test('a conversation that turned the memory off is reminded of nothing, and not told of it either', async () => {
  const world = rememberingWorker(() => Promise.resolve([RECALLED]));
  world.arrive('what does Ada drink?');
  world.conversations.chooseMemory(conversation().id, false);
  world.worker.wake();
  await world.logged('turn.done');
  expect(world.asked).toEqual([]);
  expect(world.requests[0]?.prompt).not.toContain('tea');
  expect(world.requests[0]?.systemPrompt).not.toMatch(/memor/iu);

  world.conversations.chooseMemory(conversation().id, true);
  world.arrive('and now?');
  world.worker.wake();
  await world.logged('turn.done', 2);
  expect(world.requests[1]?.prompt).toContain('Ada drinks tea.');
});

test('all messages that are answered at once are looked at, with what they reply to', async () => {
  const asked: string[] = [];
  const memory = {
    forTurn: (_turn: unknown, query: string) => {
      asked.push(query);
      return Promise.resolve([]);
    },
  };
  const options = { memory, log: testLog().log, signal: new AbortController().signal };
  const turn = { turnId: 1, scope: 'here' };
  const messages = [
    message(' is it red? ', { author: null, text: 'The build.' }),
    message(''),
    message('and this?'),
  ];
  await remindedOf(messages, turn, options);
  expect(asked).toEqual(['is it red?\nThe build.\n\nand this?']);
  // A picture without a word reminds of nothing.
  expect(await remindedOf([message('')], turn, options)).toEqual([]);
  expect(asked).toHaveLength(1);
});

test('a memory that does not answer is not waited for any longer than the limit', async () => {
  const { log, lines } = testLog();
  const signal = new AbortController().signal;
  const given: AbortSignal[] = [];
  const memory = {
    forTurn: (...[turn, query, limit]: Parameters<ForTurn>) => {
      given.push(limit);
      return never(turn, query, limit);
    },
  };
  const options = { memory, log, signal, withinMs: 1 };
  expect(await remindedOf([message('hi')], { turnId: 1, scope: 'here' }, options)).toEqual([]);
  // It is told, too, that nobody waits any longer.
  expect(given.map(({ aborted }) => aborted)).toEqual([true]);
  expect(lines).toMatchObject([{ event: 'memory.slow' }]);
});

test('a turn can be stopped while it waits for the memory', async () => {
  const world = rememberingWorker(never);
  const turnId = world.arrive('hi');
  world.worker.wake();
  await world.reached;
  world.queue.requestStop(turnId);
  world.worker.wake();
  await world.logged('turn.cancelled');
  expect(world.told()).toEqual(['⏹ Stopped.']);
  expect(world.lines.map(({ event }) => event)).not.toContain('memory.slow');
});

test('a shutdown does not wait for the memory', async () => {
  const world = rememberingWorker(never);
  world.arrive('hi');
  world.worker.wake();
  await world.reached;
  await world.worker.abort();
  expect(world.lines.at(-1)?.event).toBe('turn.left');
});
