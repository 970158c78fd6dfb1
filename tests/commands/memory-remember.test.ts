import { expect, test } from 'vitest';
import { SCOPE } from '../support/memory.ts';
import { memoryChats } from './memory-world.ts';

test('/remember keeps a fact at once, with the message that it came from', () => {
  const { type, store, database } = memoryChats();
  expect(type('/remember  Deploys go out\non Tuesdays ').shown).toBe(
    '🧠 I will remember that in this chat. /forget takes it back, or what is no longer so.',
  );
  const [memory] = store.list({ limit: 5 });
  expect(memory).toMatchObject({
    scope: SCOPE,
    kind: 'semantic',
    source: 'told',
    text: 'Deploys go out on Tuesdays',
    confidence: 0.95,
  });
  const [message] = database.orm.query.messages.findMany().sync();
  expect(message).toMatchObject({ role: 'command', author: 'Owner_1' });
  expect(store.sources(memory?.id ?? 0)).toEqual([
    {
      messageId: message?.id,
      role: 'command',
      author: 'Owner_1',
      text: message?.text,
      createdAtMs: message?.createdAtMs,
    },
  ]);
  expect(type('/remember deploys go out on TUESDAYS').shown).toBe('🧠 I know that already.');
  expect(store.counts().liveByKind.semantic).toBe(1);
});

test('/remember as a reply keeps what it replies to, and what is typed before that', () => {
  const { type, store } = memoryChats();
  const quote = { author: 'Ann', text: 'The key is under the mat' };
  type('/remember', { quote });
  type('/remember Ann has a cat', { quote });
  type('/remember', { quote: { author: null, text: '(a photo)', wordlessMessageId: '3' } });
  expect(store.list({ limit: 5 }).map(({ text }) => text)).toEqual([
    'Ann has a cat',
    'The key is under the mat',
  ]);
});

test('/remember alone says how it is used', () => {
  const { type, store } = memoryChats();
  expect(type('/remember   ').shown).toMatch(/^Send \/remember with what I should keep in mind/u);
  expect(store.list({ limit: 5 })).toEqual([]);
});

test('what cannot be kept is refused in a friendly sentence that does not repeat it', () => {
  const { type, store } = memoryChats();
  for (const [text, why] of [
    ['?!…', /There are no words in it/u],
    ['long '.repeat(20_000), /too long to remember/u],
    ['x'.repeat(100_000), /too long to remember/u],
    [`the token is ghp_${'a1B2'.repeat(9)}`, /looks as if it holds a secret/u],
  ] as const) {
    const { shown, partCount } = type(`/remember ${text}`);
    expect(partCount).toBe(1);
    expect(shown).toMatch(/^I did not keep that\. \S/u);
    expect(shown).toMatch(why);
    expect(shown.length).toBeLessThan(250);
    expect(shown).not.toContain('ghp_');
  }
  expect(store.list({ limit: 5 })).toEqual([]);
});

test('what is told outright is kept where the memory is off, and it is said that it is', () => {
  const { type, store } = memoryChats();
  type('/memory off');
  expect(type('/remember Deploys go out on Tuesdays').shown).toBe(
    '🧠 I will remember that in this chat. /forget takes it back, or what is no longer so. My memory is off here, so I make no use of it before /memory on.',
  );
  expect(store.list({ limit: 5 })).toHaveLength(1);
});
