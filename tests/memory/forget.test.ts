import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import {
  consolidations,
  memories,
  memorySources,
  memoryVectors,
  recalls,
} from '../../drizzle/schema.ts';
import { openDatabase, type Database } from '../../src/platform/database/open.ts';
import { conversation } from '../support/inbound.ts';
import { memoryWorld, SCOPE, unit } from '../support/memory.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { turnWorld } from '../support/turns.ts';

const OTHER_SCOPE = 'telegram:1:43';
/** A word that stands nowhere else, and of which the full text index cuts nothing off. */
const MADE_UP = 'zoxaramunda';

function fileWorld() {
  const path = join(temporaryFolder(), 'claudio.db');
  const database = openDatabase(path);
  onTestFinished(() => database.close());
  /** How often a word stands in the bytes of the database and of its write-ahead log. */
  const countOf = (word: string): number =>
    [path, `${path}-wal`]
      .map((file) => readFileSync(file).toString('latin1').toLowerCase().split(word).length - 1)
      .reduce((sum, count) => sum + count, 0);
  return { path, countOf, ...memoryWorld({ database }) };
}

function found(database: Database, word: string): readonly unknown[] {
  return database.orm.$client
    .prepare('SELECT rowid FROM memories_search WHERE memories_search MATCH ?')
    .all(word);
}

test('what is forgotten stands nowhere in the files any more, where it stood before', () => {
  const { database, store, remember, countOf } = fileWorld();
  for (let index = 0; index < 200; index += 1) remember(`An ordinary memory, number ${index}.`);
  const { id } = remember(`The boat is called ${MADE_UP}.`, { context: `${MADE_UP} in a harbour` });
  for (let index = 0; index < 200; index += 1) remember(`Another one, number ${index}.`);
  for (let index = 0; index < 20; index += 1) store.accessed([id]);
  database.orm.$client.pragma('wal_checkpoint(TRUNCATE)');
  // In its row, and in the index of words.
  expect(countOf(MADE_UP)).toBeGreaterThan(2);
  expect(found(database, MADE_UP)).toHaveLength(1);
  store.accessed([id]);

  expect(store.forget([id])).toMatchObject([{ id, text: `The boat is called ${MADE_UP}.` }]);
  expect(countOf(MADE_UP)).toBe(0);
  expect(countOf('an ordinary memory')).toBeGreaterThan(0);
  expect(found(database, MADE_UP)).toEqual([]);
  expect(store.find(id)).toBeNull();
});

test('so it is where the caller has a transaction, as soon as that is over', async () => {
  const { database, store, remember, countOf } = fileWorld();
  const { id } = remember(`The boat is called ${MADE_UP}.`);
  database.transaction(() => {
    store.forget([id]);
  });
  await Promise.resolve();
  expect(countOf(MADE_UP)).toBe(0);
});

test('a caller that takes its transaction back has forgotten nothing', async () => {
  const { database, store, remember } = fileWorld();
  const { id } = remember(`The boat is called ${MADE_UP}.`);
  expect(() =>
    database.transaction(() => {
      store.forget([id]);
      throw new Error('something else failed');
    }),
  ).toThrow('something else failed');
  await Promise.resolve();
  expect(store.find(id)).toMatchObject({ id, status: 'live' });
  expect(found(database, MADE_UP)).toHaveLength(1);
});

test('it is gone although another program is reading, and from the log with the next that is forgotten', () => {
  const { path, store, remember, countOf } = fileWorld();
  const [{ id }, other] = [remember(`The boat is called ${MADE_UP}.`), remember('Something else.')];
  const reader = openDatabase(path, 'share');
  onTestFinished(() => reader.close());
  reader.orm.$client.exec('BEGIN; SELECT count(*) FROM memories');
  expect(store.forget([id])).toHaveLength(1);
  expect(store.find(id)).toBeNull();
  reader.orm.$client.exec('COMMIT');
  store.forget([other.id]);
  expect(countOf(MADE_UP)).toBe(0);
});

test('its history goes with it, and nothing else', () => {
  const { database, store, remember, countOf } = fileWorld();
  const [oldest, older, newest, other] = [
    remember(`The boat was called ${MADE_UP} once.`),
    remember('The boat was called Wave.'),
    remember('The boat is called Gull.'),
    remember('The harbour is small.'),
  ];
  store.supersede(oldest.id, older.id);
  store.supersede(older.id, newest.id);
  expect(store.forget([newest.id]).map(({ id }) => id)).toEqual([newest.id]);
  expect(store.list({ isWhole: true, limit: 9 }).map(({ id }) => id)).toEqual([other.id]);
  expect(countOf(MADE_UP)).toBe(0);
  expect(found(database, 'boat')).toEqual([]);
});

