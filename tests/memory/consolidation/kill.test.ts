import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { consolidationWorld, DELAY_MS, proposing } from './world.ts';

test.each([
  ['while the model is asked', 'call', [null], 0],
  ['behind the answer', 'answer', ['answered'], 0],
  ['in the middle of the commit', 'commit', ['answered'], 0],
  ['behind the commit', 'learned', ['kept'], 2],
] as const)(
  'a process that is killed %s leaves nothing half done, and nothing is doubled by the next',
  async (_, where, outcomes, keptCount) => {
    const world = consolidationWorld();
    const [asked] = world.exchange('I drink tea, and Bob moved to Vienna.', 'Noted.');
    world.clock.advance(DELAY_MS);
    const answer = proposing('Ada drinks tea.', 'Bob moved to Vienna.');
    const { name: path } = world.database.orm.$client;
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'killed.ts'), path, answer, String(world.clock.now()), where],
      { stdio: 'inherit' },
    );
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    expect(world.calls().map(({ outcome }) => outcome)).toEqual(outcomes);
    // What a call may have cost that was cut off, or what it said that it cost.
    expect(world.calls()).toMatchObject([{ costUsd: where === 'call' ? 0.02 : 0.01 }]);
    expect(world.memories()).toHaveLength(keptCount);
    expect(world.cursors()).toHaveLength(keptCount === 0 ? 0 : 1);

    world.script.consolidate.push(answer);
    const consolidator = world.open();
    await consolidator.idle();
    expect(world.memories().map(({ text, accessCount }) => [text, accessCount])).toEqual([
      ['Ada drinks tea.', 1],
      ['Bob moved to Vienna.', 1],
    ]);
    expect(world.cursors()).toMatchObject([{ lastMessageId: asked, failureCount: 0 }]);
    expect(world.requests).toHaveLength(keptCount === 0 ? 1 : 0);
  },
);
