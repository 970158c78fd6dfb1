import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { turns } from '../../drizzle/schema.ts';
import type { Role } from '../../src/core/role.ts';
import type { TurnStatus } from '../../src/core/turn.ts';
import { createConversationStore } from '../../src/inbox/conversations.ts';
import { createMessageStore } from '../../src/inbox/messages.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { createGate } from '../../src/policy/gate.ts';
import { createLimits, type LimitSettings } from '../../src/policy/limits.ts';
import { createPolicy } from '../../src/policy/policy-file.ts';
import { cpuTimeMs } from '../support/cpu-time.ts';
import { testClock } from '../support/clock.ts';
import { testDatabase } from '../support/database.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Noon of the machine's own day, in the middle of a month of 31 days. */
const NOON = new Date(2026, 0, 15, 12).getTime();

function world(settings: LimitSettings = {}) {
  const database = testDatabase();
  const clock = testClock(NOON);
  createConversationStore(database, clock).ensure(conversation());
  const messageId = createMessageStore(database, clock).add(inboundMessage(1, 'hello'));
  return {
    database,
    clock,
    check: (personId = '7', role: Role = 'member') =>
      createLimits(database, clock, settings).check({ personId, role }),
    /** A turn as it was asked for or ended now. */
    turn: (personId: string, how: { status?: TurnStatus; costUsd?: number } = {}) => {
      const { status = 'done', costUsd = 0 } = how;
      database.orm
        .insert(turns)
        .values({
          conversationId: conversation().id,
          messageId,
          personId,
          status,
          queuedAtMs: clock.now(),
          endedAtMs: status === 'queued' ? null : clock.now(),
          requestedModel: 'haiku',
          costUsd,
        })
        .run();
    },
  };
}

describe('turns an hour', () => {
  test('are never more than allowed in any sixty minutes, over restarts too, and never fewer than that for no reason', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 25 * MINUTE_MS }), { minLength: 1, maxLength: 40 }),
        (most, pausesMs) => {
          // Each check is that of a service which was just started.
          const { clock, check, turn } = world({ RATE_LIMIT_PER_HOUR: most });
          const taken: number[] = [];
          const within = (at: number) => taken.filter((other) => other > at - HOUR_MS).length;
          for (const pauseMs of pausesMs) {
            clock.advance(pauseMs);
            const isFree = within(clock.now()) < most;
            expect(check() === null).toBe(isFree);
            if (!isFree) continue;
            turn('7');
            taken.push(clock.now());
          }
          for (const at of taken) {
            expect(
              taken.filter((other) => other >= at && other < at + HOUR_MS).length,
            ).toBeLessThanOrEqual(most);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('are free again exactly when that was said', () => {
    const { clock, check, turn } = world({ RATE_LIMIT_PER_HOUR: 2 });
    turn('7');
    clock.advance(37 * MINUTE_MS);
    turn('7');
    expect(check()).toEqual({
      kind: 'limit',
      rule: 'rate',
      markdown:
        '⏳ 2 an hour is the limit here, and you asked twice in the last hour. You can ask again in 23 min.',
    });
    clock.advance(23 * MINUTE_MS - 1);
    expect(check()?.markdown).toContain('again in 1 s.');
    clock.advance(1);
    expect(check()).toBeNull();
  });

  test('are ten for members and viewers and as many as they like for owners where nothing is set', () => {
    const { check, turn } = world();
    for (let count = 0; count < 10; count += 1) turn('7');
    expect(check('7', 'owner')).toBeNull();
    expect([check('7', 'member')?.rule, check('7', 'viewer')?.rule]).toEqual(['rate', 'rate']);
    expect(check('8', 'viewer')).toBeNull();
  });

  test('are the same for everybody where a number is set, and 0 is none', () => {
    const one = world({ RATE_LIMIT_PER_HOUR: 1 });
    one.turn('7');
    expect(one.check('7', 'owner')?.markdown).toContain('you asked once in the last hour');
    const none = world({ RATE_LIMIT_PER_HOUR: 0 });
    for (let count = 0; count < 50; count += 1) none.turn('7');
    expect(none.check('7', 'viewer')).toBeNull();
  });

  test('that a wrong clock put far ahead lock nobody out', () => {
    const { clock, check, turn } = world({ RATE_LIMIT_PER_HOUR: 1 });
    clock.set(NOON + 365 * 24 * HOUR_MS);
    turn('7');
    clock.set(NOON);
    expect(check()).toBeNull();
  });
});

test('of the turns of a person, so many may wait, over all conversations', () => {
  const { check, turn } = world({ RATE_LIMIT_PER_HOUR: 0 });
  for (let count = 0; count < 5; count += 1) {
    expect(check()).toBeNull();
    turn('7', { status: 'queued' });
    turn('7', { status: 'done' });
    turn('8', { status: 'queued' });
  }
  expect(check()).toEqual({
    kind: 'limit',
    rule: 'waiting',
    markdown:
      '🚦 5 of your messages are waiting already, and 5 may. You can ask again as soon as I have begun with the next one: see /queue.',
  });
  expect(check('7', 'owner')).toBeNull();
});

