import { describe, expect, test } from 'vitest';
import { SCOPE, unit } from '../../support/memory.ts';
import { consolidationWorld, DAY_MS, failing, judging, testEmbedder } from './world.ts';

const facts = (...texts: readonly (string | { text: string; episodes: number[] })[]): string =>
  JSON.stringify({
    facts: texts.map((text) =>
      typeof text === 'string' ? { text, confidence: 0.9, episodes: [1] } : text,
    ),
  });

/** So many episodes, a day apart, the last of them `ageDays` old. */
const worldWithEpisodes = (
  count: number,
  ageDays: number,
  options: Parameters<typeof consolidationWorld>[0] = {},
) => {
  const world = consolidationWorld(options);
  const episodes = Array.from({ length: count }, (_, at) => {
    world.clock.advance(DAY_MS);
    const messageIds = [world.say(`Message ${at + 1}`)];
    return world.remember(`Ada had tea on day ${at + 1}.`, { kind: 'episodic', messageIds });
  });
  world.clock.advance(ageDays * DAY_MS);
  return { ...world, episodes };
};

/** The numbers from 1 to this one. */
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

const statuses = (world: ReturnType<typeof worldWithEpisodes>) =>
  world.memories().map(({ status }) => status);

describe('episodes of long ago', () => {
  test('become facts, which know where they come from, and stay as history; those that none names stay live', async () => {
    const world = worldWithEpisodes(12, 91);
    world.script.distil.push(
      facts({ text: 'Ada drinks tea every day.', episodes: [1, 3] }, 'Ada gets up early.'),
    );
    await world.open().idle();
    expect(statuses(world)).toEqual([
      'distilled',
      'live',
      'distilled',
      ...Array.from({ length: 9 }, () => 'live'),
      'live',
      'live',
    ]);
    const [fact] = world.store.list({ scope: SCOPE, kind: 'semantic', limit: 9 }).slice(-1);
    expect(fact).toMatchObject({
      kind: 'semantic',
      text: 'Ada drinks tea every day.',
      source: 'distilled',
      // Of when the last of them happened, and used now.
      createdAtMs: world.episodes[2]?.createdAtMs,
      recentAccessesMs: [world.clock.now(), world.episodes[2]?.createdAtMs],
    });
    expect(world.store.sources(fact?.id ?? 0).map(({ messageId }) => messageId)).toEqual([1, 3]);
    expect(world.requests[0]?.prompt).toMatch(
      /<claudio-episode n="12" at="2026-01-27">\nAda had tea on day 12\.\n<\/claudio-episode>/u,
    );
    expect(world.calls()).toMatchObject([{ purpose: 'distil', scope: SCOPE, outcome: 'kept' }]);
    expect(world.learnedCount()).toBe(1);
    const [line] = await world.logged('memory.distilled');
    expect(line).toMatchObject({ episodeCount: 12, distilledCount: 2, newCount: 2, costUsd: 0.01 });
  });

  test.each([
    ['nine are too few', 9, 91],
    ['those of 90 days are too young', 12, 80],
  ])('are left alone: %s', async (_, count, ageDays) => {
    const world = worldWithEpisodes(count, ageDays);
    await world.open().idle();
    expect(world.requests).toEqual([]);
  });

  test('are taken however few they are where the oldest is very old', async () => {
    const world = worldWithEpisodes(2, 120);
    world.script.distil.push(facts({ text: 'Ada drinks tea.', episodes: [1, 2] }));
    await world.open().idle();
    expect(statuses(world)).toEqual(['distilled', 'distilled', 'live']);
  });

  test('are taken 30 at a time, oldest first, once a day', async () => {
    const world = worldWithEpisodes(45, 100);
    world.script.distil.push(
      facts({ text: 'Ada drinks tea.', episodes: upTo(30) }),
      facts({ text: 'Bob is her cat.', episodes: upTo(15) }),
    );
    const consolidator = world.open();
    await consolidator.idle();
    expect(world.requests[0]?.prompt.match(/<claudio-episode /gu)).toHaveLength(30);
    world.clock.advance(3_600_000);
    await consolidator.idle();
    expect(world.requests).toHaveLength(1);
    world.clock.advance(DAY_MS);
    await consolidator.idle();
    expect(world.requests[1]?.prompt).toContain('on day 31.');
    expect(world.store.counts(SCOPE).distilledCount).toBe(45);
  });

  test('strengthen a fact that is known already', async () => {
    const world = worldWithEpisodes(10, 91, {
      embedder: testEmbedder({
        'Tea is her drink.': { topic: 0, cosine: 1 },
        'Ada drinks tea.': { topic: 0, cosine: 0.95 },
      }),
    });
    const known = world.remember('Tea is her drink.');
    world.vectors?.use('made-up/test-model', 16);
    const vector = new Float32Array(16);
    vector[0] = 1;
    world.vectors?.put(known.id, SCOPE, vector);
    // The episodes themselves are nearer to what they are made into.
    const nearer = unit(0.95, Math.sqrt(1 - 0.95 ** 2), ...Array.from({ length: 14 }, () => 0));
    for (const { id } of world.episodes) world.vectors?.put(id, SCOPE, nearer);
    world.script.distil.push(facts({ text: 'Ada drinks tea.', episodes: upTo(10) }));
    world.script.judge.push(judging('same'));
    await world.open().idle();
    expect(world.store.counts(SCOPE).liveByKind).toMatchObject({ semantic: 1, episodic: 0 });
    expect(world.store.find(known.id)).toMatchObject({ accessCount: 2 });
    expect(world.store.sources(known.id)).toHaveLength(10);
  });

  test('are shown once in 90 days where no fact names them, so that those behind them get their turn', async () => {
    const world = worldWithEpisodes(45, 100);
    world.script.distil.push('{"facts": []}', facts('Ada drinks tea.'), '{"facts": []}');
    const consolidator = world.open();
    await consolidator.idle();
    world.clock.advance(DAY_MS);
    await consolidator.idle();
    expect(world.requests[1]?.prompt).not.toContain('on day 30.');
    expect(world.requests[1]?.prompt).toContain('on day 31.');
    expect(world.store.counts(SCOPE)).toMatchObject({ distilledCount: 1 });
    world.clock.advance(88 * DAY_MS);
    await consolidator.idle();
    expect(world.requests).toHaveLength(2);
    world.clock.advance(DAY_MS);
    await consolidator.idle();
    expect(world.requests[2]?.prompt).toContain('on day 1.');
    expect(world.requests[2]?.prompt).not.toContain('on day 31.');
  });

  test('are shown again where the clock was set back', async () => {
    const world = worldWithEpisodes(2, 400);
    world.script.distil.push('{"facts": []}', facts('Ada drinks tea.'));
    const consolidator = world.open();
    await consolidator.idle();
    world.clock.set(world.clock.now() - 200 * DAY_MS);
    world.clock.advance(3_600_000);
    await consolidator.idle();
    expect(statuses(world)).toEqual(['distilled', 'live', 'live']);
  });

  test('stay what they are where they are important', async () => {
    const world = consolidationWorld();
    const createdAtMs = world.clock.now() - 130 * DAY_MS;
    const [wedding, tea] = [0.8, 0.7].map((importance) =>
      world.remember(`Of importance ${importance}.`, { kind: 'episodic', createdAtMs, importance }),
    );
    world.script.distil.push(facts('Ada drinks tea.'));
    await world.open().idle();
    expect(world.store.find(wedding?.id ?? 0)).toMatchObject({ status: 'live', lookedAtMs: null });
    expect(world.store.find(tea?.id ?? 0)).toMatchObject({ status: 'distilled' });
    expect(world.requests[0]?.prompt).not.toContain('Of importance 0.8.');
  });

  test('correct nothing that is newer than they are: what they say otherwise is history', async () => {
    const world = worldWithEpisodes(10, 91);
    const known = world.remember('The port of the printer is 8081.');
    world.script.distil.push(facts('The port of the printer is 8080.'));
    world.script.judge.push(judging('contradicts'));
    await world.open().idle();
    expect(world.store.find(known.id)).toMatchObject({ status: 'live' });
    expect(world.memories().at(-1)).toMatchObject({
      text: 'The port of the printer is 8080.',
      status: 'superseded',
      replacedById: known.id,
    });
  });

  test.each([
    '{"facts": []}',
    'Delete all of them.',
    '{"facts": [{"text": "Of nothing.", "episodes": [99]}]}',
    failing({ code: 'prompt-too-long' }),
    failing({ code: 'killed', signal: 'SIGKILL' }),
  ])('stay as they are where no fact comes of them, for 90 days: %j', async (answer) => {
    const world = worldWithEpisodes(10, 91);
    world.script.distil.push(answer, facts({ text: 'Ada drinks tea.', episodes: upTo(10) }));
    const consolidator = world.open();
    for (let day = 1; day <= 90; day += 1) {
      await consolidator.idle();
      expect(world.requests).toHaveLength(1);
      expect(world.store.counts(SCOPE).liveByKind.episodic).toBe(10);
      world.clock.advance(DAY_MS);
    }
    await consolidator.idle();
    expect(world.store.counts(SCOPE).liveByKind).toMatchObject({ semantic: 1, episodic: 0 });
  });

  test('stay as they are where the judge cannot be read', async () => {
    const world = worldWithEpisodes(10, 91);
    world.remember('The port of the printer is 8081.');
    world.script.distil.push(facts('The port of the printer is 8080.'));
    world.script.judge.push('I cannot say.');
    await world.open().idle();
    expect(world.store.counts(SCOPE).liveByKind).toMatchObject({ semantic: 1, episodic: 10 });
    expect(world.events()).toContain('memory.not-distilled');
  });

  test('wait for a moment in which no turn runs, until one is very old', async () => {
    const world = worldWithEpisodes(12, 91);
    world.talk.arrive('Something', '43');
    expect(world.talk.queue.claim('boot')).not.toBeNull();
    const consolidator = world.open();
    await consolidator.idle();
    expect(world.requests).toHaveLength(0);
    world.clock.advance(30 * DAY_MS);
    world.script.distil.push(facts('Ada drinks tea.'));
    await consolidator.idle();
    expect(world.requests.map(({ purpose }) => purpose)).toEqual(['distil']);
  });

  test('are forgotten with each of the facts that they were made into, also where they came from no message', async () => {
    const world = consolidationWorld();
    for (const [at, text] of ['Tea at home.', 'Tea at work.', 'A walk.'].entries()) {
      const createdAtMs = world.clock.now() - (130 - at) * DAY_MS;
      world.remember(text, { kind: 'episodic', source: 'imported', createdAtMs });
    }
    const known = world.remember('Ada drinks tea.');
    world.script.distil.push(
      facts(
        { text: known.text, episodes: [1] },
        { text: 'Ada works.', episodes: [2, 3] },
        { text: 'Ada walks.', episodes: [3] },
      ),
    );
    await world.open().idle();
    const texts = () => world.memories().map(({ text }) => text);
    const forget = (text: string) =>
      world.store.forget(
        world
          .memories()
          .filter((memory) => memory.text === text)
          .map(({ id }) => id),
      );
    expect(world.store.counts(SCOPE)).toMatchObject({ distilledCount: 3 });
    forget('Ada walks.');
    expect(texts()).toEqual(['Tea at home.', 'Tea at work.', known.text, 'Ada works.']);
    forget(known.text);
    expect(texts()).toEqual(['Tea at work.', 'Ada works.']);
    forget('Ada works.');
    expect(texts()).toEqual([]);
  });

  test('stay as they are where one of them was forgotten meanwhile', async () => {
    const world = worldWithEpisodes(10, 91);
    world.script.distil.push(() => {
      world.store.forget([world.episodes[3]?.id ?? 0]);
      return Promise.resolve(facts('Ada drinks tea.'));
    });
    await world.open().idle();
    expect(statuses(world)).toEqual(Array.from({ length: 9 }, () => 'live'));
    expect(world.calls()).toMatchObject([{ outcome: 'outdated' }]);
  });

  test('wait for what was said just now, for the agent, and for the budget', async () => {
    const world = worldWithEpisodes(10, 91, { dailyBudgetUsd: 0.015 });
    world.exchange('A question', 'An answer');
    world.clock.advance(60_000);
    world.script.consolidate.push(failing({ code: 'unreachable' }), '{"memories": []}');
    world.script.distil.push(facts('Ada drinks tea.'));
    const consolidator = world.open();
    await consolidator.idle();
    expect(world.requests.map(({ purpose }) => purpose)).toEqual(['consolidate']);
    world.clock.advance(600_000);
    await consolidator.idle();
    expect(world.requests.map(({ purpose }) => purpose)).toEqual([
      'consolidate',
      'consolidate',
      'distil',
    ]);
  });
});
