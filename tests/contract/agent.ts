import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type {
  Agent,
  AgentEvent,
  AgentFailure,
  AgentProgress,
  AgentRequest,
} from '../../src/core/agent.ts';

/** What a test of the contract needs besides the agent itself. */
export interface AgentStage {
  readonly agent: Agent;
  /** A request with a marker of its own. */
  request(over?: Partial<AgentRequest>): AgentRequest;
  /** The answer to the next request. */
  willAnswer(text: string): void;
  /** The next request makes the agent run a command in a shell, before anything scripted later. */
  willRun(command: string): void;
  /** The next request fails in a way that no second try mends. */
  willFail(): void;
  /** The next request is never answered. Resolves when it has come in. */
  willHang(): Promise<unknown>;
  /** Processes alive whose command line holds the text. */
  aliveWith(text: string): readonly string[];
  /** A text for {@link aliveWith} that `sleep` takes for a number of seconds. */
  sleepTag(): string;
  close(): Promise<void>;
}

/** The suite that every agent passes. */
export function agentContract(name: string, open: () => Promise<AgentStage>): void {
  const onStage = async (): Promise<AgentStage> => {
    const stage = await open();
    onTestFinished(() => stage.close());
    return stage;
  };
  const never = new AbortController().signal;
  describe(`the contract of an agent: ${name}`, () => {
    it('tells the start once, each tool in one line, what is written, and the end once and last', async () => {
      const stage = await onStage();
      stage.willRun('echo one\necho two');
      stage.willAnswer('Done: *two* lines.\n\nBye.');
      const events = await all(stage.agent.run(stage.request(), never));
      expect(events[0]).toMatchObject({ type: 'started' });
      const [began, ended, ...written] = progressOf(events);
      if (began?.kind !== 'tool-began') expect.unreachable();
      expect(began.toolUse.summary).toMatch(/^\S.{0,199}$/);
      expect(ended).toEqual({ kind: 'tool-ended', toolUseId: began.toolUse.id });
      expect(written.map(({ kind }) => kind)).toEqual(written.map(() => 'text'));
      expect(written.at(-1)).toEqual({ kind: 'text', text: 'Done: *two* lines.\n\nBye.' });
      expect(events.filter(({ type }) => type === 'started')).toHaveLength(1);
      expect(events.filter(({ type }) => type === 'completed')).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({
        outcome: { kind: 'answered', text: 'Done: *two* lines.\n\nBye.', fallback: null },
      });
    });

    it('returns a failure as a value, with words for the person', async () => {
      const stage = await onStage();
      stage.willFail();
      const events = await all(stage.agent.run(stage.request(), never));
      const last = events.at(-1);
      if (last?.type !== 'completed' || last.outcome.kind !== 'failed') expect.unreachable();
      expect(stage.agent.explain(last.outcome.failure)).toMatch(/\w+.*\.$/);
    });

    it('explains every failure in at most three sentences, without a path', async () => {
      const stage = await onStage();
      const told = EVERY_FAILURE.map((failure) => stage.agent.explain(failure));
      for (const text of told) {
        expect(text).toMatch(/^[A-Z].*\.$/);
        expect(text.split(/[.!?] /).length).toBeLessThanOrEqual(3);
        expect(text).not.toMatch(/(^|\s)\/\w/);
      }
      expect(new Set(told).size).toBe(told.length);
    });

    it('runs turns side by side without mixing their answers', async () => {
      const stage = await onStage();
      stage.willAnswer('first');
      stage.willAnswer('second');
      const runs = [stage.request(), stage.request()].map((request) =>
        all(stage.agent.run(request, never)),
      );
      const texts = (await Promise.all(runs)).map((events) => {
        const last = events.at(-1);
        return last?.type === 'completed' && last.outcome.kind === 'answered'
          ? last.outcome.text
          : JSON.stringify(last);
      });
      expect(texts.sort()).toEqual(['first', 'second']);
    });

    it('is stopped before it starts when the signal has been aborted already', async () => {
      const stage = await onStage();
      const events = await all(stage.agent.run(stage.request(), AbortSignal.abort()));
      expect(events.at(-1)).toMatchObject({ outcome: { kind: 'stopped' } });
    });

    it('is stopped while it waits for the model', async () => {
      const stage = await onStage();
      const controller = new AbortController();
      const asked = stage.willHang();
      const run = all(stage.agent.run(stage.request(), controller.signal));
      await asked;
      controller.abort();
      expect((await run).at(-1)).toMatchObject({ outcome: { kind: 'stopped' } });
    });

    it('leaves nothing running when its events are no longer wanted', async () => {
      const stage = await onStage();
      const tag = stage.sleepTag();
      stage.willRun(`sleep ${tag}`);
      for await (const event of stage.agent.run(stage.request(), never)) {
        if (event.type !== 'progress') continue;
        await vi.waitFor(() => expect(stage.aliveWith(`sleep ${tag}`)).not.toEqual([]), 25_000);
        break;
      }
      await stage.agent.settled();
      expect(stage.aliveWith(tag)).toEqual([]);
    });

    it('stops leftovers by marker and start, and leaves every other marker alone', async () => {
      const stage = await onStage();
      const tag = stage.sleepTag();
      const controller = new AbortController();
      stage.willRun(`sleep ${tag}`);
      const request = stage.request();
      const run = all(stage.agent.run(request, controller.signal));
      await vi.waitFor(() => expect(stage.aliveWith(`sleep ${tag}`)).not.toEqual([]), 25_000);

      const prefix = request.marker.slice(0, -1);
      const other = [{ prefix: `not-${prefix}`, sinceMs: 0 }];
      expect(await stage.agent.stopLeftovers(other)).toBe(0);
      const later = [{ prefix, sinceMs: Date.now() + 60_000 }];
      expect(await stage.agent.stopLeftovers(later)).toBe(0);
      expect(stage.aliveWith(`sleep ${tag}`)).not.toEqual([]);

      const sinceMs = Date.now() - 60_000;
      expect(await stage.agent.stopLeftovers([{ prefix, sinceMs }])).toBeGreaterThan(1);
      expect(stage.aliveWith(tag)).toEqual([]);
      expect((await run).at(-1)).toMatchObject({ outcome: { kind: 'failed' } });
    });

    it('knows its version, and whether someone is logged in', async () => {
      const stage = await onStage();
      expect(await stage.agent.readiness(never)).toEqual({
        found: true,
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        loggedIn: true,
        remedy: null,
      });
    });
  });
}

