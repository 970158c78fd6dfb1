import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { conversations, deliveries, messages, turns } from '../../../drizzle/schema.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';

/**
 * Writes turns to the database of a home, each in two transactions, one for the question and one for the
 * answer, and says after each turn how many there are. Ends with its standard input, and says how long each
 * transaction took.
 *
 * Argument: the home.
 */
const [, , home = ''] = process.argv;
const database = openDatabase(join(home, 'claudio.db'));
const { orm } = database;
const AT_MS = 1_767_225_600_000;
const PLACE = { conversationId: 'telegram:1:2', destination: 'telegram:1:2' };
const ANSWER = 'All is well, as far as can be told. '.repeat(60);

orm
  .insert(conversations)
  .values({
    id: PLACE.conversationId,
    destination: PLACE.destination,
    channel: 'telegram',
    chat: '2',
    createdAtMs: AT_MS,
  })
  .onConflictDoNothing()
  .run();

const ending = new AbortController();
process.stdin.on('end', () => ending.abort());
process.stdin.resume();

const timesMs: number[] = [];
for (let count = 1; !ending.signal.aborted; count += 1) {
  const { messageId, turnId } = timed(() => ask(count));
  timed(() => answer(count, messageId, turnId));
  process.stdout.write(`${count}\n`);
  // So that the end of its input is seen.
  await setImmediate();
}
process.stdout.write(`${JSON.stringify(timesMs)}\n`);
process.stdin.destroy();
database.close();

function timed<T>(work: () => T): T {
  const beganMs = performance.now();
  const result = database.transaction(work);
  timesMs.push(performance.now() - beganMs);
  return result;
}

function ask(count: number): { messageId: number; turnId: number } {
  const message = orm
    .insert(messages)
    .values({
      conversationId: PLACE.conversationId,
      role: 'person',
      author: 'Someone',
      text: `Question ${count}`,
      createdAtMs: AT_MS + count,
    })
    .returning({ id: messages.id })
    .get();
  const turn = orm
    .insert(turns)
    .values({
      conversationId: PLACE.conversationId,
      messageId: message.id,
      status: 'queued',
      queuedAtMs: AT_MS + count,
      requestedModel: 'haiku',
    })
    .returning({ id: turns.id })
    .get();
  return { messageId: message.id, turnId: turn.id };
}

function answer(count: number, messageId: number, turnId: number): void {
  orm
    .insert(messages)
    .values({
      conversationId: PLACE.conversationId,
      role: 'claude',
      text: `Answer ${count}. ${ANSWER}`,
      answersMessageId: messageId,
      createdAtMs: AT_MS + count,
    })
    .run();
  orm
    .insert(deliveries)
    .values({
      ...PLACE,
      turnId,
      part: { markdown: ANSWER },
      status: 'pending',
      dueAtMs: AT_MS,
      createdAtMs: AT_MS + count,
    })
    .run();
  orm
    .update(turns)
    .set({ status: 'done', endedAtMs: AT_MS + count })
    .where(eq(turns.id, turnId))
    .run();
}
