import { INSTANT_CLAUDE_PATH } from '../tests/environment.ts';
import { runBare } from './bare-claude.ts';
import { temporaryFolder } from './folder.ts';
import { recordInvocation } from './invocation.ts';
import { createPoster } from './poster.ts';
import { row, type Row } from './report.ts';
import { startService, type BenchService } from './service.ts';
import { median, percentile, timed } from './statistics.ts';

const CONVERSATION_COUNT = 200;
const ROUND_COUNT = 3;
const DEFAULT_CONCURRENCY = 3;
const HIGH_CONCURRENCY = 16;
/** What Telegram uses where it is not told otherwise: max_connections of setWebhook. */
const CONNECTION_COUNT = 40;
const LIMIT_MS = 60_000;

/** 200 people write at once: how many turns a second are answered, every answer at the Bot API. */
export async function measureConversations(): Promise<readonly Row[]> {
  using folder = temporaryFolder();
  const invocation = await recordInvocation(INSTANT_CLAUDE_PATH, folder.path);
  await using few = await startService({ claude: INSTANT_CLAUDE_PATH });
  await using many = await startService({
    claude: INSTANT_CLAUDE_PATH,
    settings: { MAX_CONCURRENT_TURNS: String(HIGH_CONCURRENCY) },
  });
  const acknowledged: number[] = [];
  const rates = { few: [] as number[], many: [] as number[], spawns: [] as number[] };
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    rates.few.push(await turnsPerSecond(few, round, acknowledged));
    rates.many.push(await turnsPerSecond(many, round, []));
    const tookMs = await timed(() =>
      sideBySide(DEFAULT_CONCURRENCY, CONVERSATION_COUNT, () => runBare(invocation)),
    );
    rates.spawns.push((CONVERSATION_COUNT * 1000) / tookMs);
  }
  return [
    row(`${CONVERSATION_COUNT} conversations, 3 turns at once`, median(rates.few), 'turns/s'),
    row(
      `${CONVERSATION_COUNT} conversations, ${HIGH_CONCURRENCY} turns at once`,
      median(rates.many),
      'turns/s',
    ),
    row('  instant claude alone, 3 at once', median(rates.spawns), 'turns/s'),
    row('  acknowledgement under that load: p50', median(acknowledged), 'ms'),
    row('  acknowledgement under that load: p99', percentile(acknowledged, 0.99), 'ms'),
  ];
}

/** Delivers a message in each of the conversations and waits for every answer. */
export async function turnsPerSecond(
  { api, origin }: BenchService,
  round: number,
  acknowledged: number[],
): Promise<number> {
  await using poster = createPoster(origin, CONNECTION_COUNT);
  const updates = Array.from({ length: CONVERSATION_COUNT }, (_, at) =>
    api.updates.text('why is the build red?', { chat: 2_001 + at + round * CONVERSATION_COUNT }),
  );
  let lookedAt = api.calls.length;
  const answered = new Set<string | null>();
  const tookMs = await timed(async () => {
    const posts = updates.map(async (update) => acknowledged.push(await poster.post(update)));
    await api.until(
      'an answer in every conversation',
      () => {
        for (; lookedAt < api.calls.length; lookedAt += 1) {
          const call = api.calls[lookedAt];
          if (call?.method === 'sendMessage') answered.add(call.chat);
        }
        return answered.size === CONVERSATION_COUNT ? answered : null;
      },
      LIMIT_MS,
    );
    await Promise.all(posts);
  });
  return (CONVERSATION_COUNT * 1000) / tookMs;
}

/** Does something `count` times, `concurrency` of them at once. */
export async function sideBySide(
  concurrency: number,
  count: number,
  work: () => Promise<unknown>,
): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
