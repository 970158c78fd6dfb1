import { describe, expect, test } from 'vitest';
import { SCOPE } from '../../support/memory.ts';
import { answered } from '../../support/turns.ts';
import { consolidationWorld, DAY_MS, DELAY_MS, failing, MINUTE_MS, proposing } from './world.ts';

/** A world with one conversation that is due. */
const dueWorld = (options: Parameters<typeof consolidationWorld>[0] = {}) => {
  const world = consolidationWorld(options);
  world.exchange('My key is in the drawer.', 'Noted.');
  world.clock.advance(DELAY_MS);
  return world;
};

describe('an answer that is no use', () => {
  test('is asked for again later, three times in all; then the batch is given up with a line, and the next is taken', async () => {
    const world = dueWorld();
    const consolidator = world.open();
    world.script.consolidate.push('I would rather not.', '{"memories": 5}', '[]');
    await consolidator.idle();
    expect(world.requests).toHaveLength(1);
    expect(world.cursors()).toMatchObject([{ lastMessageId: 0, failureCount: 1 }]);
    await consolidator.idle();
    expect(world.requests).toHaveLength(1);
    world.clock.advance(MINUTE_MS);
    await consolidator.idle();
    expect(world.requests).toHaveLength(2);
    world.clock.advance(5 * MINUTE_MS - 1);
    await consolidator.idle();
    expect(world.requests).toHaveLength(2);
    expect(world.events()).not.toContain('memory.batch-given-up');
    world.clock.advance(1);
    await consolidator.idle();
    expect(world.requests).toHaveLength(3);
    const [line] = await world.logged('memory.batch-given-up');
    expect(line).toMatchObject({ conversation: SCOPE, messages: [1, 2], failure: 'unreadable' });
    expect(JSON.stringify(world.lines)).not.toContain('drawer');
    expect(world.cursors()).toMatchObject([{ lastMessageId: 1, failureCount: 0 }]);
    expect(world.calls().map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 3 }, () => 'unreadable'),
    );

    world.exchange('Ada drinks tea.', 'Noted.');
    world.clock.advance(25 * MINUTE_MS);
    world.script.consolidate.push(proposing('Ada drinks tea.'));
    await consolidator.idle();
    expect(world.requests.at(-1)?.prompt).not.toContain('drawer');
    expect(world.memories()).toMatchObject([{ text: 'Ada drinks tea.' }]);
  });

  test('counts over a restart, and a batch that works in the end begins anew', async () => {
    const world = dueWorld();
    world.script.consolidate.push(
      failing({ code: 'no-answer' }),
      failing({ code: 'idle', idleLimitMs: 1 }),
    );
    await world.open().idle();
    world.clock.advance(MINUTE_MS);
    await world.open({ bootId: 'later' }).idle();
    expect(world.cursors()).toMatchObject([{ failureCount: 2 }]);
    world.clock.advance(5 * MINUTE_MS);
    world.script.consolidate.push(proposing('Ada drinks tea.'));
    await world.open().idle();
    expect(world.cursors()).toMatchObject([{ failureCount: 0 }]);
    expect(world.memories()).toHaveLength(1);
  });

  test('of the judge leaves nothing half done', async () => {
    const world = dueWorld();
    world.script.consolidate.push(proposing('The port is 8080.'));
    await world.open().idle();
    world.exchange('It is 8081 now.', 'Noted.');
    world.clock.advance(DELAY_MS);
    world.script.consolidate.push(proposing('The port is 8081.'), proposing('The port is 8081.'));
    world.script.judge.push(failing({ code: 'no-answer' }), '{"verdicts": []}');
    const consolidator = world.open();
    await consolidator.idle();
    expect(world.memories()).toHaveLength(1);
    expect(world.cursors()).toMatchObject([{ lastMessageId: 1, failureCount: 1 }]);
    world.clock.advance(MINUTE_MS);
    await consolidator.idle();
    expect(world.memories()).toHaveLength(2);
  });
});

