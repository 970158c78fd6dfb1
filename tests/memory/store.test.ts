import { describe, expect, it } from 'vitest';
import { RECENT_ACCESS_COUNT } from '../../src/memory/activation.ts';
import { MEMORY_DETAIL_LENGTH, MEMORY_TEXT_LENGTH } from '../../src/core/memory.ts';
import { memoryWorld, SCOPE, unit } from '../support/memory.ts';

const DAY_MS = 24 * 3_600_000;
const OTHER_SCOPE = 'telegram:1:43';
const MODEL = 'test/model';
const MADE_UP = 'made-up-2';

describe('remembering', () => {
  it('keeps a fact with the usual confidence, an episode with the usual importance', () => {
    const { store, clock } = memoryWorld();
    const fact = store.remember(SCOPE, {
      kind: 'semantic',
      text: 'Ben likes tea.',
      source: 'told',
    });
    expect(fact).toEqual({
      kind: 'remembered',
      memory: {
        id: 1,
        scope: SCOPE,
        kind: 'semantic',
        text: 'Ben likes tea.',
        context: null,
        outcome: null,
        trigger: null,
        importance: null,
        confidence: 0.8,
        source: 'told',
        status: 'live',
        replacedById: null,
        createdAtMs: clock.now(),
        endedAtMs: null,
        accessCount: 1,
        recentAccessesMs: [clock.now()],
        lookedAtMs: null,
      },
    });
    const episode = store.remember(SCOPE, {
      kind: 'episodic',
      text: 'The move to the new machine failed.',
      context: 'the move',
      outcome: 'it was put off',
      source: 'learned',
    });
    expect(episode).toMatchObject({
      memory: { context: 'the move', outcome: 'it was put off', importance: 0.5, confidence: null },
    });
    expect(store.find(1)).toEqual(fact.kind === 'remembered' && fact.memory);
    expect(store.find(3)).toBeNull();
  });

  it('puts the words on one line, without control characters and broken halves of characters', () => {
    const { remember } = memoryWorld();
    const { text, context } = remember('  Ben\u0000\u0007 likes\r\n\ttea. \ud83c ', {
      context: ' \n ',
    });
    expect(text).toBe('Ben likes tea. \ufffd');
    expect(context).toBeNull();
  });

  it.each([
    ['nothing', '', 'There are no words in it to remember.'],
    ['blanks and control characters', ' \u0000\n\t ', 'There are no words in it to remember.'],
    ['no words', '... 🙂', 'There are no words in it to remember.'],
    [
      '100 KB',
      'tea '.repeat(25_600),
      /^It is too long to remember: it has 102399 characters, and 1000 are the most\./u,
    ],
    ['a password', `The password is ${MADE_UP}.`, /^It looks as if it holds a secret/u],
  ])('refuses %s', (_, text, reason) => {
    const { store } = memoryWorld();
    const outcome = store.remember(SCOPE, { kind: 'semantic', text, source: 'told' });
    expect(outcome).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
    expect(store.list({ limit: 1 })).toEqual([]);
  });

  it.each([
    [
      'details that are too long',
      { trigger: 'x'.repeat(MEMORY_DETAIL_LENGTH + 1) },
      /^Its trigger is too long/u,
    ],
    [
      'a secret in the details',
      { context: `password: ${MADE_UP}` },
      /^It looks as if it holds a secret/u,
    ],
    ['a confidence over 1', { confidence: 1.01 }, 'Its confidence is not a number from 0 to 1.'],
    [
      'a confidence that is no number',
      { confidence: NaN },
      'Its confidence is not a number from 0 to 1.',
    ],
    [
      'a secret whose name stands in another part',
      { context: 'the password', outcome: 'hunter|2x'.replace('|', '') },
      /^It looks as if it holds a secret/u,
    ],
    ['a time that is none', { createdAtMs: NaN }, 'Its date cannot be right.'],
    ['a time out of range', { createdAtMs: 9e15 }, 'Its date cannot be right.'],
    ['an importance under 0', { importance: -0.1 }, 'Its importance is not a number from 0 to 1.'],
  ])('refuses %s', (_, more, reason) => {
    const { store } = memoryWorld();
    const memory = { kind: 'semantic', text: 'Ben likes tea.', source: 'told', ...more } as const;
    expect(store.remember(SCOPE, memory)).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(reason),
    });
  });

  it('takes as much as is allowed', () => {
    const { remember } = memoryWorld();
    const text = 'x'.repeat(MEMORY_TEXT_LENGTH);
    const context = 'y'.repeat(MEMORY_DETAIL_LENGTH);
    expect(remember(text, { context, confidence: 1 })).toMatchObject({
      text,
      context,
      confidence: 1,
    });
  });

  it('knows the same words again, and counts that as an access with its sources', () => {
    const { store, remember, say, clock } = memoryWorld();
    const [first, second] = [say('I like tea.'), say('I LIKE tea!')];
    const { id } = remember('Ben likes tea.', { messageIds: [first] });
    clock.advance(1000);
    const again = store.remember(SCOPE, {
      kind: 'semantic',
      text: ' BEN  likes\nTea.',
      source: 'noted',
      messageIds: [second],
    });
    expect(again).toMatchObject({
      kind: 'known',
      memory: { id, text: 'Ben likes tea.', source: 'told', accessCount: 2 },
    });
    expect(store.sources(id).map(({ messageId }) => messageId)).toEqual([first, second]);
  });

  it('does not take other words, another kind, another scope or history for the same', () => {
    const { store, remember } = memoryWorld();
    const known = remember('Ben likes tea.');
    const others = [
      remember('Ben likes ten.'),
      remember('Ben likes tea.', { kind: 'episodic' }),
      remember('Ben likes tea.', {}, OTHER_SCOPE),
    ];
    store.supersede(known.id, others[0]?.id ?? 0);
    const anew = remember('Ben likes tea.');
    expect(new Set([known, ...others, anew].map(({ id }) => id)).size).toBe(5);
  });

  it('names as sources only messages that are there and were said where it may be recalled', () => {
    const { store, remember, say } = memoryWorld();
    const [here, elsewhere] = [say('here'), say('elsewhere', 'person', '43')];
    const { id } = remember('Ben likes tea.', { messageIds: [here, here, elsewhere, 999] });
    expect(store.sources(id)).toEqual([
      {
        messageId: here,
        role: 'person',
        author: 'Owner',
        text: 'here',
        createdAtMs: expect.any(Number),
      },
    ]);
  });

  it('is undone with the transaction of the caller', () => {
    const { database, store, remember } = memoryWorld();
    expect(() =>
      database.transaction(() => {
        remember('Ben likes tea.');
        throw new Error('something else failed');
      }),
    ).toThrow('something else failed');
    expect(store.list({ limit: 1 })).toEqual([]);
  });
});

