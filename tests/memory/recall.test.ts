import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { recalls } from '../../drizzle/schema.ts';
import type { Embedder, Embedding } from '../../src/memory/embeddings/embedder.ts';
import { createRecall } from '../../src/memory/recall.ts';
import { inboundMessage } from '../support/inbound.ts';
import { testLog } from '../support/log.ts';
import { memoryWorld, SCOPE, unit } from '../support/memory.ts';
import { createConversationStore } from '../../src/inbox/conversations.ts';
import { createMessageStore } from '../../src/inbox/messages.ts';
import { createQueue } from '../../src/inbox/queue.ts';

const DAY_MS = 24 * 3_600_000;
const CONVERSATION = inboundMessage(1, '').conversation.id;

/** An embedder that gives what it is told to. */
function testEmbedder(answer: (text: string) => Promise<Embedding> | Float32Array) {
  const asked: { readonly text: string; readonly isUrgent: boolean }[] = [];
  const embedder: Embedder = {
    model: 'model',
    state: () => ({ kind: 'resting' }),
    embed: (texts, options) => {
      const text = texts[0] ?? '';
      asked.push({ text, isUrgent: options?.urgent === true });
      const answered = answer(text);
      return answered instanceof Promise
        ? answered
        : Promise.resolve({ kind: 'embedded', vectors: [answered] });
    },
    close: () => Promise.resolve(),
  };
  return { embedder, asked };
}

function recallWorld(
  answer: ((text: string) => Promise<Embedding> | Float32Array) | null = null,
  options: Parameters<typeof memoryWorld>[0] = {},
) {
  const world = memoryWorld(options);
  const { database, clock, vectors, store } = world;
  const { log, lines } = testLog();
  const test = answer === null ? null : testEmbedder(answer);
  const recall = createRecall({
    database,
    clock,
    log,
    store,
    vectors,
    embedder: test?.embedder ?? null,
  });
  const conversations = createConversationStore(database, clock);
  const queue = createQueue(database, clock, createMessageStore(database, clock), {
    maxQueueSize: 100,
    joinQueued: false,
  });
  let updateId = 0;
  const { signal } = new AbortController();
  return {
    ...world,
    recall,
    lines,
    asked: test?.asked ?? [],
    /** A turn that has begun, and its id. */
    begin: (): number => {
      const message = inboundMessage((updateId += 1), 'hello');
      conversations.ensure(message.conversation);
      const outcome = queue.enqueue(message, 'haiku');
      if (outcome.kind !== 'queued') throw new Error(outcome.kind);
      database.orm.$client
        .prepare("UPDATE turns SET status = 'done', ended_at_ms = ? WHERE status = 'running'")
        .run(clock.now());
      database.orm.$client
        .prepare("UPDATE turns SET status = 'running', started_at_ms = ? WHERE id = ?")
        .run(clock.now(), outcome.turnId);
      return outcome.turnId;
    },
    /** Resolves when it is kept, too. */
    forTurn: async (turnId: number, query: string, during: AbortSignal = signal) => {
      const found = await recall.forTurn({ turnId, scope: SCOPE }, query, during);
      await setImmediate();
      return found;
    },
  };
}

const never = () => new Promise<Embedding>(() => undefined);

