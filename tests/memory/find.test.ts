import { expect, test } from 'vitest';
import { createTextFinder, memoriesMeant, siblingCount } from '../../src/memory/find.ts';
import { createRecall } from '../../src/memory/recall.ts';
import { silentLog } from '../../src/platform/log.ts';
import { conversation } from '../support/inbound.ts';
import { memoryWorld, SCOPE } from '../support/memory.ts';

function findWorld() {
  const world = memoryWorld({ isWithoutVectors: true });
  const { database, clock, store } = world;
  const recall = createRecall({
    database,
    clock,
    log: silentLog(),
    store,
    vectors: null,
    embedder: null,
  });
  const findText = createTextFinder(database);
  const meant = (text: string, isWhole = true) =>
    memoriesMeant({ store, recall }, findText, text, { scope: SCOPE, isWhole }).map(({ id }) => id);
  return { ...world, findText, meant };
}

test.each([
  ['绿茶', '他每天早上喝绿茶，不喝咖啡'],
  ['犬の名前', 'うちの犬の名前はポチです'],
  ['Boot', 'Der Bootsname ist Nordlicht'],
  ['möwe', 'Die MÖWEN kommen abends'],
  ['mowe', 'Die Möwen kommen abends'],
  ['Möwen', 'Die Möwe heißt Emma'],
  ['Straße', 'Die Hafenstraße 5'],
  ['кош', 'У Анны есть кошка'],
  ['🦓', 'The 🦓 has stripes'],
  ['deployments', 'Staging deploys on Tuesdays; a deployment takes an hour'],
])('“%s” finds “%s”', (words, text) => {
  const { remember, meant } = findWorld();
  const { id } = remember(text);
  remember('Something else altogether');
  expect(meant(words)).toEqual([id]);
});

test('the words may stand in any part of it, and all of them have to', () => {
  const { remember, findText } = findWorld();
  const { id } = remember('It went wrong', {
    kind: 'episodic',
    context: 'the Hafenamt',
    outcome: 'rolled back',
    trigger: 'a deploy',
  });
  const where = { scope: SCOPE, isWhole: false };
  expect(findText('HAFEN, rolled: deploy (wrong)', where)).toEqual([id]);
  expect(findText('hafen zebra', where)).toEqual([]);
});

test('history is found where it is asked for, after what is live, and another chat’s never', () => {
  const { remember, store, findText } = findWorld();
  const old = remember('The old address is Baker Street');
  const live = remember('The address is Abbey Road, the old one is let');
  store.supersede(old.id, live.id);
  const episode = remember('Wrote the old address down', { kind: 'episodic' });
  store.distilled([episode.id]);
  const other = remember('The old address of 43', {}, conversation('43').destination);
  const found = (isWhole: boolean, scope?: string) =>
    findText('old address', { isWhole, ...(scope === undefined ? {} : { scope }) });
  expect(found(true, SCOPE)).toEqual([live.id, episode.id, old.id]);
  expect(found(false, SCOPE)).toEqual([live.id]);
  expect(found(false)).toEqual([other.id, live.id]);
});

test('what holds all of the words comes before what holds one, and each is found once', () => {
  const { remember, meant } = findWorld();
  const one = remember('An old bicycle');
  const both = remember('The old address');
  const newer = remember('Another old boat');
  expect(meant('old address')[0]).toBe(both.id);
  expect(meant('old address').toSorted((a, b) => a - b)).toEqual([one.id, both.id, newer.id]);
});

test('other endings are tried only where nothing is found otherwise', () => {
  const { remember, meant } = findWorld();
  const singular = remember('Die Möwe heißt Emma');
  expect(meant('Möwen')).toEqual([singular.id]);
  const plural = remember('Die Möwen kommen abends');
  expect(meant('Möwen')).toEqual([plural.id]);
});

test('without words nothing is found, nor with more than any may say; no sign means anything', () => {
  const { remember, findText } = findWorld();
  const where = { scope: SCOPE, isWhole: true };
  const { id } = remember('deploy 100% of it_all');
  for (const text of ['', '  ', '?!', '"', '%', '_', '(*)', '%_%', 'x'.repeat(100_000)]) {
    expect(findText(text, where), text.slice(0, 20)).toEqual([]);
  }
  expect(findText('deploy '.repeat(600), where)).toEqual([]);
  expect(findText("deploy' OR 1=1; --", where)).toEqual([]);
  expect(findText('deploy "100%"', where)).toEqual([id]);
});

test('the live ones from the same messages are counted, of that chat alone', () => {
  const { remember, store, say, database } = findWorld();
  const messageIds = [say('I moved from Berlin to Hamburg'), say('and the cat too')];
  const fact = remember('Lives in Hamburg', { messageIds });
  remember('Moved from Berlin', { kind: 'episodic', messageIds });
  remember('Has a cat', { messageIds: messageIds.slice(1) });
  remember('Lives in Bremen');
  const old = remember('Lives in Berlin', { messageIds });
  store.supersede(old.id, fact.id);
  expect(siblingCount(database, [fact.id], SCOPE)).toBe(2);
  expect(siblingCount(database, [fact.id, fact.id + 1], SCOPE)).toBe(1);
  expect(siblingCount(database, [fact.id + 3], SCOPE)).toBe(0);
  expect(siblingCount(database, [], SCOPE)).toBe(0);
  expect(siblingCount(database, [fact.id], conversation('43').destination)).toBe(0);
});
