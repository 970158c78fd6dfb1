import { join } from 'node:path';
import pino from 'pino';
import { createBots } from '../src/app/bots.ts';
import { composePolicy } from '../src/app/compose-policy.ts';
import { startOfMonth } from '../src/core/format.ts';
import { maskKeys } from '../src/core/mask.ts';
import { systemClock } from '../src/platform/clock.ts';
import { loadConfiguration } from '../src/platform/configuration/load.ts';
import { openDatabase, type Database } from '../src/platform/database/open.ts';
import { temporaryFolder } from './folder.ts';
import { row, type Row } from './report.ts';
import { median, percentile, timed } from './statistics.ts';

const SIZES = [1000, 100_000];
const PERSON_COUNT = 20;
const WARM_UP_COUNT = 30;
const ROUND_COUNT = 200;

/** Too much for anybody to spend, so that all sums are made. */
const BUDGETS = {
  BUDGET_PER_DAY: '99999',
  BUDGET_PER_MONTH: '99999',
  PERSON_BUDGET_PER_DAY: '99999',
  PERSON_BUDGET_PER_MONTH: '99999',
};

/**
 * What an acknowledgement waits for until it is known whether a member may ask: their role, the limits and
 * the rules, with ever more turns in the month; with the limits that there are by themselves, and with all
 * budgets.
 */
export async function measureGate(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const size of SIZES) {
    using folder = temporaryFolder();
    const database = openDatabase(join(folder.path, 'claudio.db'));
    try {
      fill(database, size);
      const of = `may one ask, of ${size.toLocaleString('en')} turns this month`;
      const usual = await measure(database, folder.path, {});
      const budgets = await measure(database, folder.path, BUDGETS);
      rows.push(
        row(`${of}: p50`, median(usual), 'ms', 0.3),
        row(`${of}: p99`, percentile(usual, 0.99), 'ms'),
        row('  with all four budgets: p50', median(budgets), 'ms'),
        row('  with all four budgets: p99', percentile(budgets, 0.99), 'ms'),
      );
    } finally {
      database.close();
    }
  }
  return rows;
}

async function measure(
  database: Database,
  home: string,
  settings: Readonly<Record<string, string>>,
): Promise<readonly number[]> {
  const configuration = loadConfiguration({
    HOME: home,
    CLAUDIO_HOME: home,
    CLAUDE_BIN: process.execPath,
    TELEGRAM_BOT_TOKEN: '1:bench-token',
    TELEGRAM_CHAT_ID: '1000',
    TELEGRAM_ALLOWED_USERS: Array.from({ length: PERSON_COUNT }, (_, at) => at + 1).join(','),
    WEBHOOK_URL: 'http://127.0.0.1:9',
    WEBHOOK_SECRET: 'bench-secret',
    RATE_LIMIT_PER_HOUR: '100000',
    ...settings,
  });
  const bots = createBots(configuration);
  const { access, gate } = composePolicy({
    configuration,
    database,
    clock: systemClock,
    bots,
    mask: maskKeys,
    tellOwner: () => undefined,
    log: pino({ level: 'silent' }),
  });
  const conversation = bots.all()[0]?.ownerConversation;
  if (conversation === undefined) throw new Error('there is no bot');
  const samples: number[] = [];
  for (let round = -WARM_UP_COUNT; round < ROUND_COUNT; round += 1) {
    const personId = String(1 + ((round + WARM_UP_COUNT) % PERSON_COUNT));
    const tookMs = await timed(async () => {
      const role = access.roleOf({ id: personId }, conversation);
      if (role !== 'member') throw new Error(`${personId} is ${role}`);
      const refusal = gate.check({ conversation, personId, role, text: 'why is the build red?' });
      if (refusal !== null) throw new Error(refusal.markdown);
    });
    if (round >= 0) samples.push(tookMs);
  }
  return samples;
}

/** So many turns that have ended since the month began. */
function fill(database: Database, size: number): void {
  const { $client: sqlite } = database.orm;
  const id = 'telegram:1:1000';
  sqlite
    .prepare(
      "INSERT INTO conversations (id, destination, channel, chat, created_at_ms) VALUES (?, ?, 'telegram', '1000', 0)",
    )
    .run(id, id);
  const message = sqlite
    .prepare(
      "INSERT INTO messages (conversation_id, role, text, created_at_ms) VALUES (?, 'person', '', 0)",
    )
    .run(id);
  const turn = sqlite.prepare(
    `INSERT INTO turns (conversation_id, message_id, status, attempt_count, queued_at_ms, ended_at_ms, requested_model, cost_usd, person_id)
     VALUES (?, ?, 'done', 1, ?, ?, 'none', 0.01, ?)`,
  );
  const nowMs = systemClock.now();
  const eachMs = (nowMs - startOfMonth(nowMs)) / size;
  database.transaction(() => {
    for (let at = 0; at < size; at += 1) {
      const atMs = Math.floor(nowMs - (size - at) * eachMs);
      const personId = String(1 + (at % PERSON_COUNT));
      turn.run(id, message.lastInsertRowid, atMs, atMs, personId);
    }
  });
}
