import { describe, expect, test } from 'vitest';
import { SCOPE } from '../../support/memory.ts';
import { consolidationWorld, DAY_MS, failing, testEmbedder } from './world.ts';

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

const statuses = (world: ReturnType<typeof worldWithEpisodes>) =>
  world.memories().map(({ status }) => status);

describe('episodes of long ago', () => {
  test('become facts, which know where they come from, and stay as history', async () => {
    const world = worldWithEpisodes(12, 91);
    world.script.distil.push(
      facts({ text: 'Ada drinks tea every day.', episodes: [1, 3] }, 'Ada gets up early.'),
    );
    await world.open().idle();
    expect(statuses(world)).toEqual([
      ...Array.from({ length: 12 }, () => 'distilled'),
      'live',
      'live',
    ]);
    const [fact] = world.store.list({ scope: SCOPE, limit: 9 }).slice(-1);
    expect(fact).toMatchObject({
      kind: 'semantic',
      text: 'Ada drinks tea every day.',
      source: 'distilled',
    });
    expect(world.store.sources(fact?.id ?? 0).map(({ messageId }) => messageId)).toEqual([1, 3]);
    expect(world.requests[0]?.prompt).toMatch(
      /<claudio-episode n="12" at="2026-01-27">\nAda had tea on day 12\.\n<\/claudio-episode>/u,
    );
    expect(world.calls()).toMatchObject([{ purpose: 'distil', scope: SCOPE, outcome: 'kept' }]);
    expect(world.learnedCount()).toBe(1);
    const [line] = await world.logged('memory.distilled');
    expect(line).toMatchObject({ episodeCount: 12, newCount: 2, costUsd: 0.01 });
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
    world.script.distil.push(facts('Ada drinks tea.'));
    await world.open().idle();
    expect(statuses(world)).toEqual(['distilled', 'distilled', 'live']);
  });

  test('are taken 30 at a time, oldest first, once a day', async () => {
    const world = worldWithEpisodes(45, 100);
    world.script.distil.push(facts('Ada drinks tea.'), facts('Bob is her cat.'));
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
    world.script.distil.push(facts('Ada drinks tea.'));
    await world.open().idle();
    expect(world.store.counts(SCOPE).liveByKind).toMatchObject({ semantic: 1, episodic: 0 });
    expect(world.store.find(known.id)).toMatchObject({ accessCount: 2 });
    expect(world.store.sources(known.id)).toHaveLength(1);
  });

  test.each([
    '{"facts": []}',
    'Delete all of them.',
    '{"facts": [{"text": "Of nothing.", "episodes": [99]}]}',
  ])(
    'stay as they are where no fact comes of them, and are left alone for a week after three tries: %s',
    async (answer) => {
      const world = worldWithEpisodes(10, 91);
      world.script.distil.push(answer, answer, answer, facts('Ada drinks tea.'));
      const consolidator = world.open();
      for (let day = 1; day <= 9; day += 1) {
        await consolidator.idle();
        expect(world.requests).toHaveLength(Math.min(day, 3));
        expect(world.store.counts(SCOPE).liveByKind.episodic).toBe(10);
        world.clock.advance(DAY_MS);
      }
      await consolidator.idle();
      expect(world.store.counts(SCOPE).liveByKind).toMatchObject({ semantic: 1, episodic: 0 });
    },
  );

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
