import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createConsoleSessions } from '../src/console/sessions.ts';
import { systemClock } from '../src/platform/clock.ts';
import { openDatabase, type Database } from '../src/platform/database/open.ts';
import { OWNER } from '../src/playground/bot-api/bot-api.ts';
import { createAudit } from '../src/policy/audit.ts';
import { INSTANT_CLAUDE_PATH } from '../tests/environment.ts';
import { fillWithMessages } from '../tests/support/many-messages.ts';
import { temporaryFolder } from './folder.ts';
import { createPoster } from './poster.ts';
import { row, type Row } from './report.ts';
import { startBareHono, startService, type BenchService } from './service.ts';
import { median, percentile } from './statistics.ts';
import { createVisitor, enter, type Visitor } from './visitor.ts';

const MESSAGE_COUNT = 100_000;
const DAY_COUNT = 30;
const ROUND_COUNT = 30;
const POST_COUNT = 100;
const WARM_UP_COUNT = 10;
const COMMIT_COUNT = 40;
const REST_MS = 12;
/** What is asked of the first byte of each page, and of all pages with what they are made of. */
const FIRST_BYTE_MS = 30;
const WEIGHT_KB = 60;

const CONVERSATION = `telegram:1:${OWNER.id}`;
/** `/usage` once more, with the most that can be asked for at once. */
const LONGEST_PATH = '/usage?days=90';
/** Beside those of the navigation. */
const OTHER_PATHS = [
  `/conversations/${encodeURIComponent(CONVERSATION)}`,
  '/search?q=certificate',
  LONGEST_PATH,
];

/**
 * The pages of the console with 100,000 messages: the first and the last byte of each, the first time after
 * the start and later, beside a page of a bare Hono; what they weigh; how long others wait meanwhile; and
 * how long it takes until a page that is open shows what was committed.
 */
export async function measurePages(): Promise<readonly Row[]> {
  using folder = temporaryFolder();
  const filled = join(folder.path, 'claudio.db');
  const database = openDatabase(filled);
  fillWithMessages(database, {
    messageCount: MESSAGE_COUNT,
    dayCount: DAY_COUNT,
    nowMs: systemClock.now(),
    ownerChat: OWNER.id,
  });
  database.close();
  return [
    ...(await withConsole(filled, measureVisits)),
    ...(await withConsole(filled, measureOthers)),
    ...(await withConsole(filled, measurePatches)),
  ];
}

interface Console {
  readonly service: BenchService;
  readonly visitor: Visitor;
  /** A connection beside that of the service. */
  readonly database: Database;
}

/** Starts the service with all those messages behind it, and comes in. */
async function withConsole(
  filled: string,
  measure: (console: Console) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  let path = '';
  const service = stack.use(
    await startService({
      claude: INSTANT_CLAUDE_PATH,
      settings: {
        MEMORY_ENABLED: '1',
        MEMORY_MODEL_ROOT: 'http://127.0.0.1:9',
        MEMORY_CONSOLIDATION_DELAY: '86400',
      },
      prepare: (home) => {
        mkdirSync(home, { recursive: true, mode: 0o700 });
        path = join(home, 'claudio.db');
        copyFileSync(filled, path);
      },
    }),
  );
  const database = stack.adopt(openDatabase(path, 'share'), (open) => open.close());
  const audit = createAudit({ database, clock: systemClock });
  const key = createConsoleSessions(database, systemClock, audit).invite();
  const visitor = stack.use(createVisitor(service.origin, await enter(service.origin, key)));
  return await measure({ service, visitor, database });
}

async function measureVisits({ visitor }: Console): Promise<readonly Row[]> {
  await using hono = await startBareHono();
  await using toHono = createVisitor(hono.origin);
  const rows: Row[] = [];
  const bare = { cold: await toHono.get('/'), warm: await visits(toHono, '/') };
  const weights = new Map<string, number>();
  const home = await visitor.get('/');
  const inNavigation = [...home.text.matchAll(/<li><a href="(\/\w+)"/gu)].map(([, to = '']) => to);
  if (inNavigation.length === 0) throw new Error('the navigation leads nowhere');
  for (const path of ['/', ...inNavigation, ...OTHER_PATHS]) {
    const cold = path === '/' ? home : await visitor.get(path);
    const warm = await visits(visitor, path);
    const firstBytes = warm.map(({ firstByteMs }) => firstByteMs);
    rows.push(
      row(`${path}: first byte, first time`, cold.firstByteMs, 'ms', FIRST_BYTE_MS),
      row(`${path}: first byte, p50`, median(firstBytes), 'ms', FIRST_BYTE_MS),
      row(`${path}: first byte, p95`, percentile(firstBytes, 0.95), 'ms', FIRST_BYTE_MS),
      row('  last byte, first time', cold.lastByteMs, 'ms'),
      row('  last byte, p50', median(warm.map(({ lastByteMs }) => lastByteMs)), 'ms'),
    );
    if (path !== LONGEST_PATH) await weigh(visitor, path, cold.text, weights);
  }
  const bareFirst = bare.warm.map(({ firstByteMs }) => firstByteMs);
  const sum = [...weights.values()].reduce((total, bytes) => total + bytes, 0);
  return [
    ...rows,
    row('a page of a bare Hono: first byte, first time', bare.cold.firstByteMs, 'ms'),
    row('a page of a bare Hono: first byte, p50', median(bareFirst), 'ms'),
    row('a page of a bare Hono: first byte, p95', percentile(bareFirst, 0.95), 'ms'),
    row('all pages of the console, styles and scripts, compressed', sum / 1024, 'KB', WEIGHT_KB),
  ];
}

