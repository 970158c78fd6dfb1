import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memoryVectors } from '../../drizzle/schema.ts';
import { claudio } from '../cli/claudio.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { node, onnxModel, tensor } from '../support/onnx.ts';
import {
  TINY_MODEL,
  tinyModelFiles,
  wordPiece,
  writeModel,
  writeTinyModel,
} from '../support/tiny-model.ts';
import { processesOf, readDatabase } from './inspect.ts';
import { createMemoryWorld, stopped, type MemoryWorld } from './memory-world.ts';
import { labelsOf, press } from './person.ts';

const TOPIC = { thread: 7 };
/** Two words of one meaning, and one of another. Whatever else is said means nothing. */
const WORDS = { dog: [3], hound: [3], roof: [0, 3] };
const DOG = 'Ada keeps a dog.';

async function createMeaningWorld(): Promise<MemoryWorld & { readonly modelsDir: string }> {
  const world = await createMemoryWorld();
  world.environment['MEMORY_EMBEDDING_MODEL'] = TINY_MODEL;
  return { ...world, modelsDir: join(world.home, 'models') };
}

/** The ids of the memories that have a vector. */
function embedded(world: MemoryWorld): readonly number[] {
  const rows = readDatabase(world.home).select().from(memoryVectors).all();
  return rows.map(({ memoryId }) => memoryId).toSorted((a, b) => a - b);
}

test('what was told is in the prompt of a question in other words after a restart, for its meaning, and gone after /forget', async () => {
  const world = await createMeaningWorld();
  writeTinyModel(world.modelsDir, { words: WORDS });
  world.finds({ kind: 'semantic', text: DOG });
  const first = await world.start();
  await world.ask('I got a puppy from Ada', TOPIC);
  await first.logged('memory.consolidated');
  await stopped(first);
  expect(embedded(world)).toEqual([1]);

  const second = await world.start();
  // Only a turn that finds the model loaded is sure to be reminded by it.
  await world.command('/remember The roof is red');
  await second.logged('memory.embedded');
  const { prompt } = await world.ask('whose hound barks?');
  expect(prompt).toMatch(/<claudio-memory id="1" kind="fact"[^>]*>\nAda keeps a dog\.\n</u);
  expect(prompt).not.toContain('The roof is red');
  const told = (await world.command('/memory')).text;
  expect(told).toContain(DOG);
  expect(told).toMatch(/^Why: close in meaning to your message/mu);

  const question = await world.command('/forget dog');
  expect(await press(world, question, labelsOf(question)[0] ?? '')).toBe('Forgotten.');
  expect(embedded(world)).toEqual([2]);
  const afterwards = await world.ask('whose hound barks now?', { thread: 8 });
  expect(afterwards.prompt).not.toMatch(/claudio-memor|dog/u);
  await stopped(second);
});

test('what a command writes beside the running service has its vector without a message', async () => {
  const world = await createMeaningWorld();
  writeTinyModel(world.modelsDir, { words: WORDS });
  const service = await world.start();
  const file = join(world.userHome, 'memories.jsonl');
  const lines = ['Ada keeps a dog.', 'The roof is red.'].map((text) =>
    JSON.stringify({ kind: 'semantic', text }),
  );
  writeFileSync(file, lines.join('\n'));
  const imported = ['memory', 'import', file, '--chat', String(OWNER.id)];
  expect(await claudio(imported, world.environment)).toMatchObject({ code: 0 });
  await service.logged('memory.embedded');
  expect(embedded(world)).toEqual([1, 2]);
  expect((await world.ask('whose hound barks?')).prompt).toContain(DOG);
  await stopped(service);
});

test('a stop while the model is loaded, or works on a text, is prompt and leaves nothing behind', async () => {
  const world = await createMeaningWorld();
  writeSlowModel(world.modelsDir);
  const first = await world.start();
  await world.command(`/remember ${'dog '.repeat(240)}`);
  await first.logged('memory.model-loading');
  await stoppedSoon(world, first);

  const second = await world.start();
  await second.logged('memory.model-loaded');
  await stoppedSoon(world, second);
  expect(embedded(world)).toEqual([]);
});

/** A thread ends with its process. */
async function stoppedSoon(world: MemoryWorld, service: Parameters<typeof stopped>[0]) {
  const fromMs = performance.now();
  await stopped(service);
  expect(performance.now() - fromMs).toBeLessThan(5000);
  expect(processesOf(world.home)).toEqual([]);
  expect(service.log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
}

const SLOW_SIZE = 512;
const SLOW_STEP_COUNT = 1500;

/** A model that takes a moment for a few words, and ten seconds for a few hundred. */
function writeSlowModel(modelsDir: string): void {
  const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'dog'];
  const table = new Float32Array(vocabulary.length * SLOW_SIZE).fill(1);
  const same = new Float32Array(SLOW_SIZE ** 2);
  for (let at = 0; at < SLOW_SIZE; at += 1) same[at * SLOW_SIZE + at] = 1;
  const name = (step: number): string => (step === SLOW_STEP_COUNT ? 'slow' : `step${step}`);
  const model = onnxModel({
    inputs: ['input_ids'],
    nodes: [
      node('Gather', ['words', 'input_ids'], name(0)),
      ...Array.from({ length: SLOW_STEP_COUNT }, (_, step) =>
        node('MatMul', [name(step), 'same'], name(step + 1)),
      ),
    ],
    tensors: [
      tensor('words', [vocabulary.length, SLOW_SIZE], table),
      tensor('same', [SLOW_SIZE, SLOW_SIZE], same),
    ],
    output: { name: 'slow', dims: ['batch', 'tokens', SLOW_SIZE] },
  });
  const files = new Map(tinyModelFiles({ words: {} }));
  files.set('onnx/model.onnx', model);
  files.set('tokenizer.json', Buffer.from(JSON.stringify(wordPiece(vocabulary))));
  writeModel(modelsDir, TINY_MODEL, files);
}
