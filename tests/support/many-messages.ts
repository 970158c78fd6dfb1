import { conversationOf, type Conversation } from '../../src/core/conversation.ts';
import type { Database } from '../../src/platform/database/open.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { testClock } from './clock.ts';
import { createRandom, type Random } from './random.ts';

interface Person {
  readonly personId: string;
  readonly author: string;
}

type Names = readonly [string, ...string[]];

const DAY_MS = 86_400_000;
const MEMORY_COUNT = 1000;
/** So many conversations are small at most, and no more than one turn of so many is in one of them. */
const SMALL_COUNT = 5000;
const SMALL_SHARE = 10;
const OTHER_CHATS = ['7001', '7002', '-2001', '-2002', '-2003'];
const PEOPLE: readonly [Person, ...Person[]] = [
  { personId: '1000', author: 'Owner' },
  { personId: '1001', author: 'Member' },
  { personId: '1002', author: 'Edsger' },
  { personId: '1003', author: 'Barbara' },
];
const MODELS: Names = ['claude-sonnet-4-5', 'claude-opus-4-5', 'claude-haiku-4-5'];
const TOOLS: Names = ['Bash', 'Read', 'Edit', 'Grep', 'WebFetch', 'mcp__claudio__recall'];
const WORDS: Names = [
  'build',
  'deploy',
  'invoice',
  'garden',
  'server',
  'test',
  'branch',
  'since',
  'Monday',
  'why',
  'red',
  'the',
  'a',
  'of',
  'rounding',
  'price',
  'webhook',
  'certificate',
  'slow',
];

/** How turns end, out of a hundred. */
const ENDS = [
  ['done', 92],
  ['failed', 5],
  ['cancelled', 3],
] as const;

/**
 * Fills a database with so many messages, half of them answers, evenly over the days until now: turns with
 * tools, deliveries, entries of the audit log and memories. Most are in a few conversations, and thousands
 * of others have few each. The same each time. One transaction.
 *
 * @param options.conversationCount How many conversations there are; by default a few and up to 5,000 small ones.
 * @param options.ownerChat The first conversation is that of this chat.
 */
export function fillWithMessages(
  database: Database,
  options: {
    readonly messageCount: number;
    readonly dayCount: number;
    readonly nowMs: number;
    readonly ownerChat?: number;
    readonly conversationCount?: number;
  },
): void {
  const { messageCount, dayCount, nowMs } = options;
  const random = createRandom(7);
  const turnCount = Math.floor(messageCount / 2);
  const eachMs = (dayCount * DAY_MS) / turnCount;
  const first = String(options.ownerChat ?? 1000);
  const usual = 1 + OTHER_CHATS.length + Math.min(SMALL_COUNT, Math.floor(turnCount / SMALL_SHARE));
  const small = Array.from(
    { length: Math.max(0, (options.conversationCount ?? usual) - 1 - OTHER_CHATS.length) },
    (_, nth) => placeOf(String(100_000 + nth)),
  );
  const large = [first, ...OTHER_CHATS].slice(0, options.conversationCount).map(placeOf);
  database.transaction(() => {
    const searchAgain = withoutSearch(database);
    const write = statements(database);
    const addTurn = turnWriter(database, random);
    for (const { id, destination, channel, chat } of [...large, ...small]) {
      write.conversation.run(id, destination, channel, chat, nowMs - dayCount * DAY_MS);
    }
    for (let nth = 0; nth < turnCount; nth += 1) {
      const place =
        (nth % SMALL_SHARE === 0 ? small[(nth / SMALL_SHARE) % small.length] : undefined) ??
        large[random.below(large.length)];
      const queuedAtMs = Math.floor(nowMs - (turnCount - nth) * eachMs);
      const endedAtMs = Math.min(nowMs - 1, queuedAtMs + 2000 + random.below(60_000));
      if (place !== undefined) addTurn(place, nth, queuedAtMs, endedAtMs);
    }
    for (let nth = 0; nth < MEMORY_COUNT; nth += 1) {
      const atMs = nowMs - nth * 60_000;
      write.memory.run(large[0]?.destination, sentence(random, 12), atMs, `[${atMs}]`);
    }
    searchAgain();
  });
}

function placeOf(chat: string): Conversation {
  return conversationOf({ channel: 'telegram', bot: '1', chat, thread: null });
}