describe('an agent that cannot answer now', () => {
  test.each([
    { code: 'unreachable' },
    { code: 'not-logged-in' },
    { code: 'not-found' },
    { code: 'overloaded' },
    { code: 'unknown-model', model: 'haiku' },
  ] as const)('is asked again later, and that is no try: $code', async (failure) => {
    const world = dueWorld();
    world.exchange('Elsewhere', 'An answer', '43');
    world.clock.advance(DELAY_MS);
    const consolidator = world.open();
    for (let count = 1; count <= 5; count += 1) {
      world.script.consolidate.push(failing(failure));
      await consolidator.idle();
      // Whatever else is due waits with it.
      expect(world.requests).toHaveLength(count);
      world.clock.advance(10 * MINUTE_MS);
    }
    expect(world.cursors()).toEqual([]);
    expect(world.calls()[0]).toMatchObject({ outcome: failure.code, costUsd: 0 });
    world.script.consolidate.push(proposing('One.'), proposing('Two.'));
    await consolidator.idle();
    expect(world.memories()).toHaveLength(2);
  });

  test('because of a limit is asked again when that ends', async () => {
    const world = dueWorld();
    const resetsAtMs = world.clock.now() + 3 * 3_600_000;
    world.script.consolidate.push(failing({ code: 'usage-limit', resetsAtMs, resetsAtText: null }));
    const consolidator = world.open();
    await consolidator.idle();
    world.clock.advance(3 * 3_600_000 - 1);
    await consolidator.idle();
    expect(world.requests).toHaveLength(1);
    world.clock.advance(1);
    world.script.consolidate.push(proposing('One.'));
    await consolidator.idle();
    expect(world.memories()).toHaveLength(1);
  });
});

describe('an outage that a batch may bring about', () => {
  test.each([
    { code: 'killed', signal: 'SIGKILL' },
    { code: 'server-error', httpStatus: 500 },
    { code: 'overloaded' },
  ] as const)(
    'counts as a failure of it after six times, over restarts, so that others are not held up for ever: $code',
    async (failure) => {
      const world = dueWorld({ dailyBudgetUsd: 9 });
      world.exchange('I drink tea.', 'Noted.', '43');
      world.clock.advance(DELAY_MS);
      const isOfFirst = () => world.requests.at(-1)?.prompt.includes('drawer');
      for (let count = 1; count <= 5; count += 1) {
        world.script.consolidate.push(failing(failure));
        await world.open({ bootId: `boot-${count}` }).idle();
        expect(world.requests).toHaveLength(count);
        expect(isOfFirst()).toBe(true);
        world.clock.advance(10 * MINUTE_MS);
      }
      expect(world.cursors()).toEqual([]);
      world.script.consolidate.push(failing(failure), proposing('Ada drinks tea.'));
      const consolidator = world.open();
      await consolidator.idle();
      // The other chat at once.
      expect(world.memories()).toMatchObject([{ scope: 'telegram:1:43' }]);
      expect(world.cursors()).toEqual(
        expect.arrayContaining([expect.objectContaining({ failureCount: 1, lastMessageId: 0 })]),
      );
      for (let count = 7; count <= 18; count += 1) {
        world.clock.advance(10 * MINUTE_MS);
        world.script.consolidate.push(failing(failure));
        await consolidator.idle();
      }
      expect(world.requests).toHaveLength(19);
      const [line] = await world.logged('memory.batch-given-up');
      expect(line).toMatchObject({ messages: [1, 2], failure: failure.code });
      expect(world.cursors()).toMatchObject([{ failureCount: 0 }, { failureCount: 0 }]);
    },
  );

  test.each([
    { code: 'not-logged-in' },
    { code: 'unreachable' },
    { code: 'usage-limit', resetsAtMs: null, resetsAtText: null },
  ] as const)('is none of these, however often: $code', async (failure) => {
    const world = dueWorld();
    const consolidator = world.open();
    for (let count = 1; count <= 20; count += 1) {
      world.script.consolidate.push(failing(failure));
      await consolidator.idle();
      world.clock.advance(60 * MINUTE_MS);
    }
    expect(world.requests).toHaveLength(20);
    expect(world.cursors()).toEqual([]);
  });
});

describe('the pause behind an outage', () => {
  test.each([
    [{ code: 'unreachable' }, 10],
    [{ code: 'usage-limit', resetsAtMs: null, resetsAtText: null }, 60],
  ] as const)('outlives a restart: %j', async (failure, minutes) => {
    const world = dueWorld();
    world.script.consolidate.push(failing(failure), proposing('Ada drinks tea.'));
    await world.open().idle();
    world.clock.advance(minutes * MINUTE_MS - 1);
    const consolidator = world.open({ bootId: 'later' });
    await consolidator.idle();
    expect(world.requests).toHaveLength(1);
    world.clock.advance(1);
    await consolidator.idle();
    expect(world.memories()).toHaveLength(1);
  });

  test('is not waited for where the clock was set back', async () => {
    const world = dueWorld();
    world.script.consolidate.push(failing({ code: 'unreachable' }), proposing('Ada drinks tea.'));
    await world.open().idle();
    world.clock.set(world.clock.now() - DAY_MS);
    await world.open({ bootId: 'later' }).idle();
    expect(world.memories()).toHaveLength(1);
  });
});

