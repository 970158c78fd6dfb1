import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messages } from '../../drizzle/schema.ts';
import { createSearch } from '../../src/turns/search.ts';
import { cpuTimeMs } from '../support/cpu-time.ts';
import { turnWorld } from '../support/turns.ts';

const CONVERSATION = 'telegram:1:42';

function talk() {
  const world = turnWorld();
  const { arrive, queue, database, clock } = world;
  const search = createSearch(database);
  /** Takes a message in and has it answered. */
  const said = (text: string, chat?: string) => {
    arrive(text, chat);
    const turn = queue.claim('boot');
    database.orm.$client.prepare("update turns set status = 'done' where id = ?").run(turn?.turnId);
    return turn?.messageId ?? 0;
  };
  const keep = (role: 'claude' | 'command', text: string) =>
    database.orm
      .insert(messages)
      .values({ conversationId: CONVERSATION, role, text, createdAtMs: clock.now() })
      .run();
  const find = (query: string, options: { limit?: number; messageId?: number } = {}) => {
    const where = { conversationId: CONVERSATION, messageId: options.messageId ?? 0 };
    const outcome = search.find(where, query, options.limit ?? 10);
    return outcome.kind === 'found' ? outcome.hits.map(({ excerpt }) => excerpt) : outcome.kind;
  };
  return { ...world, search, said, keep, find };
}

test('all the words must be there, in any order, the last one as the beginning of a word', () => {
  const { said, find } = talk();
  said('The invoice for the kitchen is 120 euros');
  said('The kitchen needs paint');
  expect(find('kitchen invoice')).toEqual(['The **invoice** for the **kitchen** is 120 euros']);
  expect(find('kitchen inv')).toHaveLength(1);
  expect(find('kitch invoice')).toEqual([]);
  expect(find('kitchen')).toHaveLength(2);
});

test('case and accents do not matter, and a changed message is found by what it says now', () => {
  const { said, find, database } = talk();
  said('Das Café in ZÜRICH');
  expect(find('cafe zurich')).toEqual(['Das **Café** in **ZÜRICH**']);
  database.orm.update(messages).set({ text: 'Das Café in Wien' }).run();
  expect(find('zurich')).toEqual([]);
  expect(find('wien')).toHaveLength(1);
});

test('the newest come first, as many as wanted', () => {
  const { said, keep, find } = talk();
  said('one thing');
  keep('claude', 'another thing');
  said('a third thing');
  expect(find('thing', { limit: 2 })).toEqual(['a third **thing**', 'another **thing**']);
});

test('it sees neither other conversations nor commands, what waits or was taken back, nor the message itself', () => {
  const { said, keep, find, arrive, queue } = talk();
  said('thing elsewhere', '43');
  const asked = said('the thing that I mean');
  keep('command', '/thing');
  const cancelled = arrive('thing taken back');
  queue.cancel(cancelled);
  arrive('thing to come');
  expect(find('thing', { messageId: asked })).toEqual([]);
  expect(find('thing')).toEqual(['the **thing** that I mean']);
});

test('a second try that waits or was taken back does not hide what was answered', () => {
  const { said, find, queue, database } = talk();
  said('the thing that I mean');
  const first = database.orm.query.turns.findFirst().sync();
  expect(queue.again(first?.id ?? 0, 'sonnet').kind).toBe('queued');
  expect(find('thing')).toHaveLength(1);
  expect(queue.cancelAll(CONVERSATION)).toBe(1);
  expect(find('thing')).toHaveLength(1);
});

test('the newest of thousands are found without looking at all the others', () => {
  const { said, find, database } = talk();
  said('thing');
  const count = 4000;
  const insert = database.orm.$client.prepare(
    'insert into messages (conversation_id, role, text, created_at_ms) values (?, ?, ?, 1)',
  );
  database.transaction(() => {
    for (let i = 0; i < count; i += 1) {
      insert.run(CONVERSATION, 'claude', `thing ${i} ${'and more of it '.repeat(20)}`);
    }
  });
  const fastestMs = (limit: number) =>
    Math.min(
      ...Array.from({ length: 3 }, () => {
        const beganAt = cpuTimeMs();
        expect(find('thing', { limit })).toHaveLength(limit);
        return cpuTimeMs() - beganAt;
      }),
    );
  expect(fastestMs(1)).toBeLessThan(fastestMs(count) / 4);
});

test('a long message is shown around the match, on one line', () => {
  const { said, find } = talk();
  said(`${'before '.repeat(200)}\nneedle\n${'after '.repeat(200)}`);
  said(`haystack ${'x'.repeat(4000)}`);
  const [excerpt = ''] = find('needle');
  expect(excerpt).toMatch(/^…before .*before \*\*needle\*\* after .*after…$/u);
  expect(excerpt.length).toBeLessThan(300);
  expect(find('haystack')[0]?.length).toBeLessThanOrEqual(600);
});

test('no query breaks the search, whatever characters it holds', () => {
  const { said, find } = talk();
  said('a AND b OR "quoted" NEAR (c) text:* ^d - + {e}');
  for (const query of ['"', '""', '*', 'NEAR(', 'text:', '-a', '^', '\0', 'AND', 'a" OR "z']) {
    expect(() => find(query), query).not.toThrow();
  }
  expect(find('AND')).toHaveLength(1);
  expect(find('z OR a')).toEqual([]);
  expect(find('"quoted"')).toHaveLength(1);
  expect(find(' * "" () 😀 ')).toBe('no-words');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (query) => {
      expect(() => find(query)).not.toThrow();
    }),
  );
});