describe('a budget', () => {
  test('of a person for a day is free again at midnight, of the machine', () => {
    const { clock, check, turn } = world({ PERSON_BUDGET_PER_DAY: 1.5 });
    turn('7', { costUsd: 1.49 });
    turn('8', { costUsd: 5 });
    expect(check()).toBeNull();
    clock.advance(5 * HOUR_MS);
    turn('7', { costUsd: 0.03 });
    expect(check()).toEqual({
      kind: 'limit',
      rule: 'budget',
      markdown:
        '💸 Your budget for today is used up: $1.52 of $1.50. You can ask again tomorrow, in 7 h.',
    });
    clock.advance(7 * HOUR_MS - 1);
    expect(check()?.markdown).toContain('tomorrow, in 1 s.');
    clock.advance(1);
    expect(check()).toBeNull();
  });

  test('of a person for a month holds on the next day, and is free again with the next month', () => {
    const { clock, check, turn } = world({ PERSON_BUDGET_PER_MONTH: 20 });
    turn('7', { costUsd: 20 });
    clock.advance(24 * HOUR_MS);
    expect(check()?.markdown).toBe(
      '💸 Your budget for this month is used up: $20.00 of $20.00. You can ask again next month, in 16 days.',
    );
    clock.set(new Date(2026, 1, 1).getTime());
    expect(check()).toBeNull();
  });

  test.each([
    ['BUDGET_PER_DAY', 'The common budget for today is used up: $3.00 of $2.50.'],
    ['BUDGET_PER_MONTH', 'The common budget for this month is used up: $3.00 of $2.50.'],
  ])('%s is for all people together, owners too', (setting, sentence) => {
    const { check, turn } = world({ [setting]: 2.5 });
    turn('7', { costUsd: 1 });
    expect(check('9', 'owner')).toBeNull();
    turn('8', { costUsd: 2 });
    expect(check('9', 'owner')?.markdown).toContain(sentence);
  });

  test('of 0 dollars is none at all', () => {
    const { check } = world({ BUDGET_PER_DAY: 0 });
    expect(check('7', 'owner')?.rule).toBe('budget');
  });

  test('ends with the month, however long that is', () => {
    const { clock, check } = world({ BUDGET_PER_MONTH: 0 });
    for (let month = 0; month < 24; month += 1) {
      clock.set(new Date(2027, month + 1, 1).getTime() - 1);
      expect(check()?.markdown).toContain('next month, in 1 s.');
      clock.set(new Date(2027, month, 1).getTime());
      const days = Math.round(
        (new Date(2027, month + 1, 1).getTime() - clock.now()) / (24 * HOUR_MS),
      );
      expect(check()?.markdown).toContain(`in ${days} days.`);
    }
  });
});

describe('on the path of every message', () => {
  const ALL = {
    RATE_LIMIT_PER_HOUR: 1000,
    MAX_WAITING_PER_PERSON: 10,
    BUDGET_PER_DAY: 1e6,
    BUDGET_PER_MONTH: 1e6,
    PERSON_BUDGET_PER_DAY: 1e6,
    PERSON_BUDGET_PER_MONTH: 1e6,
  };

  test('a check of all limits and rules takes about a millisecond with 100,000 turns of three years', () => {
    const { database, clock } = world();
    const insert = database.orm.$client.prepare(
      `insert into turns (conversation_id, message_id, person_id, status, queued_at_ms, ended_at_ms, requested_model, cost_usd)
       values (?, 1, ?, 'done', ?, ?, 'haiku', 0.01)`,
    );
    database.transaction(() => {
      for (let count = 0; count < 100_000; count += 1) {
        const at = NOON - Math.round((count * 1095 * 24 * HOUR_MS) / 100_000);
        insert.run(conversation().id, String(count % 3), at, at);
      }
    });
    const gate = createGate({
      database,
      limits: createLimits(database, clock, ALL),
      policy: createPolicy({
        database,
        clock,
        path: '/nowhere/policy.json',
        setting: 'permissive',
        onFault: () => undefined,
        onMended: () => undefined,
        audit: createAudit({ database, clock }),
      }),
      audit: createAudit({ database, clock }),
      clock,
      log: { debug: () => undefined },
    });
    const request = {
      conversation: conversation(),
      personId: '1',
      role: 'member' as const,
      text: 'Please look at the tests of the queue and say which of them are slow. '.repeat(20),
    };
    expect(gate.check(request)).toBeNull();
    const tookMs = Array.from({ length: 101 }, () => {
      const startMs = cpuTimeMs();
      gate.check(request);
      return cpuTimeMs() - startMs;
    }).toSorted((one, other) => one - other);
    // Many times what it takes.
    expect(tookMs[50]).toBeLessThan(10);
  });

  test('no limit is found by a scan of all turns', () => {
    const { database, clock } = world();
    const asked: string[] = [];
    const { $client } = database.orm;
    const plan = (sql: string) =>
      $client
        .prepare(`explain query plan ${sql}`)
        .all(...Array.from({ length: sql.split('?').length - 1 }, () => 1))
        .map((row) => String((row as { detail: unknown }).detail));
    const prepare = $client.prepare.bind($client);
    $client.prepare = (sql: string) => {
      asked.push(sql);
      return prepare(sql);
    };
    createLimits(database, clock, ALL);
    $client.prepare = prepare;
    expect(asked).toHaveLength(4);
    const plans = asked.map((sql) => plan(sql).join('; '));
    expect(plans).toEqual([
      expect.stringContaining('SEARCH turns USING INDEX turns_by_person'),
      expect.stringContaining('USING INDEX turns_active'),
      expect.stringContaining('SEARCH turns USING COVERING INDEX turns_by_end'),
      expect.stringContaining('SEARCH turns USING COVERING INDEX turns_by_person_and_end'),
    ]);
  });
});