describe('the budget of a day', () => {
  test('counts what was cut off for what it may have cost, so that no loop of restarts goes beyond it', async () => {
    const world = dueWorld({ dailyBudgetUsd: 0.1 });
    world.script.consolidate.push(
      failing({ code: 'idle', idleLimitMs: 1 }),
      { kind: 'stopped', usage: answered('').usage },
      failing({ code: 'unreachable' }),
    );
    const costs = () => world.calls().map(({ costUsd }) => costUsd);
    await world.open().idle();
    world.clock.advance(MINUTE_MS);
    // Without a stop this goes on at once.
    world.open({ bootId: 'stopped' }).wake();
    await world.askedTimes(3);
    await world.logged('memory.call-failed');
    await expect.poll(costs).toEqual([0.02, 0.02, 0]);
    world.clock.advance(10 * MINUTE_MS);
    for (let boot = 1; boot <= 3; boot += 1) {
      // As processes leave it that were killed while they asked.
      world.database.orm.run(
        `insert into memory_calls (purpose, scope, cost_usd, started_at_ms) values ('consolidate', '${SCOPE}', 0.02, ${world.clock.now()})`,
      );
    }
    await world.open({ bootId: 'later' }).idle();
    expect(world.requests).toHaveLength(3);
    expect(world.events()).toContain('memory.budget-spent');
  });

  test('once it is spent nothing more is called before midnight, with one line', async () => {
    const world = dueWorld({ dailyBudgetUsd: 0.05 });
    world.script.consolidate.push(answered(proposing('One.'), { costUsd: 0.06 }));
    const consolidator = world.open();
    await consolidator.idle();
    for (let count = 0; count < 3; count += 1) {
      world.exchange('More', 'An answer');
      world.clock.advance(DELAY_MS);
      await consolidator.idle();
    }
    expect(world.requests).toHaveLength(1);
    expect(world.events().filter((event) => event === 'memory.budget-spent')).toHaveLength(1);
    expect(world.calls()).toMatchObject([{ costUsd: 0.06 }]);
    world.clock.advance(DAY_MS);
    world.script.consolidate.push(proposing('Two.'));
    await consolidator.idle();
    expect(world.memories()).toHaveLength(2);
  });

  test('counts what failed, too, and not what a clock that was ahead wrote down', async () => {
    const world = dueWorld({ dailyBudgetUsd: 0.05 });
    const { database, clock } = world;
    database.orm.run(
      `insert into memory_calls (purpose, scope, cost_usd, started_at_ms) values ('judge', 'x', 9, ${clock.now() + 9 * DAY_MS})`,
    );
    world.script.consolidate.push({
      ...answered('No.', { costUsd: 0.06 }),
    });
    const consolidator = world.open();
    await consolidator.idle();
    expect(world.requests).toHaveLength(1);
    clock.advance(MINUTE_MS);
    await consolidator.idle();
    expect(world.requests).toHaveLength(1);
    expect(world.events()).toContain('memory.budget-spent');
  });

  test('of nothing calls nothing, and says nothing', async () => {
    const world = dueWorld({ dailyBudgetUsd: 0 });
    await world.open().idle();
    expect(world.requests).toEqual([]);
    expect(world.lines).toEqual([]);
  });
});

