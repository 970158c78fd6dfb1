import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as rest } from 'node:timers/promises';
import { CLAUDE_PATH } from '../tests/environment.ts';
import { startModel } from '../tests/standins/model/model.ts';
import { textReply } from '../tests/standins/model/reply.ts';
import { runBare, type BareRun } from './bare-claude.ts';
import { temporaryFolder } from './folder.ts';
import { recordInvocation } from './invocation.ts';
import { createPoster } from './poster.ts';
import { row, type Row } from './report.ts';
import { startService } from './service.ts';
import { median, timed } from './statistics.ts';

const WARM_UP_COUNT = 2;
const ROUND_COUNT = 30;
const REST_MS = 50;
const LOOK_EVERY_MS = 5;

/**
 * A whole turn with the real Claude Code, from the webhook to the Bot API, beside the bare program with
 * the same arguments, environment and prompt. One after the other, who goes first changing each round.
 */
export async function measureWholeTurn(): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const model = stack.adopt(await startModel(), (standin) => standin.close());
  model.always(() => textReply('The build is red because **one test** fails.'));
  const home = stack.use(temporaryFolder());
  const invocation = await recordInvocation(CLAUDE_PATH, home.path, {
    HOME: home.path,
    ANTHROPIC_BASE_URL: model.url,
  });
  const service = stack.use(await startService({ claude: CLAUDE_PATH, modelUrl: model.url }));
  const poster = stack.use(createPoster(service.origin, 1));
  let chat = 2_000;

  const turn = async (): Promise<number> => {
    chat += 1;
    const update = service.api.updates.text('why is the build red?', { chat });
    const reply = service.api.nextCall(({ method }) => method === 'sendMessage');
    const sent = service.nextSent();
    const tookMs = await timed(async () => {
      await Promise.all([poster.post(update), reply]);
    });
    await sent;
    await noChildrenOf(service.process.pid);
    await rest(REST_MS);
    return tookMs;
  };
  const bareRun = async (): Promise<BareRun> => {
    const run = await runBare(invocation);
    await rest(REST_MS);
    return run;
  };

  const turns: number[] = [];
  const bares: BareRun[] = [];
  for (let round = -WARM_UP_COUNT; round < ROUND_COUNT; round += 1) {
    const isTurnFirst = round % 2 === 0;
    const early = isTurnFirst ? await turn() : null;
    const bare = await bareRun();
    const turnMs = early ?? (await turn());
    if (round < 0) continue;
    turns.push(turnMs);
    bares.push(bare);
  }
  const exits = bares.map(({ exitMs }) => exitMs);
  const results = bares.map(({ resultMs }) => resultMs);
  return [
    row('whole turn, real Claude Code: p50', median(turns), 'ms'),
    row('  bare claude -p, spawn to exit: p50', median(exits), 'ms'),
    row('  bare claude -p, spawn to result: p50', median(results), 'ms'),
    row('whole turn to bare claude -p', median(turns) / median(exits), '×', 1.05),
    row('whole turn to its result line alone', median(turns) / median(results), '×'),
  ];
}

/** Resolves when a process has no children: the program of a turn outlives its answer a little. */
export async function noChildrenOf(pid: number): Promise<void> {
  const threads = `/proc/${pid}/task`;
  const hasChildren = (): boolean =>
    readdirSync(threads).some((id) => readFileSync(`${threads}/${id}/children`, 'utf8') !== '');
  while (hasChildren()) await rest(LOOK_EVERY_MS);
}
