import { onTestFinished } from 'vitest';
import type { Agent, AgentOutcome, AgentRequest } from '../../../src/core/agent.ts';
import { NO_USAGE } from '../../../src/core/turn.ts';
import {
  createConsolidator,
  type Consolidator,
} from '../../../src/memory/consolidation/consolidator.ts';
import { CONSOLIDATE, DISTIL, JUDGE } from '../../../src/memory/consolidation/prompts.ts';
import type { Embedder } from '../../../src/memory/embeddings/embedder.ts';
import type { TestClock } from '../../support/clock.ts';
import { testLog } from '../../support/log.ts';
import { memoryWorld, unit } from '../../support/memory.ts';
import { answered, testAgent, turnWorld } from '../../support/turns.ts';

type Purpose = 'consolidate' | 'judge' | 'distil';

/** What the model says to a request: a text, or how the run ends. */
export type Reply =
  | string
  | AgentOutcome
  | ((request: AgentRequest, signal: AbortSignal) => Promise<string | AgentOutcome>);

export const DELAY_MS = 60_000;
export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 3_600_000;

/** A talk, its memory, and a model that says what it is told to. */
export function consolidationWorld(
  options: {
    readonly dailyBudgetUsd?: number;
    readonly embedder?: Embedder | null;
    /** In place of the one that does as it is told. */
    readonly agent?: Agent;
    readonly workDir?: string;
  } = {},
) {
  const talk = turnWorld();
  const { database, queue, records } = talk;
  const clock: TestClock = talk.clock;
  const memory = memoryWorld({ database, clock });
  const logged = testLog();
  const script: Record<Purpose, Reply[]> = { consolidate: [], judge: [], distil: [] };
  const requests: (AgentRequest & { readonly prompt: string; readonly purpose: Purpose })[] = [];
  const asked = new Set<() => void>();
  let learnedCount = 0;

  const open = (over: { readonly bootId?: string } = {}): Consolidator => {
    const consolidator = createConsolidator({
      database,
      clock,
      log: logged.log,
      agent:
        options.agent ??
        testAgent(async function* run(request, signal) {
          const purpose = purposeOf(request);
          requests.push({ ...request, prompt: await request.prompt, purpose });
          for (const tell of asked) tell();
          const reply = script[purpose].shift();
          if (reply === undefined) throw new Error(`nothing scripted for ${purpose}`);
          const said = typeof reply === 'function' ? await reply(request, signal) : reply;
          const outcome = typeof said === 'string' ? answered(said, { costUsd: 0.01 }) : said;
          yield { type: 'completed', outcome };
        }),
      store: memory.store,
      vectors: memory.vectors,
      embedder: options.embedder ?? null,
      bootId: over.bootId ?? 'boot',
      model: 'haiku',
      dailyBudgetUsd: options.dailyBudgetUsd ?? 1,
      delayMs: DELAY_MS,
      workDir: options.workDir ?? '/',
      learned: () => (learnedCount += 1),
    });
    onTestFinished(() => consolidator.close());
    return consolidator;
  };

  return {
    ...memory,
    ...logged,
    talk,
    script,
    requests,
    open,
    learnedCount: () => learnedCount,
    /** Resolves when the model has been asked so often. */
    askedTimes: (count: number): Promise<void> =>
      new Promise((resolve) => {
        const look = () => {
          if (requests.length < count) return;
          asked.delete(look);
          resolve();
        };
        asked.add(look);
        look();
      }),
    /** A question and its answer, one turn. Returns the ids of both messages. */
    exchange: (question: string, answer: string, chat?: string): readonly [number, number] => {
      talk.arrive(question, chat);
      const turn = queue.claim('boot');
      if (turn === null) throw new Error('nothing to claim');
      clock.advance(1);
      records.ended(turn, {
        status: 'done',
        usage: NO_USAGE,
        model: 'haiku',
        failure: null,
        text: answer,
      });
      const row = database.orm.query.messages
        .findFirst({
          where: (message, { eq }) => eq(message.answersMessageId, turn.messageId),
        })
        .sync();
      if (row === undefined) throw new Error('no answer');
      return [turn.messageId, row.id];
    },
    memories: () => database.orm.query.memories.findMany().sync(),
    cursors: () => database.orm.query.consolidations.findMany().sync(),
    calls: () => database.orm.query.memoryCalls.findMany().sync(),
    events: () => logged.lines.map(({ event }) => event),
  };
}

/** The answer of a model that finds these worth keeping. */
export function proposing(
  ...memories: readonly (Readonly<Record<string, unknown>> | string)[]
): string {
  return JSON.stringify({
    memories: memories.map((memory) => ({
      kind: 'semantic',
      messages: [1],
      ...(typeof memory === 'string' ? { text: memory } : memory),
    })),
  });
}

/** The answer of a model that judges pairs, in their order. */
export function judging(...verdicts: readonly string[]): string {
  return JSON.stringify({ verdicts: verdicts.map((verdict, at) => ({ pair: at + 1, verdict })) });
}

export function failing(
  failure: Extract<AgentOutcome, { kind: 'failed' }>['failure'],
): AgentOutcome {
  return { kind: 'failed', failure, detail: '', model: 'haiku', usage: NO_USAGE };
}

/**
 * An embedder without a model: each text has the direction that it is given. `at` is the angle in a plane
 * that the texts of one topic share; the cosine of two of them is that of the difference.
 */
export function testEmbedder(
  directions: Readonly<Record<string, { readonly topic: number; readonly cosine: number }>>,
): Embedder {
  return {
    model: 'made-up/test-model',
    state: () => ({ kind: 'ready', dimensionCount: 16 }),
    embed: (texts) =>
      Promise.resolve({
        kind: 'embedded',
        vectors: texts.map((text) => {
          const direction = directions[text];
          if (direction === undefined) throw new Error(`no direction for ${text}`);
          const { topic, cosine } = direction;
          const numbers = Array.from({ length: 16 }, () => 0);
          numbers[topic * 2] = cosine;
          numbers[topic * 2 + 1] = Math.sqrt(1 - cosine ** 2);
          return unit(...numbers);
        }),
      }),
    close: () => Promise.resolve(),
  };
}

function purposeOf({ systemPrompt }: AgentRequest): Purpose {
  if (systemPrompt === CONSOLIDATE) return 'consolidate';
  if (systemPrompt === JUDGE) return 'judge';
  if (systemPrompt === DISTIL) return 'distil';
  throw new Error('an unknown system prompt');
}