describe('what moves while the model is asked', () => {
  test.each([
    [
      'memory turned off',
      (world: ReturnType<typeof consolidationWorld>) =>
        world.talk.conversations.chooseMemory(SCOPE, false),
    ],
    [
      'something forgotten',
      (world: ReturnType<typeof consolidationWorld>) => {
        const { id } = world.remember('Ada drinks coffee.');
        expect(world.store.forget([id])).toHaveLength(1);
      },
    ],
    [
      'memory turned off and on again',
      (world: ReturnType<typeof consolidationWorld>) => {
        world.talk.conversations.chooseMemory(SCOPE, false);
        world.talk.conversations.chooseMemory(SCOPE, true);
      },
    ],
  ])('%s: all of it is thrown away, and never asked for again', async (_, move) => {
    const world = dueWorld();
    world.script.consolidate.push(() => {
      move(world);
      return Promise.resolve(proposing('Ada drinks tea.'));
    });
    const consolidator = world.open();
    await consolidator.idle();
    await consolidator.idle();
    expect(world.memories()).toEqual([]);
    expect(world.requests).toHaveLength(1);
    expect(world.calls()).toMatchObject([{ outcome: 'outdated', costUsd: 0.01 }]);
    expect(world.events()).toContain('memory.outdated');
    expect(world.learnedCount()).toBe(0);
  });

  test('a second consolidation of the same batch: one of the two is thrown away', async () => {
    const world = dueWorld();
    const both = Promise.withResolvers<string>();
    world.script.consolidate.push(
      () => both.promise,
      () => both.promise,
    );
    const [one, other] = [world.open({ bootId: 'one' }), world.open({ bootId: 'other' })];
    one.wake();
    other.wake();
    await world.askedTimes(2);
    both.resolve(proposing('Ada drinks tea.', 'Bob moved to Vienna.'));
    await Promise.all([one.idle(), other.idle()]);
    expect(world.memories()).toMatchObject([{ accessCount: 1 }, { accessCount: 1 }]);
    expect(world.calls().map(({ outcome }) => outcome)).toEqual(
      expect.arrayContaining(['kept', 'outdated']),
    );
  });

  test('a turn of the conversation begins: it is not held up, and what it says comes with the next batch', async () => {
    const world = dueWorld();
    world.script.consolidate.push(() => {
      world.exchange('Meanwhile', 'An answer');
      return Promise.resolve(proposing('Ada drinks tea.'));
    }, proposing('Bob moved to Vienna.'));
    const consolidator = world.open();
    await consolidator.idle();
    expect(world.memories()).toHaveLength(1);
    world.clock.advance(DELAY_MS);
    await consolidator.idle();
    expect(world.requests[1]?.prompt).toContain('Meanwhile');
    expect(world.requests[1]?.prompt).not.toContain('drawer');
    expect(world.memories()).toHaveLength(2);
  });
});

describe('an end in the middle', () => {
  test('of the service breaks the call off, changes nothing, and the batch is begun anew', async () => {
    const world = dueWorld();
    world.script.consolidate.push(
      (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            resolve({ kind: 'stopped', usage: { ...answered('').usage, costUsd: 0.02 } });
          });
        }),
    );
    const consolidator = world.open();
    consolidator.wake();
    await world.askedTimes(1);
    await consolidator.close();
    consolidator.wake();
    await consolidator.idle();
    expect(world.cursors()).toEqual([]);
    expect(world.calls()).toMatchObject([{ outcome: 'stopped', costUsd: 0.02 }]);
    world.script.consolidate.push(proposing('Ada drinks tea.'));
    await world.open().idle();
    expect(world.memories()).toHaveLength(1);
  });

  test('of the commit keeps nothing of it: memories, cursor and history stand or fall together', async () => {
    const world = dueWorld();
    const { database } = world;
    database.orm.run(
      "create trigger no_second before insert on memories when new.text like 'Bob%' begin select raise(abort, 'made up'); end",
    );
    const answer = proposing('Ada drinks tea.', 'Bob moved to Vienna.');
    world.script.consolidate.push(answer, answer);
    const consolidator = world.open();
    await consolidator.idle();
    expect(world.memories()).toEqual([]);
    expect(world.cursors()).toMatchObject([{ lastMessageId: 0, failureCount: 1 }]);
    expect(world.events()).toContain('memory.broken');
    database.orm.run('drop trigger no_second');
    world.clock.advance(MINUTE_MS);
    await consolidator.idle();
    expect(world.memories()).toHaveLength(2);
  });

  test('of the commit, again and again, is tried less and less often, so that it costs little', async () => {
    const world = dueWorld();
    const { orm } = world.database;
    orm.run('alter table memory_sources rename to gone');
    const answer = proposing('Ada drinks tea.');
    world.script.consolidate.push(...Array.from({ length: 100 }, () => answer));
    const consolidator = world.open();
    for (let minute = 0; minute < 22 * 60; minute += 1) {
      await consolidator.idle();
      world.clock.advance(MINUTE_MS);
    }
    expect(world.requests.length).toBeGreaterThan(20);
    expect(world.requests.length).toBeLessThan(30);
    expect(world.cursors()).toEqual([]);
    orm.run('alter table gone rename to memory_sources');
    world.clock.advance(60 * MINUTE_MS);
    await consolidator.idle();
    expect(world.memories()).toMatchObject([{ accessCount: 1 }]);
  });

  test('of the process behind the answer: the batch is asked about again and nothing is doubled', async () => {
    const world = dueWorld();
    // As a process leaves it that was killed between the answer and the commit.
    world.database.orm.run(
      `insert into memory_calls (purpose, scope, started_at_ms) values ('consolidate', '${SCOPE}', ${world.clock.now()})`,
    );
    world.script.consolidate.push(proposing('Ada drinks tea.'));
    await world.open().idle();
    await world.open().idle();
    expect(world.memories()).toHaveLength(1);
    expect(world.calls().map(({ outcome }) => outcome)).toEqual([null, 'kept']);
  });
});
