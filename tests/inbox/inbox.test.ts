import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { messages, turns, updates } from '../../drizzle/schema.ts';
import { createInbox, type InboxHandlers } from '../../src/inbox/accept.ts';
import { createAsking } from '../../src/inbox/asking.ts';
import { createConversationStore } from '../../src/inbox/conversations.ts';
import { createMessageStore } from '../../src/inbox/messages.ts';
import { createChatMoves } from '../../src/inbox/moves.ts';
import { createOverheard } from '../../src/inbox/overheard.ts';
import { createQueue } from '../../src/inbox/queue.ts';
import { createSeenUpdates } from '../../src/inbox/seen-updates.ts';
import { OPEN_GATE } from '../../src/policy/gate.ts';
import { testClock } from '../support/clock.ts';
import { testDatabase } from '../support/database.ts';
import { inboundMessage } from '../support/inbound.ts';
import { testLog } from '../support/log.ts';

function inbox(
  options: { maxQueueSize?: number; joinQueued?: boolean; handlers?: Partial<InboxHandlers> } = {},
) {
  const database = testDatabase();
  const clock = testClock();
  const conversations = createConversationStore(database, clock);
  const store = createMessageStore(database, clock);
  const queue = createQueue(database, clock, store, {
    maxQueueSize: options.maxQueueSize ?? 5,
    joinQueued: options.joinQueued ?? false,
  });
  const seen = createSeenUpdates(database, clock);
  const told: number[] = [];
  const accept = createInbox({
    database,
    seen,
    conversations,
    messages: store,
    queue,
    overheard: createOverheard({ database, clock, conversations, messages: store }),
    moves: createChatMoves(database, clock, { uproot: () => undefined, log: testLog().log }),
    asking: createAsking({
      conversations,
      messages: store,
      queue,
      gate: OPEN_GATE,
      defaultModel: () => 'haiku',
    }),
    handlers: {
      roleOf: () => 'owner',
      stranger: () => false,
      refused: () => undefined,
      command: () => null,
      answer: () => false,
      queued: () => undefined,
      edit: () => false,
      reaction: () => false,
      press: () => '',
      unreadable: () => undefined,
      full: (_, waitingCount) => told.push(waitingCount),
      ...options.handlers,
    },
  });
  return { database, clock, conversations, queue, seen, accept, told };
}

describe('dedupe', () => {
  test('an update delivered again is a duplicate and starts nothing (promise 3: no duplicates and replays)', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 }), (ids) => {
        const { database, accept } = inbox({ maxQueueSize: 1000 });
        const outcomes = ids.map((id) => accept('telegram:1', inboundMessage(id, `m${id}`)).kind);
        const distinct = new Set(ids);
        expect(outcomes.filter((kind) => kind === 'accepted')).toHaveLength(distinct.size);
        expect(outcomes.filter((kind) => kind === 'duplicate')).toHaveLength(
          ids.length - distinct.size,
        );
        expect(database.orm.select().from(turns).all()).toHaveLength(distinct.size);
      }),
      { numRuns: 25 },
    );
  });

  test('the same id from another bot is another update', () => {
    const { accept } = inbox();
    expect(accept('telegram:1', inboundMessage(7, 'a')).kind).toBe('accepted');
    expect(accept('telegram:2', inboundMessage(7, 'a')).kind).toBe('accepted');
  });

  test('ids are forgotten only when they are both older than 48 hours and not among the last 1,000', () => {
    const { database, clock, seen } = inbox();
    for (let id = 1; id <= 1500; id += 1) seen.remember('telegram:1', id);
    clock.advance(47 * 3_600_000);
    expect(seen.prune()).toBe(0);
    clock.advance(2 * 3_600_000);
    for (let id = 2001; id <= 2010; id += 1) seen.remember('telegram:1', id);
    for (let id = 1; id <= 3; id += 1) seen.remember('telegram:2', id);
    expect(seen.prune()).toBe(510);
    const kept = database.orm.select().from(updates).all();
    expect(kept).toHaveLength(1003);
    expect(kept.some(({ updateId }) => updateId === 2001)).toBe(true);
    expect(seen.remember('telegram:1', 1500)).toBe(false);
  });
});

describe('taking in', () => {
  test('what an update means and that it was seen are one commit: a fault keeps neither', () => {
    let faulty = true;
    const { database, accept } = inbox({
      handlers: {
        command: () => {
          if (faulty) throw new Error('disk full');
          return null;
        },
      },
    });
    const update = { ...inboundMessage(1, '/x'), command: { name: 'x', args: '' } };
    expect(() => accept('telegram:1', update)).toThrow('disk full');
    expect(database.orm.select().from(updates).all()).toEqual([]);
    faulty = false;
    expect(accept('telegram:1', update).kind).toBe('accepted');
  });

  test('a full queue is told with its length, and the message is not taken', () => {
    const { accept, told, queue } = inbox({ maxQueueSize: 2 });
    expect(accept('telegram:1', inboundMessage(1, 'a')).kind).toBe('accepted');
    expect(accept('telegram:1', inboundMessage(2, 'b')).kind).toBe('accepted');
    expect(accept('telegram:1', inboundMessage(3, 'c')).kind).toBe('full');
    expect(told).toEqual([2]);
    // One that runs does not wait, so there is room again.
    queue.claim('boot');
    expect(accept('telegram:1', inboundMessage(4, 'd')).kind).toBe('accepted');
    // Another conversation has a queue of its own.
    expect(accept('telegram:1', inboundMessage(5, 'e', '43')).kind).toBe('accepted');
  });

  test('someone not allowed leaves nothing but the memory of the update', () => {
    const { database, accept } = inbox({ handlers: { roleOf: () => null } });
    expect(accept('telegram:1', inboundMessage(1, 'a'))).toEqual({
      kind: 'ignored',
      reason: 'not allowed',
      isNotable: false,
    });
    expect(database.orm.select().from(messages).all()).toEqual([]);
  });

  test('a turn keeps the model that was chosen when its message came', () => {
    const { accept, conversations, queue } = inbox();
    accept('telegram:1', inboundMessage(1, 'a'));
    conversations.chooseModel('telegram:1:42', 'opus');
    accept('telegram:1', inboundMessage(2, 'b', '42'));
    expect(queue.claim('boot')?.requestedModel).toBe('haiku');
  });
});

