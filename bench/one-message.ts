import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { INSTANT_CLAUDE_PATH } from '../tests/environment.ts';
import { runBare } from './bare-claude.ts';
import { temporaryFolder } from './folder.ts';
import { recordInvocation } from './invocation.ts';
import { createPoster } from './poster.ts';
import { row, type Row } from './report.ts';
import { startBareHono, startService } from './service.ts';
import { median, percentile, timed } from './statistics.ts';

const WARM_UP_COUNT = 30;
const ROUND_COUNT = 300;
/** The messages come from so many chats in turn, so that each of them has a history. */
const CHAT_COUNT = 20;
/** Between two measurements, so that the one before it is over on all sides. */
const REST_MS = 12;

/**
 * One person writes, and nothing else goes on: how long until the message is acknowledged, and until
 * the answer of a claude that answers at once is at the Bot API. Beside it, in the same round, the same
 * request to a bare Hono, the same claude by itself, and a write to the same disk.
 */
export async function measureOneMessage(): Promise<readonly Row[]> {
  using folder = temporaryFolder();
  const invocation = await recordInvocation(INSTANT_CLAUDE_PATH, folder.path);
  await using service = await startService({ claude: INSTANT_CLAUDE_PATH });
  await using hono = await startBareHono();
  await using toService = createPoster(service.origin, 1);
  await using toHono = createPoster(hono.origin, 1);
  const file = openSync(join(folder.path, 'synced'), 'w');

  const acknowledged: number[] = [];
  const answered: number[] = [];
  const bareAcknowledged: number[] = [];
  const bareResult: number[] = [];
  const bareExit: number[] = [];
  const synced: number[] = [];
  for (let round = -WARM_UP_COUNT; round < ROUND_COUNT; round += 1) {
    const chat = 2_001 + ((round + WARM_UP_COUNT) % CHAT_COUNT);
    const update = service.api.updates.text('why is the build red?', { chat });
    const sent = service.nextSent();
    const reply = service.api.nextCall(({ method }) => method === 'sendMessage');
    let acknowledgedMs = 0;
    const answeredMs = await timed(async () => {
      const taken = toService.post(update);
      await reply;
      acknowledgedMs = await taken;
    });
    await sent;
    await rest(REST_MS);
    const bare = await runBare(invocation);
    await rest(REST_MS);
    const bareAcknowledgedMs = await toHono.post(update);
    const syncedMs = await timed(async () => {
      writeSync(file, Buffer.alloc(4096));
      fdatasyncSync(file);
    });
    await rest(REST_MS);
    if (round < 0) continue;
    acknowledged.push(acknowledgedMs);
    answered.push(answeredMs);
    bareAcknowledged.push(bareAcknowledgedMs);
    bareResult.push(bare.resultMs);
    bareExit.push(bare.exitMs);
    synced.push(syncedMs);
  }
  closeSync(file);
  const beside = answered.map((totalMs, at) => totalMs - (bareResult[at] ?? 0));
  return [
    row('acknowledgement, durable: p50', median(acknowledged), 'ms', 3),
    row('acknowledgement, durable: p99', percentile(acknowledged, 0.99), 'ms'),
    row('  bare Hono, nothing kept: p50', median(bareAcknowledged), 'ms'),
    row('  bare Hono, nothing kept: p99', percentile(bareAcknowledged, 0.99), 'ms'),
    row('  one synced write to the disk: p50', median(synced), 'ms'),
    row('  one synced write to the disk: p99', percentile(synced, 0.99), 'ms'),
    row('message to reply, instant claude: p50', median(answered), 'ms'),
    row('message to reply, instant claude: p95', percentile(answered, 0.95), 'ms'),
    row('  instant claude alone, spawn to result: p50', median(bareResult), 'ms'),
    row('  instant claude alone, spawn to result: p95', percentile(bareResult, 0.95), 'ms'),
    row('  instant claude alone, spawn to exit: p50', median(bareExit), 'ms'),
    row('overhead beside instant claude: p50', median(beside), 'ms', 12),
    row('overhead beside instant claude: p95', percentile(beside, 0.95), 'ms'),
  ];
}
