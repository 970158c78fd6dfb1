import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { memoryFindings } from '../../../src/ops/status/memory.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { memoryWorld, unit } from '../../support/memory.ts';
import { TINY_MODEL, writeTinyModel } from '../../support/tiny-model.ts';
import { siteRig, type SiteRig } from './rig.ts';

/** An installation with a memory to be filled. */
async function rigged() {
  const rig = await siteRig();
  const database = openDatabase(join(rig.home, 'claudio.db'));
  onTestFinished(() => database.close());
  return { rig, world: memoryWorld({ database }) };
}

/** The line of a memory that lacks nothing. */
function well(text: string) {
  return [{ name: 'memory', state: 'ok', text }];
}

function findings(rig: SiteRig) {
  return memoryFindings(rig.site());
}

test('without a model what is remembered is counted, and how it is found better is said', async () => {
  const { rig, world } = await rigged();
  world.remember('one');
  world.remember('two');
  expect(findings(rig)).toEqual([
    {
      name: 'memory',
      state: 'off',
      text: '2 memories, found by words alone',
      remedy: '`claudio memory setup` fetches the model that finds them by their meaning too.',
    },
  ]);
});

test('with a model it is well, and those that have no vector of it yet are counted', async () => {
  const { rig, world } = await rigged();
  rig.environment['MEMORY_EMBEDDING_MODEL'] = TINY_MODEL;
  writeTinyModel(join(rig.home, 'models'), { words: {} });
  const { id, scope } = world.remember('one');
  world.remember('two');
  world.vectors?.use(TINY_MODEL, 8);
  world.vectors?.put(id, scope, unit(1, 0, 0, 0, 0, 0, 0, 0));
  expect(findings(rig)).toEqual(
    well('2 memories, found by meaning and words, 1 of them by words alone as yet'),
  );
  world.store.forget([2]);
  expect(findings(rig)).toEqual(well('1 memory, found by meaning and words'));
});

test('a model that is damaged is a warning', async () => {
  const { rig } = await rigged();
  rig.environment['MEMORY_EMBEDDING_MODEL'] = TINY_MODEL;
  const folder = writeTinyModel(join(rig.home, 'models'), { words: {} });
  truncateSync(join(folder, 'tokenizer.json'), 10);
  expect(findings(rig)).toEqual([
    {
      name: 'memory',
      state: 'warning',
      text: expect.stringMatching(
        /^0 memories, found by words alone: tokenizer\.json .* 10 bytes/u,
      ),
      remedy: expect.stringContaining('claudio memory setup'),
    },
  ]);
});

test('turned off, it says so, with what is kept and how it comes back', async () => {
  const { rig, world } = await rigged();
  rig.environment['MEMORY_ENABLED'] = '0';
  world.remember('one');
  expect(findings(rig)).toEqual([
    {
      name: 'memory',
      state: 'off',
      text: 'turned off, 1 memory kept',
      remedy: '`claudio config set MEMORY_ENABLED 1` turns it on.',
    },
  ]);
});

test('before the first start there is nothing yet, and of a damaged database nothing is counted', async () => {
  const rig = await siteRig();
  expect(findings(rig)).toEqual([{ name: 'memory', state: 'ok', text: 'nothing yet' }]);
  const path = join(rig.home, 'claudio.db');
  writeFileSync(path, 'this is no database, and long enough to be looked at as one'.repeat(99));
  expect(findings(rig)).toEqual([]);
  rmSync(path);
});
