import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { memoryCalls } from '../../../drizzle/schema.ts';
import { mendAll } from '../../../src/ops/doctor/diagnosis.ts';
import { memoryDiagnoses } from '../../../src/ops/doctor/memory.ts';
import { viewOf, type Site } from '../../../src/ops/status/site.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { testClock } from '../../support/clock.ts';
import { memoryWorld, SCOPE, unit } from '../../support/memory.ts';
import { TINY_MODEL, writeTinyModel } from '../../support/tiny-model.ts';
import { siteRig, type SiteRig } from '../status/rig.ts';

async function diagnoses(rig: SiteRig, changes: Partial<Site> = {}) {
  return await memoryDiagnoses(await viewOf(rig.site(changes)));
}

/** Everything that has a cure is given it. */
async function mend(rig: SiteRig) {
  return await mendAll([{ title: 'Memory', diagnoses: await diagnoses(rig) }]);
}

/** An installation with a model, and two memories of which one has its vector. */
async function rigged() {
  const rig = await siteRig();
  rig.environment['MEMORY_EMBEDDING_MODEL'] = TINY_MODEL;
  const folder = writeTinyModel(join(rig.home, 'models'), { words: {} });
  const database = openDatabase(join(rig.home, 'claudio.db'));
  onTestFinished(() => database.close());
  const world = memoryWorld({ database });
  const { id, scope } = world.remember('Deploys go out on Tuesdays');
  world.remember('The cat is called Minka');
  world.vectors?.use(TINY_MODEL, 8);
  world.vectors?.put(id, scope, unit(1, 0, 0, 0, 0, 0, 0, 0));
  return { rig, folder, database, world };
}

test('what is in order says what it is', async () => {
  const { rig } = await rigged();
  expect(await diagnoses(rig)).toEqual([
    {
      name: 'model',
      state: 'ok',
      text: expect.stringMatching(/^made-up\/tiny-1, 0\.0 MB, whole$/u),
    },
    { name: 'words', state: 'ok', text: 'all are found by their words' },
    { name: 'vectors', state: 'ok', text: '1 (8 dimensions each), 1 waiting' },
    { name: 'budget', state: 'ok', text: '$0.00 of $0.50 used today' },
  ]);
});

test('a full text search that does not fit what is remembered is found and mended', async () => {
  const { rig, database } = await rigged();
  database.orm.$client.exec("INSERT INTO memories_search (memories_search) VALUES ('delete-all')");
  expect(await diagnoses(rig)).toContainEqual(
    expect.objectContaining({
      name: 'words',
      state: 'failed',
      text: 'the full text search does not fit what is remembered',
      remedy: '`claudio memory rebuild` makes it anew.',
    }),
  );
  expect(await mend(rig)).toEqual([
    { name: 'words', isDone: true, text: 'Made the full text search anew.' },
  ]);
  expect(await diagnoses(rig)).toContainEqual(
    expect.objectContaining({ name: 'words', state: 'ok' }),
  );
});

/** The diagnosis of an index of vectors that is not as it should be. */
function wrong(text: string) {
  return expect.objectContaining({ name: 'vectors', state: 'failed', text });
}

test('an index of vectors that is wrong, or gone, is found and mended', async () => {
  const { rig, database, world } = await rigged();
  database.orm.$client.exec('DELETE FROM memory_index');
  expect(await diagnoses(rig)).toContainEqual(
    wrong('the index of vectors is wrong about 1 of them'),
  );
  expect(await mend(rig)).toEqual([
    { name: 'vectors', isDone: true, text: 'Made the index of vectors anew.' },
  ]);
  expect(world.vectors?.nearest(SCOPE, unit(1, 0, 0, 0, 0, 0, 0, 0), 3)).toHaveLength(1);
  database.orm.$client.exec('DROP TABLE memory_index');
  expect(await diagnoses(rig)).toContainEqual(wrong('the index of vectors cannot be read'));
  expect((await mend(rig)).map(({ isDone }) => isDone)).toEqual([true]);
  expect(world.vectors?.nearest(SCOPE, unit(1, 0, 0, 0, 0, 0, 0, 0), 3)).toHaveLength(1);
  expect(await diagnoses(rig)).toContainEqual(
    expect.objectContaining({ name: 'vectors', state: 'ok' }),
  );
});

test('one byte of the model that has changed is found by its hash; without a model it is said what that means', async () => {
  const { rig, folder } = await rigged();
  const path = join(folder, 'onnx/model.onnx');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(path, bytes);
  expect((await diagnoses(rig))[0]).toEqual({
    name: 'model',
    state: 'failed',
    text: expect.stringMatching(/^onnx\/model\.onnx of made-up\/tiny-1 is damaged/u),
    remedy: '`claudio memory setup` fetches it.',
  });
  rig.environment['MEMORY_EMBEDDING_MODEL'] = 'made-up/another';
  expect((await diagnoses(rig))[0]).toEqual({
    name: 'model',
    state: 'off',
    text: 'made-up/another is not here: memories are found by words alone',
    remedy: '`claudio memory setup` fetches it.',
  });
});

test('a budget that is used up is a warning, and one of nothing is told', async () => {
  const { rig, database } = await rigged();
  const clock = testClock();
  const call = { purpose: 'consolidate' as const, scope: SCOPE, startedAtMs: clock.now() };
  database.orm
    .insert(memoryCalls)
    .values({ ...call, costUsd: 0.75 })
    .run();
  expect((await diagnoses(rig, { clock })).at(-1)).toMatchObject({
    name: 'budget',
    state: 'warning',
    text: '$0.75 of $0.50 used today: learning goes on tomorrow',
  });
  rig.environment['MEMORY_DAILY_BUDGET'] = '0';
  expect((await diagnoses(rig)).at(-1)).toMatchObject({ name: 'budget', state: 'off' });
});

test('a database that another program writes into is not called damaged', async () => {
  const { rig, database } = await rigged();
  database.orm.$client.exec('BEGIN IMMEDIATE');
  expect(await diagnoses(rig)).toContainEqual({
    name: 'words',
    state: 'warning',
    text: 'not looked at: another program writes into the database',
    remedy: 'Try again later.',
  });
  database.orm.$client.exec('ROLLBACK');
});

test('a database that cannot be read is not looked at, and that is told', async () => {
  const rig = await siteRig();
  writeFileSync(
    join(rig.home, 'claudio.db'),
    'no database, and long enough to look like one'.repeat(99),
  );
  expect((await diagnoses(rig)).at(-1)).toEqual({
    name: 'memory',
    state: 'off',
    text: 'not looked at: the database is damaged, or of another version',
  });
});

test('turned off, and before the first start, there is nothing to look at', async () => {
  const rig = await siteRig();
  expect((await diagnoses(rig)).map(({ name, state }) => [name, state])).toEqual([
    ['model', 'off'],
    ['memory', 'off'],
  ]);
  rig.environment['MEMORY_ENABLED'] = '0';
  expect(await diagnoses(rig)).toMatchObject([
    { name: 'memory', state: 'off', text: 'turned off' },
  ]);
});