describe('claiming', () => {
  test('order within a conversation is the order of arrival, and one runs at a time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()), { maxLength: 40 }),
        (steps) => {
          const { database, accept, queue, clock } = inbox({ maxQueueSize: 1000 });
          const arrived = new Map<string, number[]>();
          const ran = new Map<string, number[]>();
          const running: { turnId: number; conversationId: string }[] = [];
          const end = () => {
            const turn = running.shift();
            if (turn !== undefined) {
              database.orm.$client
                .prepare("UPDATE turns SET status = 'done', ended_at_ms = ? WHERE id = ?")
                .run(clock.now(), turn.turnId);
            }
          };
          const claim = () => {
            const turn = queue.claim('boot');
            if (turn === null) return false;
            expect(running.some((other) => other.conversationId === turn.conversationId)).toBe(
              false,
            );
            running.push(turn);
            ran.set(turn.conversationId, [...(ran.get(turn.conversationId) ?? []), turn.turnId]);
            return true;
          };
          steps.forEach(([chat, claims], index) => {
            clock.advance(1);
            const outcome = accept('telegram:1', inboundMessage(index + 1, 'x', String(chat)));
            if (outcome.kind === 'accepted' && 'turnId' in outcome) {
              const key = `telegram:1:${chat}`;
              arrived.set(key, [...(arrived.get(key) ?? []), outcome.turnId]);
            }
            if (claims) claim();
            else end();
          });
          while (claim() || running.length > 0) end();
          expect(ran).toEqual(arrived);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('no conversation can starve another: whoever was served last waits behind the others', () => {
    const { database, accept, queue, clock } = inbox({ maxQueueSize: 100 });
    let updateId = 0;
    const arrive = (chat: string) =>
      accept('telegram:1', inboundMessage((updateId += 1), 'x', chat));
    for (let n = 0; n < 20; n += 1) arrive('busy');
    clock.advance(1000);
    arrive('quiet');
    const served: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      clock.advance(1000);
      const turn = queue.claim('boot');
      if (turn === null) break;
      served.push(turn.conversationId);
      database.orm.$client
        .prepare("UPDATE turns SET status = 'done' WHERE id = ?")
        .run(turn.turnId);
      database.orm.$client
        .prepare('UPDATE conversations SET served_at_ms = ? WHERE id = ?')
        .run(clock.now(), turn.conversationId);
    }
    expect(served).toEqual([
      'telegram:1:busy',
      'telegram:1:quiet',
      'telegram:1:busy',
      'telegram:1:busy',
    ]);
  });

  test('each attempt has a marker of its own', () => {
    const { database, accept, queue } = inbox();
    accept('telegram:1', inboundMessage(1, 'a'));
    const first = queue.claim('boot-1');
    database.orm.update(turns).set({ status: 'interrupted' }).run();
    expect(queue.requeue(first?.turnId ?? 0)).toEqual({ kind: 'queued' });
    expect(queue.requeue(first?.turnId ?? 0)).toEqual({ kind: 'gone' });
    const second = queue.claim('boot-2');
    expect([first?.marker, second?.marker]).toEqual(['boot-1.1.1', 'boot-2.1.2']);
    expect(second?.attempt).toBe(2);
  });

  test('no query of the queue reads through all the turns of the past', () => {
    const database = testDatabase();
    const prepare = vi.spyOn(database.orm.$client, 'prepare');
    const clock = testClock();
    const queue = createQueue(database, clock, createMessageStore(database, clock), {
      maxQueueSize: 5,
      joinQueued: true,
    });
    queue.claim('boot');
    queue.entries('telegram:1:42');
    queue.stopRequests();
    queue.depth();
    queue.nextDueAtMs();
    const selects = prepare.mock.calls
      .map(([sql]) => sql)
      .filter((sql) => sql.startsWith('select'));
    prepare.mockRestore();
    expect(selects.length).toBeGreaterThanOrEqual(5);
    for (const sql of selects) {
      const parameters = Array.from({ length: sql.split('?').length - 1 }, () => 1);
      const plan = database.orm.$client.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters);
      expect(JSON.stringify(plan), sql).not.toMatch(/turns USING INDEX turns_ended|SCAN turns"/u);
    }
  });
});
