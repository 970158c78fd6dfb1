import { describe, expect, test } from 'vitest';
import { isSilent } from '../../src/playground/bot-api/bot-api.ts';
import { createStageFaults } from '../../src/playground/faults.ts';
import { createPlayground } from '../../src/playground/playground.tsx';
import type { Stage } from '../../src/playground/stage.ts';
import { type Trace, tracesOf } from '../../src/playground/trace.ts';
import { png } from '../support/files.ts';
import { enter, ORIGIN } from './page-world.ts';
import { killAndWait, openStage, turnRuns, until } from './world.ts';

/** The way of the message, as soon as it has come so far. */
function cameTo(stage: Stage, messageId: number, state: Trace['state']): Promise<Trace> {
  return until(stage, `message ${messageId} to be ${state}`, () =>
    tracesOf(stage, 20).find((trace) => trace.messageId === messageId && trace.state === state),
  );
}

/** Its steps, a line each. */
function linesOf({ steps }: Trace): readonly string[] {
  return steps.map(({ stage, what, row }) => [stage, what, row ?? '-'].join(' | '));
}

function press(stage: Stage, label: string): void {
  const message = stage.api.sentMessages().findLast(({ replyMarkup }) => replyMarkup !== null);
  if (message === undefined) throw new Error('no buttons');
  void stage.api.deliver(stage.api.updates.press(message, label));
}

