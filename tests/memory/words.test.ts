import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWordSearch } from '../../src/memory/words.ts';
import { memoryWorld, SCOPE } from '../support/memory.ts';

function wordsWorld() {
  const world = memoryWorld();
  const search = createWordSearch(world.database);
  return {
    ...world,
    search,
    /** The texts that are found, best first. */
    found: (query: string, scope = SCOPE): readonly string[] =>
      search(scope, query, 10).map(({ memoryId }) => world.store.find(memoryId)?.text ?? ''),
  };
}

describe('the search by words', () => {
  it('finds what has more of the words, and rarer ones, first', () => {
    const { remember, found, search } = wordsWorld();
    for (let count = 0; count < 20; count += 1)
      remember(`The server number ${count} is in the rack.`);
    remember('The printer jams.');
    remember('The server in Helsinki is called turku.');
    expect(found('is turku the server?')[0]).toBe('The server in Helsinki is called turku.');
    const [first, second] = search(SCOPE, 'is turku the server?', 10);
    expect(first?.share).toBeGreaterThan(0.9);
    expect(second?.share).toBeLessThan(0.6);
  });

  it('gives all of the share to what has all words, and little to what has one of many', () => {
    const { remember, search } = wordsWorld();
    remember('alpha beta gamma delta');
    remember('alpha');
    const [all, one] = search(SCOPE, 'alpha beta gamma delta', 10);
    expect(all?.share).toBeCloseTo(1, 6);
    expect(one?.share).toBeLessThan(0.25);
  });

  it('takes a word that nobody knows for little', () => {
    const { remember, search } = wordsWorld();
    remember('My favourite editor is Helix.');
    const [match] = search(SCOPE, 'Which editor do I like?', 10);
    expect(match?.share).toBeGreaterThan(0.25);
    expect(match?.share).toBeLessThan(0.7);
  });

  it('compares without case and accents, by stems, and in all of what a memory says', () => {
    const { remember, found } = wordsWorld();
    remember('Das Café an der Straße öffnet um sieben.');
    remember('Deploying needs two approvals.', {
      kind: 'procedural',
      trigger: 'before a release to Zürich',
    });
    remember('हिन्दी में लिखो');
    remember('한국어로 대답');
    expect(found('CAFE')).toHaveLength(1);
    expect(found('cafe\u0301')).toHaveLength(1);
    expect(found('offnet')).toHaveLength(1);
    expect(found('deployed')).toHaveLength(1);
    expect(found('zurich')).toHaveLength(1);
    expect(found('हिन्दी')).toHaveLength(1);
    expect(found('한국어로')).toHaveLength(1);
  });

  it('finds identifiers by their parts', () => {
    const { remember, found } = wordsWorld();
    remember('PROJ-4711 is about the login page.');
    remember('Set MEMORY_ENABLED=0 to turn it off.');
    remember('The handler is in src/http/webhook.ts.');
    expect(found('what was proj-4711?')).toEqual(['PROJ-4711 is about the login page.']);
    expect(found('MEMORY_ENABLED')[0]).toBe('Set MEMORY_ENABLED=0 to turn it off.');
    expect(found('src/http/webhook.ts')[0]).toBe('The handler is in src/http/webhook.ts.');
  });

  it('takes nothing in a query for an operator', () => {
    const { remember, found } = wordsWorld();
    remember('cats and dogs');
    const queries = [
      '"cats',
      'cats" OR "',
      'cats*',
      'text:cats',
      '{text context}: cats',
      'cats NOT cats',
      'NEAR(cats, 1)',
      '^cats',
      '-cats',
      "cats'; DROP TABLE memories; --",
      'cats\0dogs',
      '\uD800cats\uDC00',
      'cats AND',
      '(cats',
      'cats ""',
      "'cats'",
    ];
    for (const query of queries) expect(found(query), query).toEqual(['cats and dogs']);
  });

  it('finds nothing for what has no words', () => {
    const { remember, search } = wordsWorld();
    remember('cats and dogs');
    for (const query of ['', ' \n', '?!', '"', '""', '*', '\0', '\uD800', '🎉']) {
      expect(search(SCOPE, query, 10), query).toEqual([]);
    }
  });

  it('answers whatever is asked', () => {
    const { remember, search } = wordsWorld();
    remember('cats and dogs');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (query) => {
        for (const { share } of search(SCOPE, query, 10)) {
          expect(share).toBeGreaterThan(0);
          expect(share).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('looks at the beginning of a text of 100 KB only', () => {
    const { remember, found } = wordsWorld();
    remember('cats and dogs');
    expect(found(`cats ${'x '.repeat(50_000)}`)).toEqual(['cats and dogs']);
    expect(found(`cats ${'"'.repeat(100_000)}`)).toEqual(['cats and dogs']);
    expect(found(`${'x '.repeat(50_000)} cats`)).toEqual([]);
  });

  it('keeps scopes apart', () => {
    const { remember, found } = wordsWorld();
    remember('cats and dogs');
    remember('cats and mice', {}, 'telegram:1:-7');
    expect(found('cats')).toEqual(['cats and dogs']);
    expect(found('cats', 'telegram:1:-7')).toEqual(['cats and mice']);
    expect(found('cats', 'telegram:1:-8')).toEqual([]);
  });

  it('finds nothing of the only scope that has anything from another one', () => {
    const { remember, found } = wordsWorld();
    remember('cats and dogs');
    expect(found('cats', 'telegram:1:-8')).toEqual([]);
    expect(found('cats')).toEqual(['cats and dogs']);
  });

  it('finds what a scope has, however much newer there is of the same words in others', () => {
    const { database, remember, found, search } = wordsWorld();
    remember('deploy the shop by hand', {}, 'telegram:1:7');
    const insert = database.orm.$client.prepare(
      `INSERT INTO memories (scope, kind, text, source, created_at_ms, access_count, recent_accesses_ms)
       VALUES (?, 'semantic', ?, 'told', 0, 1, '[0]')`,
    );
    for (let at = 0; at < 600; at += 1) insert.run(SCOPE, `deploy number ${at}`);
    insert.run(SCOPE, 'deploy with a unicorn');
    expect(found('deploy', 'telegram:1:7')).toEqual(['deploy the shop by hand']);
    // That another scope has a word that is rare there makes no difference here.
    expect(found('deploy unicorn', 'telegram:1:7')).toEqual(['deploy the shop by hand']);
    // Nor does one whose name ends alike, nor the words that a scope is called by.
    expect(search('telegram:1:-7', 'deploy', 10)).toEqual([]);
    expect(search('telegram:1:7', 'telegram 1 7', 10)).toEqual([]);
    expect(search('telegram:1:7', `s${Buffer.from('telegram:1:7').toString('hex')}`, 10)).toEqual(
      [],
    );
  });

  it('finds nothing of what is forgotten or history', () => {
    const { remember, found, store } = wordsWorld();
    const cats = remember('cats and dogs');
    const mice = remember('cats and mice');
    const birds = remember('birds');
    store.forget([cats.id]);
    store.supersede(mice.id, birds.id);
    expect(found('cats')).toEqual([]);
  });

  it('gives the newest where every word is in every memory, and counts them for little', () => {
    const { database, found, search } = wordsWorld();
    const insert = database.orm.$client.prepare(
      `INSERT INTO memories (scope, kind, text, source, created_at_ms, access_count, recent_accesses_ms)
       VALUES (?, 'semantic', ?, 'told', 0, 1, '[0]')`,
    );
    database.transaction(() => {
      for (let count = 0; count < 2000; count += 1) insert.run(SCOPE, `the server ${count}`);
      insert.run('telegram:1:-7', 'the server of others');
    });
    expect(found('the server').slice(0, 2)).toEqual(['the server 1999', 'the server 1998']);
    expect(search(SCOPE, 'the server', 3)[0]?.share).toBeLessThan(0.5);
    // Known as common by now.
    expect(found('the server 77')).toEqual(['the server 77']);
    expect(found('the server', 'telegram:1:-7')).toEqual(['the server of others']);
  });
});