test('a later memory stays where only its history is forgotten', () => {
  const { store, remember } = memoryWorld();
  const [older, newer] = [remember('The boat was called Wave.'), remember('It is called Gull.')];
  store.supersede(older.id, newer.id);
  store.forget([older.id]);
  expect(store.list({ isWhole: true, limit: 9 })).toMatchObject([{ id: newer.id }]);
});

test('episodes that were made into facts go with a memory that came from the same messages', () => {
  const { store, remember, say } = memoryWorld();
  const [first, second, third] = [say('To the island.'), say('To the port.'), say('Back home.')];
  const episode = (text: string, ...messageIds: readonly number[]) =>
    remember(text, { kind: 'episodic', messageIds }).id;
  const gone = [episode('They sailed to the island.', first), episode('They left.', second, third)];
  const kept = [episode('They came home.', third), episode('The island was calm.', first)];
  const fact = remember('They sail often.', { messageIds: [first, second] });
  store.distilled([...gone, kept[0] ?? 0]);
  store.forget([fact.id]);
  const left = store.list({ isWhole: true, limit: 9 }).map(({ id, status }) => [id, status]);
  expect(left).toEqual([
    [kept[1], 'live'],
    [kept[0], 'distilled'],
  ]);
});

test('vectors, sources and what turns were reminded of go with it', () => {
  const world = turnWorld();
  const { database, store, remember, vectors, clock } = memoryWorld(world);
  const turnId = world.arrive('What is the boat called?');
  const messageId = database.orm.query.messages.findFirst().sync()?.id ?? 0;
  const { id } = remember('The boat is called Gull.', { messageIds: [messageId] });
  vectors?.use('test/model', 2);
  vectors?.put(id, SCOPE, unit(1, 2));
  database.orm
    .insert(recalls)
    .values({
      turnId,
      memoryId: id,
      place: 1,
      score: 1,
      similarity: 1,
      activation: 1,
      foundBy: 'both',
      atMs: clock.now(),
    })
    .run();
  const rows = () =>
    [memories, memorySources, memoryVectors, recalls].map(
      (table) => database.orm.select().from(table).all().length,
    );
  expect(rows()).toEqual([1, 1, 1, 1]);
  store.forget([id]);
  expect(rows()).toEqual([0, 0, 0, 0]);
  expect(vectors?.nearest(SCOPE, unit(1, 2), 5)).toEqual([]);
});

test('nothing that was said before is learned afterwards, in all conversations of the scope and no other', () => {
  const { database, store, remember, say, clock } = memoryWorld();
  say('The boat is called Gull.');
  say('Elsewhere.', 'person', '43');
  const { id } = remember('The boat is called Gull.');
  const newest = say('Noted.', 'claude');
  const cursors = () => database.orm.select().from(consolidations).all();
  expect(cursors()).toEqual([]);
  store.forget([id]);
  const cursor = {
    conversationId: conversation().id,
    lastMessageId: newest,
    failureCount: 0,
    notBeforeMs: 0,
  };
  expect(cursors()).toEqual([cursor]);

  const later = say('The boat is called Gull, I said.');
  database.orm
    .update(consolidations)
    .set({ failureCount: 2, notBeforeMs: clock.now() + 1000 })
    .where(eq(consolidations.conversationId, conversation().id))
    .run();
  store.forget([remember('The boat is called Gull.').id]);
  expect(cursors()).toEqual([{ ...cursor, lastMessageId: later }]);
});

test('what is not there, or of another scope, is left alone', () => {
  const { database, store, remember } = memoryWorld();
  const { id } = remember('The boat is called Gull.');
  expect(store.forget([])).toEqual([]);
  expect(store.forget([999])).toEqual([]);
  expect(store.forget([id], OTHER_SCOPE)).toEqual([]);
  expect(store.find(id)).not.toBeNull();
  expect(database.orm.select().from(consolidations).all()).toEqual([]);
  expect(store.forget([id, id, 999], SCOPE)).toHaveLength(1);
});

test('the number of a forgotten memory is not given again', () => {
  const { store, remember } = memoryWorld();
  const { id } = remember('The boat is called Gull.');
  store.forget([id]);
  expect(remember('The boat is called Wave.').id).toBeGreaterThan(id);
});