describe('using a memory', () => {
  it('counts, keeps the last times, and writes down what time has taken from the confidence', () => {
    const { store, remember, clock } = memoryWorld();
    const { id } = remember('Ben likes tea.');
    clock.advance(120 * DAY_MS);
    store.accessed([id, 999]);
    expect(store.find(id)).toMatchObject({
      confidence: 0.4,
      accessCount: 2,
      recentAccessesMs: [clock.now(), clock.now() - 120 * DAY_MS],
    });
    for (let index = 0; index < 30; index += 1) store.accessed([id]);
    expect(store.find(id)).toMatchObject({ confidence: 0.4, accessCount: 32 });
    expect(store.find(id)?.recentAccessesMs).toHaveLength(RECENT_ACCESS_COUNT);
  });

  it('makes a fact surer and an episode more important when it is heard again, never quite sure', () => {
    const { store, remember, say } = memoryWorld();
    const fact = remember('Ben likes tea.');
    const episode = remember('Ben spilt his tea.', { kind: 'episodic' });
    const messageId = say('I do like tea.');
    store.strengthen(fact.id, [messageId]);
    store.strengthen(episode.id, []);
    expect(store.find(fact.id)?.confidence).toBeCloseTo(0.85, 12);
    expect(store.find(fact.id)?.accessCount).toBe(2);
    expect(store.sources(fact.id)).toMatchObject([{ messageId }]);
    expect(store.find(episode.id)?.importance).toBeCloseTo(0.55, 12);
    for (let index = 0; index < 30; index += 1) store.strengthen(fact.id, []);
    expect(store.find(fact.id)?.confidence).toBe(0.99);
  });

  it('does not make a fact less sure that was certain', () => {
    const { store, remember } = memoryWorld();
    const { id } = remember('Ben likes tea.', { confidence: 1 });
    store.strengthen(id, []);
    expect(store.find(id)?.confidence).toBe(1);
  });

  it('survives a clock that was set back', () => {
    const { store, remember, clock } = memoryWorld();
    const { id } = remember('Ben likes tea.');
    clock.set(clock.now() - 1000 * DAY_MS);
    store.accessed([id]);
    expect(store.find(id)).toMatchObject({
      confidence: 0.8,
      recentAccessesMs: [clock.now(), clock.now()],
    });
  });
});

