import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { consolidations, memories, memoryCalls } from '../../drizzle/schema.ts';
import { errorReply, textReply } from '../standins/model/reply.ts';
import { processesOf, readDatabase } from './inspect.ts';
import { createMemoryWorld, stopped, type MemoryWorld } from './memory-world.ts';

const MOVED = 'I have moved the staging server today';
const FOUND = { kind: 'semantic', text: 'Staging runs on the new machine.' } as const;

/** The service at a look through a conversation that hangs. */
async function hangingLook() {
  const world = await createMemoryWorld();
  world.looking(() => ({ kind: 'hang' }));
  const service = await world.start();
  const look = world.nextLook();
  await world.ask(MOVED);
  await look;
  return { world, service };
}

/** What is remembered after a start on what an earlier one left, and after one more message. */
async function learnedAtNextStart(world: MemoryWorld) {
  const before = world.looks.length;
  world.finds(FOUND);
  const service = await world.start();
  const first = await service.logged('memory.consolidated');
  await world.ask('and now?');
  await service.logged('memory.consolidated', (line) => line !== first);
  await stopped(service);
  return {
    texts: readDatabase(world.home)
      .select()
      .from(memories)
      .all()
      .map(({ text }) => text),
    looks: world.looks.slice(before).map(({ prompt }) => prompt),
  };
}

describe('a look through a conversation', () => {
  test('that hangs delays no answer', async () => {
    const { world } = await hangingLook();
    const { prompt } = await world.ask('and now?');
    expect(prompt).toContain('and now?');
  });

  test('that fails delays no answer either, and leaves no trace in memory', async () => {
    const world = await createMemoryWorld();
    world.looking(() => textReply('I would rather not answer in JSON.'));
    const service = await world.start();
    await world.ask(MOVED);
    await service.logged('memory.batch-failed');
    world.looking(() => errorReply(400));
    expect((await world.ask('and now?', { thread: 7 })).prompt).toContain('and now?');
    await service.logged('memory.call-failed');
    await world.ask('and then?');
    await stopped(service);
    expect(readDatabase(world.home).select().from(memories).all()).toEqual([]);
  });

  test('is done without tools, and without what the person set up for their own work', async () => {
    const world = await createMemoryWorld();
    const own = 'Always answer in Latin.';
    mkdirSync(join(world.userHome, '.claude'), { recursive: true });
    mkdirSync(world.home, { recursive: true });
    for (const path of ['.claude/CLAUDE.md', 'CLAUDE.md', '.claudio/CLAUDE.md']) {
      writeFileSync(join(world.userHome, path), own);
    }
    const service = await world.start();
    const asked = await world.ask(MOVED);
    expect(`${asked.system}${asked.text}`).toContain(own);
    await service.logged('memory.consolidated');
    const [look] = world.looks;
    expect(look?.tools).toEqual([]);
    expect(look?.body).not.toContain(own);
    expect(look?.model).toMatch(/haiku/u);
  });
});

describe('a stop in the middle of it', () => {
  test('is prompt, leaves no process behind, and the next start takes the same messages once', async () => {
    const { world, service } = await hangingLook();
    expect(processesOf(world.home).length).toBeGreaterThan(0);
    const fromMs = performance.now();
    await stopped(service);
    expect(performance.now() - fromMs).toBeLessThan(5000);
    expect(processesOf(world.home)).toEqual([]);
    expect(readDatabase(world.home).select().from(consolidations).all()).toEqual([]);

    expect(await learnedAtNextStart(world)).toEqual({
      texts: [FOUND.text],
      looks: [expect.stringContaining(MOVED), expect.not.stringContaining(MOVED)],
    });
  });

  test('by kill -9 leaves what the next start stops and takes up again, once', async () => {
    const { world, service } = await hangingLook();
    service.signal('SIGKILL');
    await service.exit;
    expect(processesOf(world.home).length).toBeGreaterThan(0);

    expect(await learnedAtNextStart(world)).toEqual({
      texts: [FOUND.text],
      looks: [expect.stringContaining(MOVED), expect.not.stringContaining(MOVED)],
    });
    expect(processesOf(world.home)).toEqual([]);
    expect(readdirSync(join(world.home, 'tmp'), { recursive: true })).toEqual(['memory']);
    const calls = readDatabase(world.home).select().from(memoryCalls).all();
    expect(calls.map(({ outcome }) => outcome)).toEqual([null, 'kept', 'kept']);
  });
});