/** One of each; the compiler asks for the missing one. */
const ONE_OF_EACH: {
  readonly [Code in AgentFailure['code']]: Extract<AgentFailure, { code: Code }>;
} = {
  'not-found': { code: 'not-found' },
  'no-folder': { code: 'no-folder' },
  'no-sandbox': { code: 'no-sandbox' },
  'cannot-start': { code: 'cannot-start' },
  'not-logged-in': { code: 'not-logged-in' },
  'invalid-credentials': { code: 'invalid-credentials' },
  forbidden: { code: 'forbidden' },
  'usage-limit': { code: 'usage-limit', resetsAtMs: null, resetsAtText: '3pm (Asia/Seoul)' },
  'rate-limited': { code: 'rate-limited' },
  overloaded: { code: 'overloaded' },
  'server-error': { code: 'server-error', httpStatus: 500 },
  unreachable: { code: 'unreachable' },
  'unknown-model': { code: 'unknown-model', model: 'no-such-model' },
  'prompt-too-long': { code: 'prompt-too-long' },
  'bad-request': { code: 'bad-request' },
  'bad-invocation': { code: 'bad-invocation' },
  'max-turns': { code: 'max-turns' },
  'max-budget': { code: 'max-budget' },
  'execution-error': { code: 'execution-error' },
  killed: { code: 'killed', signal: 'SIGKILL' },
  idle: { code: 'idle', idleLimitMs: 600_000 },
  'no-answer': { code: 'no-answer' },
};

export const EVERY_FAILURE: readonly AgentFailure[] = Object.values(ONE_OF_EACH);

function progressOf(events: readonly AgentEvent[]): AgentProgress[] {
  return events.flatMap((event) => (event.type === 'progress' ? [event.progress] : []));
}

async function all(events: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> {
  const out: AgentEvent[] = [];
  for await (const event of events) out.push(event);
  return out;
}