describe('the way of a message', () => {
  test('is there from before anybody has it until it is answered, with its rows and times', async () => {
    const { stage } = await openStage();
    stage.api.updates.text('written, and not sent');
    expect(tracesOf(stage, 5)).toMatchObject([{ messageId: 1, state: 'sent', steps: [] }]);
    void stage.api.say('hello there');
    expect(tracesOf(stage, 5)[0]).toMatchObject({ messageId: 2, state: 'sent' });

    const trace = await cameTo(stage, 2, 'answered');
    expect(trace.text).toBe('hello there');
    const lines = linesOf(trace);
    const acknowledged = 'webhook | acknowledged with 200 | -';
    // The turn may begin before the acknowledgement has arrived, but that never goes out before the rows.
    expect(lines.indexOf(acknowledged)).toBeGreaterThan(lines.indexOf('turns | queued | turns #1'));
    expect(lines.filter((line) => line !== acknowledged)).toEqual([
      'webhook | update 500000002 sent | -',
      'inbox | update kept | updates #500000002',
      'inbox | message kept | messages #1',
      'turns | queued | turns #1',
      'turns | taken on | turns #1',
      expect.stringMatching(/^agent \| .*listen.* \| tool_uses #1$/u),
      expect.stringMatching(/^agent \| .*repeat.* \| tool_uses #2$/u),
      expect.stringMatching(
        /^agent \| answered by .*: \d+ tokens in, \d+ out, \$0\.00 \| turns #1$/u,
      ),
      'outbox | reply written | deliveries #1',
      'channel | sendMessage: 200 | -',
      'outbox | noted as sent | deliveries #1',
    ]);
    const times = trace.steps.map(({ sinceMs }) => sinceMs);
    expect(times[0]).toBe(0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const sentAtMs = stage.api.queued[0]?.atMs ?? 0;
    for (const step of trace.steps) expect(step.atMs - sentAtMs).toBe(step.sinceMs);
  });

  test('shows that it runs, and that others wait behind it', async () => {
    const { stage } = await openStage();
    void stage.api.say('slow');
    await turnRuns(stage);
    expect((await cameTo(stage, 1, 'running')).steps.map(({ what }) => what)).toContain('taken on');
    void stage.api.say('next');
    const waiting = await cameTo(stage, 2, 'queued');
    expect(linesOf(waiting).at(-1)).toMatch(/^(?:turns \| queued|webhook \| acknowledged)/u);
    void stage.api.say('/stop all');
    await cameTo(stage, 2, 'cancelled');
    const command = await cameTo(stage, 3, 'answered');
    expect(linesOf(command)).toEqual(
      expect.arrayContaining([
        'inbox | message kept: not for Claude | messages #3',
        expect.stringMatching(/^outbox \| noted as sent \| deliveries #\d+$/u),
      ]),
    );
    expect(command.steps.some(({ stage: name }) => name === 'turns')).toBe(false);
  });

  test('ends with what went wrong', async () => {
    const { stage } = await openStage();
    void stage.api.say('fail');
    const trace = await cameTo(stage, 1, 'failed');
    expect(linesOf(trace)).toContain('agent | failed: usage-limit | turns #1');
  });

  test('shows the service being killed, started again, the turn found interrupted, and run again by Retry', async () => {
    const { stage } = await openStage();
    void stage.api.say('slow');
    await turnRuns(stage);
    await killAndWait(stage);
    const trace = await cameTo(stage, 1, 'interrupted');
    const lines = linesOf(trace);
    expect(lines).toContainEqual(
      expect.stringMatching(/^turns \| the service started again \| boots [\w-]{8}$/u),
    );
    expect(lines).toContain('agent | found interrupted: it does not run again unasked | turns #1');
    await until(stage, 'the buttons', () =>
      stage.api.sentMessages().some(({ replyMarkup }) => replyMarkup !== null),
    );
    press(stage, '🔁 Retry');
    await cameTo(stage, 1, 'running');
    expect(linesOf(tracesOf(stage, 1)[0] ?? trace)).toContain(
      'turns | taken on, attempt 2 | turns #1',
    );
  });

  test('shows a message that nobody took while the service was down, and each try', async () => {
    const { stage } = await openStage();
    stage.kill();
    await until(stage, 'it to be down', () => stage.service().state === 'down');
    void stage.api.say('anybody there?');
    await until(stage, 'a try', () => stage.api.deliveries.some(({ status }) => status === null));
    expect(tracesOf(stage, 1)).toMatchObject([{ state: 'sent' }]);
    const lines = linesOf(await cameTo(stage, 1, 'answered'));
    expect(lines).toContain('webhook | no answer: it is sent again | -');
    expect(lines).toContain('webhook | acknowledged with 200 | -');
    expect(lines.filter((line) => line.startsWith('inbox'))).toHaveLength(2);
  });

  test('shows the same update sent twice, and that nothing is done twice', async () => {
    const { stage } = await openStage();
    void stage.api.say('hello');
    await cameTo(stage, 1, 'answered');
    createStageFaults(stage)
      .find(({ id }) => id === 'same-update')
      ?.run();
    const lines = await until(stage, 'the second one', () => {
      const [trace] = tracesOf(stage, 1);
      const found = trace === undefined ? [] : linesOf(trace);
      return found.some((line) => line.includes('nothing is done twice')) ? found : null;
    });
    expect(lines).toContain('webhook | update 500000001 sent once more | -');
    expect(
      lines.filter((line) => line.includes('turns #1') && line.includes('queued')),
    ).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('channel'))).toEqual([
      'channel | sendMessage: 200 | -',
    ]);
  });

  test('shows what Telegram refused, and what it took then', async () => {
    const { stage } = await openStage();
    stage.api.fault(
      { method: 'sendMessage', when: (call) => !isSilent(call) },
      { kind: 'rate-limited', retryAfterSeconds: 1 },
      1,
    );
    void stage.api.say('hello');
    const lines = linesOf(await cameTo(stage, 1, 'answered'));
    expect(lines.filter((line) => line.startsWith('channel'))).toEqual([
      'channel | sendMessage: 429, Too Many Requests: retry after 1 | -',
      'channel | sendMessage: 200 | -',
    ]);
  });

  test('is that of an album as one, and of an edit with its message', async () => {
    const { stage } = await openStage();
    const content = png(4, 4);
    const album = stage.api.updates.album([
      { kind: 'photo', content },
      { kind: 'photo', content },
    ]);
    for (const update of album) void stage.api.deliver(update);
    await cameTo(stage, 1, 'answered');
    const [trace, ...others] = tracesOf(stage, 5);
    expect(others).toEqual([]);
    expect(trace?.text).toBe('album of 2');
    expect(
      trace?.steps.filter(({ what }) => what.endsWith('sent') && what.startsWith('update')),
    ).toHaveLength(2);

    void stage.api.say('frist');
    const message = stage.api.messages().findLast(({ byBot }) => !byBot);
    if (message === undefined) expect.unreachable();
    await cameTo(stage, message.messageId, 'answered');
    await stage.api.deliver(stage.api.updates.edited(message, 'first'));
    const [edited] = tracesOf(stage, 1);
    expect(edited?.text).toBe('first');
    expect(edited?.steps.some(({ what }) => what.includes(', an edit, sent'))).toBe(true);
  });

  test('is on the page: the mark of the bubble, the stages and the steps', async () => {
    const { stage } = await openStage();
    const ended = new AbortController();
    const app = createPlayground({
      stage,
      key: 'the-key-of-the-link',
      port: () => 4001,
      ended: ended.signal,
    });
    const headers = {
      host: ORIGIN.slice('http://'.length),
      cookie: await enter(app),
      origin: ORIGIN,
      accept: 'text/html',
    };
    const body = new FormData();
    body.append('text', 'hello <script>alert(1)</script>');
    await app.request(`${ORIGIN}/send`, { method: 'POST', body, headers });
    await cameTo(stage, 1, 'answered');
    const html = await (await app.request(`${ORIGIN}/`, { headers })).text();
    ended.abort();
    expect(html).toMatch(
      /<article id="m1".*class="mark answered".*✓✓.* answered<\/span>.*<\/article>/su,
    );
    const [way = ''] = /<li id="way1".*/su.exec(html) ?? [];
    expect(way.match(/<li class="done">/gu)).toHaveLength(6);
    expect(way).toContain('<code>turns #1</code>');
    expect(html).not.toContain('<script>alert');
  });
});
