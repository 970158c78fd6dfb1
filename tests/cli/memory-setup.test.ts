import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { memorySetup } from '../../src/cli/memory-setup.ts';
import { openMemory } from '../../src/memory/open.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { silentLog } from '../../src/platform/log.ts';
import { startHub } from '../standins/hub/hub.ts';
import { cliWorld } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { terminal } from '../support/terminal.ts';
import { TINY_MODEL, tinyModelFiles } from '../support/tiny-model.ts';
import { claudio, startClaudio } from './claudio.ts';

const ONNX = 'onnx/model.onnx';
const WORDS = { fox: [1, 0.2], dog: [0.9, 0.4], invoice: [0, 0, 1], paid: [0, 0, 0.8, 0.3] };
const COMMAND = ['memory', 'setup'];

/** A home in which nothing is set up but where the model comes from, and the hub that has it. */
async function homeWithHub() {
  const hub = await startHub({ [TINY_MODEL]: tinyModelFiles({ words: WORDS }) });
  onTestFinished(() => hub.close());
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  mkdirSync(home, { mode: 0o700 });
  const environment: Record<string, string> = {
    HOME: userHome,
    PATH: '/usr/bin:/bin',
    MEMORY_MODEL_ROOT: hub.url,
    MEMORY_EMBEDDING_MODEL: TINY_MODEL,
  };
  const folder = join(home, 'models', TINY_MODEL);
  return { hub, home, environment, folder };
}

test('the model is fetched, checked and tried, and a second time nothing is done', async () => {
  const { hub, home, environment, folder } = await homeWithHub();
  const first = await claudio(COMMAND, environment);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout.split('\n').slice(0, 3)).toEqual([
    `… Looking for ${TINY_MODEL} at ${new URL(hub.url).host}`,
    '… Trying it',
    `✔ ${TINY_MODEL} is fetched and works: 0.0 MB in ${folder}`,
  ]);
  expect(first.stdout).toMatch(/found by its meaning too from now on/u);
  for (const path of [join(folder, ONNX), join(folder, 'manifest.json')]) {
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
  expect(readdirSync(home)).toEqual(['models']);
  const askedCount = hub.requests.length;
  expect(await claudio(COMMAND, environment)).toEqual({
    code: 0,
    stdout: `… Looking for ${TINY_MODEL} at ${new URL(hub.url).host}\n✔ ${TINY_MODEL} is there and whole: 0.0 MB in ${folder}\n`,
    stderr: '',
  });
  expect(hub.requests).toHaveLength(askedCount);
});

test('with the model, the search finds what shares no word', async () => {
  const { home, environment } = await homeWithHub();
  const database = openDatabase(join(home, 'claudio.db'));
  onTestFinished(() => database.close());
  Object.assign(environment, { TELEGRAM_BOT_TOKEN: '1:test-token', TELEGRAM_CHAT_ID: '42' });
  expect((await claudio(COMMAND, environment)).code).toBe(0);
  const memory = openMemory({
    database,
    clock: systemClock,
    log: silentLog(),
    home,
    model: TINY_MODEL,
  });
  for (const text of ['invoice paid', 'dog']) {
    memory.store.remember('telegram:1:42', { kind: 'semantic', text, source: 'told' });
  }
  memory.backfill?.wake();
  await memory.backfill?.idle();
  await memory.close();
  const found = await claudio(['memory', 'search', 'fox', '--json'], environment);
  expect(found.stderr).toBe('');
  expect(JSON.parse(found.stdout)).toMatchObject([
    { text: 'dog', foundBy: 'meaning' },
    { text: 'invoice paid' },
  ]);
  const told = await claudio(['memory', 'search', 'fox'], environment);
  expect(told.stdout).toMatch(
    / dog\n.+\n +score 0\.\d\d, found by meaning, .+ activation [01]\.\d\d\n/u,
  );
  expect(told.stdout).toMatch(/ invoice paid\n.+\n +score .+, too little to come to mind\n$/u);
  const stats = await claudio(['memory', 'stats'], environment);
  expect(stats.stdout).toMatch(/^vectors +2, 0 waiting$/mu);
  expect(stats.stdout).toMatch(/^model +made-up\/tiny-1, there$/mu);
});

test('what cannot be reached, and what is not what it should be, is told, and the next time does it', async () => {
  const { hub, environment, folder } = await homeWithHub();
  const nobody = await claudio(COMMAND, {
    ...environment,
    MEMORY_MODEL_ROOT: 'http://127.0.0.1:1',
  });
  expect(nobody.code).toBe(69);
  expect(nobody.stdout).toMatch(/found by its words alone\.\n$/u);
  expect(nobody.stderr.trimEnd().split('\n')).toEqual([
    'The model cannot be fetched from 127.0.0.1:1: connection refused.',
    expect.stringContaining('`claudio memory setup`'),
  ]);
  hub.fault(ONNX, { kind: 'changed' });
  const changed = await claudio(COMMAND, environment);
  expect(changed.code).toBe(1);
  expect(changed.stderr).toMatch(/^onnx\/model\.onnx was fetched, and has another hash/u);
  expect(existsSync(join(folder, 'manifest.json'))).toBe(false);
  const unknown = await claudio(COMMAND, { ...environment, MEMORY_EMBEDDING_MODEL: 'a/b' });
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toMatch(/ has no model a\/b /u);
  const wrong = await claudio(COMMAND, { ...environment, MEMORY_EMBEDDING_MODEL: '../../etc' });
  expect(wrong.code).toBe(78);
  expect(wrong.stderr).toMatch(/^MEMORY_EMBEDDING_MODEL must be the name of a model/u);
  expect((await claudio(COMMAND, environment)).code).toBe(0);
});

test('broken off in the middle it ends with 130, and the next time goes on', async () => {
  const { hub, environment, folder } = await homeWithHub();
  hub.fault(ONNX, { kind: 'hang', afterBytes: 100 });
  const command = startClaudio(COMMAND, environment);
  await hub.requested(ONNX);
  command.signal('SIGINT');
  const ended = await command.ended;
  expect(ended.code).toBe(130);
  expect(ended.stderr).toMatch(/^Broken off\.\n/u);
  expect(existsSync(join(folder, 'manifest.json'))).toBe(false);
  const askedCount = hub.requests.filter((path) => path.endsWith('/tokenizer.json')).length;
  expect((await claudio(COMMAND, environment)).code).toBe(0);
  // That one had come already.
  expect(hub.requests.filter((path) => path.endsWith('/tokenizer.json'))).toHaveLength(askedCount);
});

test('at a terminal a bar shows how far it is', async () => {
  const { hub } = await homeWithHub();
  const world = await cliWorld();
  world.set({ MEMORY_MODEL_ROOT: hub.url, MEMORY_EMBEDDING_MODEL: TINY_MODEL });
  hub.fault(ONNX, { kind: 'hang', afterBytes: 200 });
  const at = terminal();
  const ended = expect(memorySetup(world.context(at))).rejects.toMatchObject({
    code: 'cli.cancelled',
  });
  await at.sees(/█+░+ \d+ %, 0\.0 of 0\.0 MB/u);
  process.emit('SIGINT');
  await ended;
});

test('where the memory is turned off, that is told', async () => {
  const { environment } = await homeWithHub();
  const ended = await claudio(COMMAND, { ...environment, MEMORY_ENABLED: '0' });
  expect(ended.code).toBe(0);
  expect(ended.stdout).toMatch(/⚠ MEMORY_ENABLED is 0/u);
});