describe('recall', () => {
  it('scores 0.7 × similarity + 0.3 × activation', async () => {
    const { vectors, remember, recall, clock, begin, forTurn } = recallWorld(() =>
      unit(1, 0, 0, 0),
    );
    vectors?.use('model', 4);
    const memory = remember('The staging host is turku.');
    vectors?.put(memory.id, SCOPE, unit(0.8, 0.6, 0, 0));
    clock.advance(DAY_MS);
    // A cosine of 0.8; one access a day ago is an activation of 0.5: 0.7 × 0.8 + 0.3 × 0.5 = 0.71.
    const [found] = await recall.search(SCOPE, 'where do we try things out?', 5);
    expect(found).toMatchObject({ foundBy: 'meaning', memory: { id: memory.id } });
    expect(found?.similarity).toBeCloseTo(0.8, 5);
    expect(found?.activation).toBeCloseTo(0.5, 5);
    expect(found?.score).toBeCloseTo(0.71, 5);
    expect(await forTurn(begin(), 'where do we try things out?')).toHaveLength(1);
  });

  it('takes the words for the similarity where they say more, and says how it found', async () => {
    const { vectors, remember, recall } = recallWorld(() => unit(1, 0, 0, 0));
    vectors?.use('model', 4);
    const [meant, named, both] = [
      remember('The staging host is turku.'),
      remember('PROJ-4711 is about the login page.'),
      remember('proj 4711, in other words'),
    ];
    vectors?.put(meant.id, SCOPE, unit(1, 1, 0, 0));
    vectors?.put(both.id, SCOPE, unit(1, 1, 0, 0));
    const found = await recall.search(SCOPE, 'PROJ-4711', 5);
    const byId = new Map(found.map((one) => [one.memory.id, one]));
    expect(byId.get(meant.id)?.foundBy).toBe('meaning');
    expect(byId.get(meant.id)?.similarity).toBeCloseTo(Math.SQRT1_2, 5);
    expect(byId.get(named.id)).toMatchObject({ foundBy: 'words', similarity: 1 });
    expect(byId.get(both.id)).toMatchObject({ foundBy: 'both', similarity: 1 });
  });

  it('reminds a turn of five at most, best first, and of none that hardly fits', async () => {
    const { vectors, remember, recall, begin, forTurn } = recallWorld(() => unit(1, 0, 0, 0));
    vectors?.use('model', 4);
    const fitting = [0.9, 0.5, 0.8, 0.6, 0.7, 0.4].map((cosine) => {
      const memory = remember(`It fits by ${cosine}.`);
      vectors?.put(memory.id, SCOPE, unit(cosine, Math.sqrt(1 - cosine ** 2), 0, 0));
      return { id: memory.id, cosine };
    });
    const foreign = remember('Something else.');
    vectors?.put(foreign.id, SCOPE, unit(0.2, 0.98, 0, 0));
    const best = fitting.toSorted((a, b) => b.cosine - a.cosine).map(({ id }) => id);
    const found = await forTurn(begin(), 'whatever');
    expect(found.map(({ memory }) => memory.id)).toEqual(best.slice(0, 5));
    const all = await recall.search(SCOPE, 'whatever', 10);
    expect(all.map(({ memory }) => memory.id)).toContain(foreign.id);
  });

  it('does not remind of what hardly fits, however fresh it is and few there are', async () => {
    const { vectors, remember, begin, forTurn } = recallWorld(() => unit(1, 0, 0, 0));
    vectors?.use('model', 4);
    const [near, foreign] = [remember('It fits by 0.26.'), remember('It fits by 0.24.')];
    vectors?.put(near.id, SCOPE, unit(0.26, Math.sqrt(1 - 0.26 ** 2), 0, 0));
    vectors?.put(foreign.id, SCOPE, unit(0.24, Math.sqrt(1 - 0.24 ** 2), 0, 0));
    const found = await forTurn(begin(), 'whatever');
    expect(found.map(({ memory }) => memory.id)).toEqual([near.id]);
  });

  it('does not remind of what fits a little and has not been needed for a year', async () => {
    const { vectors, remember, clock, begin, forTurn } = recallWorld(() => unit(1, 0, 0, 0));
    vectors?.use('model', 4);
    const memory = remember('It fits by 0.35.');
    vectors?.put(memory.id, SCOPE, unit(0.35, Math.sqrt(1 - 0.35 ** 2), 0, 0));
    expect(await forTurn(begin(), 'whatever')).toHaveLength(1);
    clock.advance(365 * DAY_MS);
    expect(await forTurn(begin(), 'whatever')).toEqual([]);
  });

  it('counts as an access, each time', async () => {
    const { remember, store, clock, begin, forTurn, recall } = recallWorld();
    const memory = remember('The staging host is turku.', { confidence: 0.8 });
    clock.advance(120 * DAY_MS);
    const [found] = await forTurn(begin(), 'staging host?');
    expect(found?.confidence).toBeCloseTo(0.4, 6);
    expect(store.find(memory.id)).toMatchObject({
      accessCount: 2,
      recentAccessesMs: [clock.now(), memory.createdAtMs],
    });
    await forTurn(begin(), 'staging host?');
    expect(store.find(memory.id)?.accessCount).toBe(3);
    await recall.search(SCOPE, 'staging host?', 5);
    recall.searchWords(SCOPE, 'staging host?', 5);
    expect(store.find(memory.id)?.accessCount).toBe(3);
  });

  it('keeps what the last turn was reminded of, and of a second attempt only that', async () => {
    const { remember, recall, begin, forTurn, clock, store } = recallWorld();
    const [cats, dogs] = [remember('cats purr'), remember('dogs bark')];
    expect(recall.last(CONVERSATION)).toBeNull();
    const turnId = begin();
    const first = await forTurn(turnId, 'cats purr, dogs');
    expect(first.map(({ memory }) => memory.id)).toEqual([cats.id, dogs.id]);
    const { recalled } = recall.last(CONVERSATION) ?? {};
    expect(recall.last(CONVERSATION)).toMatchObject({ turnId, startedAtMs: clock.now() });
    expect(recalled?.map(({ memory, score }) => [memory.id, score])).toEqual(
      first.map(({ memory, score }) => [memory.id, score]),
    );
    await forTurn(turnId, 'dogs');
    expect(recall.last(CONVERSATION)?.recalled.map(({ memory }) => memory.id)).toEqual([dogs.id]);
    await forTurn(turnId, 'birds');
    expect(recall.last(CONVERSATION)).toMatchObject({ turnId, recalled: [] });

    await forTurn(turnId, 'dogs');
    const next = begin();
    expect(recall.last(CONVERSATION)).toMatchObject({ turnId: next, recalled: [] });
    await forTurn(next, 'dogs');
    store.forget([dogs.id]);
    expect(recall.last(CONVERSATION)).toMatchObject({ turnId: next, recalled: [] });
    expect(recall.last('telegram:1:none')).toBeNull();
  });

  it('drops what turns were reminded of when it is a month old', async () => {
    const { database, remember, recall, begin, forTurn, clock } = recallWorld();
    remember('cats purr');
    await forTurn(begin(), 'cats');
    clock.advance(29 * DAY_MS);
    await forTurn(begin(), 'cats');
    expect(recall.prune()).toBe(0);
    clock.advance(2 * DAY_MS);
    expect(recall.prune()).toBe(1);
    expect(database.orm.select().from(recalls).all()).toHaveLength(1);
  });

  it('asks for the meaning of the beginning of a message, before others', async () => {
    const { vectors, remember, begin, forTurn, asked } = recallWorld(() => unit(1, 0, 0, 0));
    vectors?.use('model', 4);
    remember('cats purr');
    await forTurn(begin(), 'cats '.repeat(20_000));
    expect(asked).toEqual([{ text: 'cats '.repeat(400), isUrgent: true }]);
  });

  it('asks for no meaning where there is nothing to recall, or nothing to compare it with', async () => {
    const { vectors, remember, begin, forTurn, recall, asked } = recallWorld(() =>
      unit(1, 0, 0, 0),
    );
    remember('cats purr', {}, 'telegram:1:-7');
    expect(await forTurn(begin(), 'cats')).toEqual([]);
    expect(await recall.search(SCOPE, 'cats', 5)).toEqual([]);
    remember('cats purr');
    expect(await forTurn(begin(), '  ')).toEqual([]);
    expect(await forTurn(begin(), 'cats')).toHaveLength(1);
    vectors?.use('another model', 4);
    expect(await forTurn(begin(), 'cats')).toHaveLength(1);
    expect(asked).toEqual([]);
  });

  it.each([
    ['there is none', null],
    ['it is slow', never],
    ['it cannot be used', () => Promise.resolve({ kind: 'unavailable' as const, reason: 'No.' })],
    ['it has other dimensions', () => unit(1, 0, 0, 0, 0, 0, 0, 0)],
  ])('recalls by words where an embedding is missing: %s', async (_, answer) => {
    const { vectors, remember, begin, forTurn, lines } = recallWorld(answer);
    vectors?.use('model', 4);
    const memory = remember('cats purr');
    vectors?.put(memory.id, SCOPE, unit(0, 1, 0, 0));
    const [found] = await forTurn(begin(), 'cats');
    expect(found).toMatchObject({ foundBy: 'words', memory: { id: memory.id } });
    expect(lines).toEqual([]);
  });

  it('recalls by words on a machine without sqlite-vec', async () => {
    const world = recallWorld(() => unit(1, 0), { isWithoutVectors: true });
    world.remember('cats purr');
    expect(await world.forTurn(world.begin(), 'cats')).toHaveLength(1);
  });

  it('recalls nothing for a turn that was stopped', async () => {
    const { vectors, remember, begin, forTurn, recall } = recallWorld(() => unit(1, 0, 0, 0));
    vectors?.use('model', 4);
    remember('cats purr');
    expect(await forTurn(begin(), 'cats', AbortSignal.abort())).toEqual([]);
    expect(recall.last(CONVERSATION)?.recalled).toEqual([]);
  });

  it('tells scopes apart', async () => {
    const { vectors, remember, recall } = recallWorld(() => unit(1, 0, 0, 0));
    vectors?.use('model', 4);
    const theirs = remember('cats purr', {}, 'telegram:1:-7');
    vectors?.put(theirs.id, 'telegram:1:-7', unit(1, 0, 0, 0));
    const mine = remember('dogs bark');
    vectors?.put(mine.id, SCOPE, unit(1, 0, 0, 0));
    const found = await recall.search(SCOPE, 'cats', 5);
    expect(found.map(({ memory }) => memory.id)).toEqual([mine.id]);
  });

  it('bears a clock that went backwards', async () => {
    const { remember, clock, begin, forTurn, recall } = recallWorld();
    remember('cats purr', { confidence: 0.8 });
    clock.set(clock.now() - 365 * DAY_MS);
    const [found] = await forTurn(begin(), 'cats');
    expect(found?.activation).toBeGreaterThan(0.9);
    expect(found?.confidence).toBe(0.8);
    expect(found?.score).toBeLessThanOrEqual(1);
    expect(recall.last(CONVERSATION)?.recalled).toHaveLength(1);
    expect(recall.prune()).toBe(0);
  });

  it('logs a fault, and recalls nothing', async () => {
    const { database, remember, begin, forTurn, lines } = recallWorld();
    remember('cats purr');
    const turnId = begin();
    database.close();
    expect(await forTurn(turnId, 'cats')).toEqual([]);
    expect(lines).toMatchObject([{ event: 'memory.recall-failed', turn: turnId }]);
  });

  it('logs a fault of the embedder, and recalls nothing', async () => {
    const { vectors, remember, begin, forTurn, lines } = recallWorld(() =>
      Promise.reject(new Error('it broke')),
    );
    vectors?.use('model', 4);
    remember('cats purr');
    expect(await forTurn(begin(), 'cats')).toEqual([]);
    expect(lines).toMatchObject([{ event: 'memory.recall-failed' }]);
  });
});