/** Adds a question, its turn and all that comes of that. */
function turnWriter(database: Database, random: Random) {
  const clock = testClock();
  const audit = createAudit({ database, clock });
  const write = statements(database);
  return (
    { id, destination }: Conversation,
    nth: number,
    queuedAtMs: number,
    endedAtMs: number,
  ): void => {
    const { personId, author } = random.pick(PEOPLE);
    const status = endOf(random);
    const isDone = status === 'done';
    const wasStarted = status !== 'cancelled';
    const question = sentence(random, 5 + random.below(25));
    const asked = write.question.run(id, personId, author, question, String(nth), queuedAtMs);
    const messageId = asked.lastInsertRowid;
    const turn = write.turn.run({
      conversationId: id,
      messageId,
      personId,
      status,
      attemptCount: wasStarted ? 1 : 0,
      queuedAtMs,
      startedAtMs: wasStarted ? queuedAtMs + 50 : null,
      endedAtMs,
      failure: status === 'failed' ? 'overloaded' : null,
      model: isDone ? random.pick(MODELS) : null,
      inputTokenCount: isDone ? 200 + random.below(4000) : 0,
      outputTokenCount: isDone ? 100 + random.below(2000) : 0,
      cacheReadTokenCount: isDone ? random.below(60_000) : 0,
      cacheWriteTokenCount: isDone ? random.below(8000) : 0,
      costUsd: isDone ? random.fraction() / 10 : 0,
    });
    const turnId = Number(turn.lastInsertRowid);
    for (let use = isDone ? random.below(4) : 0; use > 0; use -= 1) {
      write.tool.run(turnId, random.pick(TOOLS), sentence(random, 3), queuedAtMs + 100);
    }
    const text = sentence(random, 10 + random.below(50));
    write.answer.run(id, text, messageId, endedAtMs);
    const part = JSON.stringify({ kind: 'text', text, entities: [], buttons: [] });
    const times = [endedAtMs, endedAtMs, endedAtMs];
    write.delivery.run(id, destination, turnId, part, String(nth), ...times);
    clock.set(endedAtMs);
    const entry = { conversationId: id, personId, turnId };
    audit.write({ ...entry, event: 'turn.ended', decision: status });
  };
}

/**
 * Lets no message into the full text search until it is told to, which takes all of them at once: one by
 * one, each is written out by itself.
 */
function withoutSearch(database: Database): () => void {
  const { $client: sqlite } = database.orm;
  const trigger = sqlite
    .prepare<[], string>("SELECT sql FROM sqlite_schema WHERE name = 'messages_search_insert'")
    .pluck()
    .get();
  if (trigger === undefined) throw new Error('there is no full text search');
  sqlite.exec('DROP TRIGGER messages_search_insert');
  return () => {
    sqlite.exec(trigger);
    sqlite.exec("INSERT INTO messages_search (messages_search) VALUES ('rebuild')");
  };
}

function statements(database: Database) {
  const { $client: sqlite } = database.orm;
  return {
    conversation: sqlite.prepare(
      'INSERT INTO conversations (id, destination, channel, chat, created_at_ms) VALUES (?, ?, ?, ?, ?)',
    ),
    question: sqlite.prepare(
      `INSERT INTO messages (conversation_id, role, person_id, author, text, platform_message_id, created_at_ms)
       VALUES (?, 'person', ?, ?, ?, ?, ?)`,
    ),
    answer: sqlite.prepare(
      `INSERT INTO messages (conversation_id, role, text, answers_message_id, created_at_ms)
       VALUES (?, 'claude', ?, ?, ?)`,
    ),
    turn: sqlite.prepare(
      `INSERT INTO turns (conversation_id, message_id, person_id, status, attempt_count, queued_at_ms,
         started_at_ms, ended_at_ms, failure, requested_model, model, input_token_count,
         output_token_count, cache_read_token_count, cache_write_token_count, cost_usd)
       VALUES (@conversationId, @messageId, @personId, @status, @attemptCount, @queuedAtMs,
         @startedAtMs, @endedAtMs, @failure, 'sonnet', @model, @inputTokenCount,
         @outputTokenCount, @cacheReadTokenCount, @cacheWriteTokenCount, @costUsd)`,
    ),
    tool: sqlite.prepare(
      'INSERT INTO tool_uses (turn_id, attempt, tool, summary, started_at_ms) VALUES (?, 1, ?, ?, ?)',
    ),
    delivery: sqlite.prepare(
      `INSERT INTO deliveries (conversation_id, destination, turn_id, part, status, attempt_count,
         platform_message_id, due_at_ms, created_at_ms, ended_at_ms)
       VALUES (?, ?, ?, ?, 'sent', 1, ?, ?, ?, ?)`,
    ),
    memory: sqlite.prepare(
      `INSERT INTO memories (scope, kind, text, confidence, source, created_at_ms, access_count, recent_accesses_ms)
       VALUES (?, 'semantic', ?, 0.8, 'told', ?, 1, ?)`,
    ),
  };
}

function endOf(random: Random): (typeof ENDS)[number][0] {
  let left = random.below(100);
  for (const [status, share] of ENDS) {
    left -= share;
    if (left < 0) return status;
  }
  return 'done';
}

function sentence(random: Random, wordCount: number): string {
  return Array.from({ length: wordCount }, () => random.pick(WORDS)).join(' ');
}
