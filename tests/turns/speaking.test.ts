import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Speech } from '../../src/core/speech.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { createOutgoingFiles } from '../../src/outbox/outgoing.ts';
import { newId } from '../../src/platform/clock.ts';
import { createSpeaker } from '../../src/turns/speaking.ts';
import { turnWorld } from '../support/turns.ts';

/** Speaks everything as the same three bytes, and leaves out what stands in brackets. */
function speaker(speak?: Speech['speak']): Speech {
  return {
    transcribe: () => Promise.resolve({ kind: 'heard', text: 'unused' }),
    speak:
      speak ??
      ((markdown) =>
        Promise.resolve({
          kind: 'spoken',
          content: Buffer.from('mp3'),
          name: 'answer.mp3',
          words: markdown.replace(/ *\[.*\]/u, ''),
          leftOut: /\[.*\]/u.exec(markdown)?.[0] ?? '',
        })),
    explain: () => 'It cannot speak.',
  };
}

/** A turn that was answered, and whose answer is to be spoken. */
function spokenTurn(text: string, speech: Speech | null = speaker()) {
  const world = turnWorld(speech === null ? {} : { speech });
  world.arrive('why?');
  const turn = world.queue.claim('boot');
  if (turn === null) throw new Error('nothing may run');
  world.database.transaction(() => {
    world.records.ended(turn, {
      status: 'done',
      usage: NO_USAGE,
      model: 'haiku',
      failure: null,
      text,
    });
    world.records.speechWanted(turn.turnId);
  });
  const folder = join(world.home, 'outgoing');
  const outgoing = createOutgoingFiles({ folder, database: world.database, newId });
  const told = vi.fn();
  const open = (speechNow: Speech | null = speech) =>
    createSpeaker({ ...world, speech: speechNow, outgoing, told });
  return { ...world, turn, folder, outgoing, toldAll: told, open };
}

function parts(world: ReturnType<typeof spokenTurn>) {
  return world.database.orm.query.deliveries
    .findMany()
    .sync()
    .map(({ part }) => part);
}

test('an answer is spoken, told once, and what was left out comes behind it', async () => {
  const world = spokenTurn('One test fails. [code]');
  const speaking = world.open();
  speaking.wake();
  speaking.wake();
  await speaking.idle();
  const [voice, rest, ...more] = parts(world);
  expect(voice).toMatchObject({
    markdown: '',
    files: [{ name: 'answer.mp3', kind: 'voice', instead: String.raw`One test fails\.` }],
  });
  expect(rest).toMatchObject({ markdown: '[code]' });
  expect(more).toEqual([]);
  expect(readdirSync(world.folder)).toHaveLength(1);
  expect(world.toldAll).toHaveBeenCalledTimes(1);
});

test.each([
  [
    'it cannot be spoken',
    speaker(() =>
      Promise.resolve({ kind: 'failed', failure: { code: 'quota-used-up' }, detail: 'x' }),
    ),
  ],
  ['there are no words in it', speaker(() => Promise.resolve({ kind: 'nothing-to-say' }))],
  ['whoever speaks breaks', speaker(() => Promise.reject(new Error('broken')))],
  ['speech is no longer set up', null],
])('where %s, it is told in writing', async (_, speech) => {
  const world = spokenTurn('One test fails.');
  const speaking = world.open(speech);
  speaking.wake();
  await speaking.idle();
  expect(parts(world)).toMatchObject([{ markdown: 'One test fails.' }]);
});

test('where its voice cannot be told, it is told in writing, and the conversation goes on', async () => {
  const world = spokenTurn('One test fails.');
  const next = world.arrive('and now?');
  vi.spyOn(world.outbox, 'say').mockImplementationOnce(() => {
    throw new Error('no such channel form');
  });
  const speaking = world.open();
  speaking.wake();
  await speaking.idle();
  expect(parts(world)).toMatchObject([{ markdown: 'One test fails.' }]);
  expect(world.queue.claim('boot')?.turnId).toBe(next);
});

test('where the disk takes no voice, it is told in writing', async () => {
  const world = spokenTurn('One test fails.');
  vi.spyOn(world.outgoing, 'keep').mockRejectedValue(new Error('no space left'));
  const speaking = world.open();
  speaking.wake();
  await speaking.idle();
  expect(parts(world)).toMatchObject([{ markdown: 'One test fails.' }]);
});

test('the next turn of the conversation waits for the voice, and another conversation does not', async () => {
  const gate = Promise.withResolvers<Awaited<ReturnType<Speech['speak']>>>();
  const world = spokenTurn(
    'One test fails.',
    speaker(() => gate.promise),
  );
  const next = world.arrive('and now?');
  const elsewhere = world.arrive('hello', '43');
  const speaking = world.open();
  speaking.wake();
  expect(world.queue.claim('boot')?.turnId).toBe(elsewhere);
  expect(world.queue.claim('boot')).toBeNull();
  gate.resolve({ kind: 'nothing-to-say' });
  await speaking.idle();
  expect(world.queue.claim('boot')?.turnId).toBe(next);
});

test('what was not told when the service stopped is told after the next start', async () => {
  const world = spokenTurn(
    'One test fails.',
    speaker((_, signal) => {
      const aborted = Promise.withResolvers<Awaited<ReturnType<Speech['speak']>>>();
      signal.addEventListener('abort', () =>
        aborted.resolve({ kind: 'failed', failure: { code: 'unreachable' }, detail: 'aborted' }),
      );
      return aborted.promise;
    }),
  );
  const first = world.open();
  first.wake();
  await first.close();
  expect(parts(world)).toEqual([]);
  const second = world.open(speaker());
  second.wake();
  await second.idle();
  expect(parts(world)).toMatchObject([{ files: [{ name: 'answer.mp3' }] }]);
});