describe('history', () => {
  it('keeps what was superseded, without its vector, and lists it only when asked', () => {
    const { store, remember, vectors, clock } = memoryWorld();
    vectors?.use(MODEL, 2);
    const [former, later] = [remember('Ben likes tea.'), remember('Ben likes coffee.')];
    for (const { id, scope } of [former, later]) vectors?.put(id, scope, unit(1, id));
    expect(store.supersede(former.id, later.id)).toBe(true);
    expect(store.find(former.id)).toMatchObject({
      status: 'superseded',
      replacedById: later.id,
      endedAtMs: clock.now(),
    });
    expect(vectors?.nearest(SCOPE, unit(1, 1), 5).map(({ memoryId }) => memoryId)).toEqual([
      later.id,
    ]);
    expect(store.list({ limit: 5 })).toMatchObject([{ id: later.id }]);
    expect(store.list({ isWhole: true, limit: 5 })).toMatchObject([
      { id: later.id },
      { id: former.id },
    ]);
  });

  it('begins only with what is live, in favour of another live one of its scope', () => {
    const { store, remember } = memoryWorld();
    const [a, b, c] = [remember('a'), remember('b'), remember('c', {}, OTHER_SCOPE)];
    expect(store.supersede(a.id, a.id)).toBe(false);
    expect(store.supersede(a.id, c.id)).toBe(false);
    expect(store.supersede(a.id, 999)).toBe(false);
    expect(store.supersede(999, a.id)).toBe(false);
    expect(store.supersede(a.id, b.id)).toBe(true);
    expect(store.supersede(a.id, b.id)).toBe(false);
    expect(store.supersede(b.id, a.id)).toBe(false);
  });

  it('has no more accesses', () => {
    const { store, remember } = memoryWorld();
    const { id } = remember('Ben spilt his tea.', { kind: 'episodic' });
    store.distilled([id, 999]);
    store.accessed([id]);
    store.strengthen(id, []);
    expect(store.find(id)).toMatchObject({ status: 'distilled', accessCount: 1, importance: 0.5 });
  });
});

describe('looking at what is kept', () => {
  it('lists pages, newest first, by scope and kind', () => {
    const { store, remember } = memoryWorld();
    for (const text of ['a', 'b', 'c', 'd', 'e']) remember(text);
    remember('f', { kind: 'procedural' });
    remember('g', {}, OTHER_SCOPE);
    const texts = (options: Parameters<typeof store.list>[0]) =>
      store.list(options).map(({ text }) => text);
    expect(texts({ limit: 3 })).toEqual(['g', 'f', 'e']);
    expect(texts({ limit: 3, beforeId: 5 })).toEqual(['d', 'c', 'b']);
    expect(texts({ limit: 9, kind: 'procedural' })).toEqual(['f']);
    expect(texts({ limit: 2, scope: SCOPE, kind: 'semantic' })).toEqual(['e', 'd']);
  });

  it('counts by kind, status, scope and model', () => {
    const { store, remember, vectors } = memoryWorld();
    vectors?.use(MODEL, 2);
    const [a, b] = [remember('a'), remember('b')];
    const c = remember('c', { kind: 'episodic' });
    remember('d', { kind: 'procedural' }, OTHER_SCOPE);
    for (const { id, scope } of [a, b]) vectors?.put(id, scope, unit(1, id));
    store.supersede(a.id, b.id);
    store.distilled([c.id]);
    expect(store.counts()).toEqual({
      liveByKind: { episodic: 0, semantic: 1, procedural: 1 },
      supersededCount: 1,
      distilledCount: 1,
      embeddedCount: 1,
    });
    expect(store.counts(SCOPE, MODEL)).toMatchObject({
      liveByKind: { semantic: 1, procedural: 0 },
      embeddedCount: 1,
    });
    expect(store.counts(OTHER_SCOPE)).toMatchObject({ supersededCount: 0, embeddedCount: 0 });
    expect(store.counts(SCOPE, 'another/model').embeddedCount).toBe(0);
  });

  it('works on a machine without an index of vectors', () => {
    const { store, remember } = memoryWorld({ isWithoutVectors: true });
    const [a, b] = [remember('a'), remember('b')];
    expect(store.supersede(a.id, b.id)).toBe(true);
    expect(store.counts().embeddedCount).toBe(0);
    expect(store.forget([b.id])).toMatchObject([{ text: 'b' }]);
    expect(store.list({ isWhole: true, limit: 5 })).toEqual([]);
  });
});