async function visits(visitor: Visitor, path: string) {
  const all = [];
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    all.push(await visitor.get(path));
    await rest(REST_MS);
  }
  return all;
}

/** Adds the compressed size of a page and of all that it names, once each. */
async function weigh(
  visitor: Visitor,
  path: string,
  text: string,
  weights: Map<string, number>,
): Promise<void> {
  weights.set(path, gzipSync(text).length);
  const named = path.endsWith('.js')
    ? [...text.matchAll(/from '([^']+)'/gu)].map(([, to = '']) => new URL(to, `http://x${path}`))
    : [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/gu)].map(
        ([, to = '']) => new URL(to, 'http://x'),
      );
  for (const { pathname } of named) {
    if (weights.has(pathname)) continue;
    await weigh(visitor, pathname, (await visitor.get(pathname)).text, weights);
  }
}

/** How long others wait while all turns are added up for the first time, and then while that is asked for without a pause. */
async function measureOthers({ service, visitor }: Console): Promise<readonly Row[]> {
  await using other = createVisitor(service.origin);
  await using poster = createPoster(service.origin, 1);
  const ping = async () => (await other.get('/assets/pages/styles.css')).lastByteMs;
  for (let round = 0; round < WARM_UP_COUNT; round += 1) await ping();
  const pings: number[] = [];
  const made = new AbortController();
  const firstTime = visitor.get(LONGEST_PATH).finally(() => made.abort());
  while (!made.signal.aborted) pings.push(await ping());
  const { lastByteMs } = await firstTime;

  const acknowledge = async (): Promise<readonly number[]> => {
    const took: number[] = [];
    for (let round = -WARM_UP_COUNT; round < POST_COUNT; round += 1) {
      const sent = service.nextSent();
      const tookMs = await poster.post(service.api.updates.text('why is the build red?'));
      if (round >= 0) took.push(tookMs);
      await sent;
      await rest(REST_MS);
    }
    return took;
  };
  const alone = await acknowledge();
  let loadCount = 0;
  const enough = new AbortController();
  const loading = (async () => {
    for (; !enough.signal.aborted; loadCount += 1) await visitor.get(LONGEST_PATH);
  })();
  const beside = await acknowledge();
  enough.abort();
  await loading;
  if (loadCount < POST_COUNT / 10) throw new Error(`/usage was loaded ${loadCount} times only`);
  return [
    row('/usage of 90 days, first time, with others beside: last byte', lastByteMs, 'ms'),
    row('  another request meanwhile: p50', median(pings), 'ms'),
    row('  another request meanwhile: the longest', Math.max(...pings), 'ms'),
    row('acknowledgement, nobody looks at a page: p50', median(alone), 'ms'),
    row('acknowledgement, /usage loaded over and over: p50', median(beside), 'ms'),
    row('acknowledgement, nobody looks at a page: p99', percentile(alone, 0.99), 'ms'),
    row('acknowledgement, /usage loaded over and over: p99', percentile(beside, 0.99), 'ms'),
  ];
}

/** How long it takes from a commit to the patch in the stream of an open page. */
async function measurePatches({ visitor, database }: Console): Promise<readonly Row[]> {
  const { text } = await visitor.get('/');
  const live = / data-live="([^"]+)"/u.exec(text)?.[1];
  if (live === undefined) throw new Error('the page is not live');
  const { $client: sqlite } = database.orm;
  // Waits for longer than anybody looks.
  const queue = sqlite.prepare<[number, number], never>(
    `INSERT INTO turns (conversation_id, message_id, status, not_before_ms, queued_at_ms, requested_model)
     SELECT conversation_id, id, 'queued', ?, ?, 'none' FROM messages WHERE id = 1`,
  );
  using stream = await visitor.follow(live);
  await rest(1000);
  const took: number[] = [];
  for (let round = 0; round < COMMIT_COUNT; round += 1) {
    // Not in step with whoever looks at the database.
    await rest(200 + ((round * 37) % 100));
    const nowMs = systemClock.now();
    const patched = stream.nextPatch();
    const startMs = performance.now();
    queue.run(nowMs + 86_400_000, nowMs);
    await patched;
    took.push(performance.now() - startMs);
  }
  return [
    row('a commit to its patch in the stream of an open page: p50', median(took), 'ms'),
    row('a commit to its patch in the stream of an open page: p95', percentile(took, 0.95), 'ms'),
  ];
}
