import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fetchModel, type FetchProgress } from '../../../src/memory/embeddings/fetch-model.ts';
import { createLocalEmbedder } from '../../../src/memory/embeddings/local.ts';
import { lookAtModel } from '../../../src/memory/embeddings/model-files.ts';
import { createHttpClient } from '../../../src/platform/http-client.ts';
import { modeOf, mountDisk } from '../../ops/backup/place.ts';
import { startHub, type HubBehaviour } from '../../standins/hub/hub.ts';
import { testLog } from '../../support/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { TINY_MODEL, tinyModelFiles } from '../../support/tiny-model.ts';

const ONNX = 'onnx/model.onnx';

async function place(files: ReadonlyMap<string, Uint8Array> = filesOfHub()) {
  const hub = await startHub({ [TINY_MODEL]: files });
  const http = createHttpClient();
  onTestFinished(async () => {
    await http.close();
    await hub.close();
  });
  const modelsDir = join(temporaryFolder(), 'models');
  const folder = join(modelsDir, TINY_MODEL);
  const fetch = (options: Partial<Parameters<typeof fetchModel>[0]> = {}) =>
    fetchModel({ http, root: hub.url, model: TINY_MODEL, modelsDir, ...options });
  return { hub, http, modelsDir, folder, fetch };
}

/** A model of some size, with files beside it that nobody needs. */
function filesOfHub(): ReadonlyMap<string, Uint8Array> {
  const files = tinyModelFiles({ words: { cat: [1] }, dimensionCount: 40_000 });
  return new Map([
    ...files,
    ['README.md', Buffer.from('# A model')],
    ['pytorch_model.bin', Buffer.alloc(5000, 1)],
    ['onnx/model_O4.onnx', Buffer.alloc(5000, 2)],
  ]);
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => name !== 'fetch.lock')
    .sort();
}

test('a model is fetched over redirects, checked, and can be used', async () => {
  const { hub, folder, modelsDir, fetch } = await place();
  const files = filesOfHub();
  const fetched = await fetch();
  expect(fetched).toMatchObject({ kind: 'fetched', folder, revision: hub.revision });
  const wanted = filesIn(folder).filter((name) => name !== 'manifest.json');
  expect(wanted).toEqual(
    [...files.keys()].filter((path) => !/README|pytorch|O4/u.test(path)).sort(),
  );
  for (const path of wanted) expect(readFileSync(join(folder, path))).toEqual(files.get(path));
  expect(fetched.sizeBytes).toBe(
    wanted.reduce((sum, path) => sum + (files.get(path)?.byteLength ?? 0), 0),
  );
  const embedder = createLocalEmbedder({ model: TINY_MODEL, modelsDir, log: testLog().log });
  onTestFinished(() => embedder.close());
  expect((await embedder.embed(['cat'])).kind).toBe('embedded');
});

test('only its owner may see it', async () => {
  const { folder, modelsDir, fetch } = await place();
  await fetch();
  for (const name of ['', 'onnx', '1_Pooling'])
    expect(modeOf(join(folder, name))).toBe(0o40700 & 0o7777);
  expect(modeOf(modelsDir)).toBe(0o700);
  for (const name of [...filesIn(folder), 'fetch.lock']) {
    expect(modeOf(join(folder, name))).toBe(0o600);
  }
});

test('how far it is can be told at any time', async () => {
  const { fetch } = await place();
  const told: FetchProgress[] = [];
  const { sizeBytes } = await fetch({ onProgress: (progress) => told.push(progress) });
  expect(told.length).toBeGreaterThan(7);
  expect(told.every(({ totalBytes }) => totalBytes === sizeBytes)).toBe(true);
  const done = told.map(({ doneBytes }) => doneBytes);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(told.at(-1)).toEqual({ file: ONNX, doneBytes: sizeBytes, totalBytes: sizeBytes });
});

test('a model that is whole is left alone, and nobody is asked', async () => {
  const { hub, fetch } = await place();
  await fetch();
  const requestCount = hub.requests.length;
  expect((await fetch()).kind).toBe('there');
  expect(hub.requests).toHaveLength(requestCount);
});

test('of a model with a damaged file that file of the same version is fetched again, and no other', async () => {
  const { hub, folder, fetch } = await place();
  await fetch();
  const path = join(folder, 'tokenizer.json');
  const content = readFileSync(path);
  writeFileSync(path, Buffer.from(content).fill(0, 5, 6));
  const requestCount = hub.requests.length;
  expect((await fetch()).kind).toBe('fetched');
  expect(readFileSync(path)).toEqual(content);
  const asked = hub.requests.slice(requestCount);
  expect(asked.filter((one) => one.includes('/resolve/'))).toEqual([
    `/${TINY_MODEL}/resolve/${hub.revision}/tokenizer.json`,
  ]);
  expect(asked.filter((one) => one.endsWith('/revision/main'))).toEqual([]);
});

test.each<[string, HubBehaviour, string]>([
  ['breaks off', { kind: 'cut-off', afterBytes: 70_000 }, 'model.unreachable'],
  ['is of another content', { kind: 'changed' }, 'model.damaged'],
  ['is too long', { kind: 'longer' }, 'model.damaged'],
  ['is too short', { kind: 'shorter' }, 'model.damaged'],
  ['is answered with 503', { kind: 'status', status: 503 }, 'model.unreachable'],
])('a file that %s is not taken, and the next call goes on', async (_, behaviour, code) => {
  const { hub, folder, fetch } = await place();
  hub.fault(ONNX, behaviour);
  await expect(fetch()).rejects.toMatchObject({ code, hint: expect.any(String) });
  expect(lookAtModel(folder, TINY_MODEL).kind).toBe('unusable');
  expect(filesIn(folder).some((name) => /partial|model\.onnx|manifest/u.test(name))).toBe(false);

  const requestCount = hub.requests.length;
  expect((await fetch()).kind).toBe('fetched');
  const asked = hub.requests.slice(requestCount).filter((one) => one.includes('/resolve/'));
  expect(asked).toEqual([`/${TINY_MODEL}/resolve/${hub.revision}/${ONNX}`]);
  expect(filesIn(folder)).not.toContainEqual(expect.stringContaining('.incoming'));
});

test('a small file of another content is not taken either', async () => {
  const { hub, fetch } = await place();
  hub.fault('1_Pooling/config.json', { kind: 'changed' });
  await expect(fetch()).rejects.toMatchObject({
    code: 'model.damaged',
    message: '1_Pooling/config.json was fetched, and has another hash: it is not used.',
  });
});

test('what an earlier call was killed over is begun anew', async () => {
  const { folder, fetch } = await place();
  mkdirSync(join(folder, '.incoming/onnx'), { recursive: true });
  writeFileSync(join(folder, '.incoming', `${ONNX}.partial`), 'half');
  writeFileSync(join(folder, '.incoming/tokenizer.json'), 'something else');
  expect((await fetch()).kind).toBe('fetched');
  expect(lookAtModel(folder, TINY_MODEL).kind).toBe('there');
});

test('fetching can be stopped, and goes on', async () => {
  const { hub, folder, fetch } = await place();
  hub.fault(ONNX, { kind: 'hang', afterBytes: 70_000 });
  const stop = new AbortController();
  const fetching = fetch({
    signal: stop.signal,
    onProgress: ({ file, doneBytes, totalBytes }) => {
      if (file === ONNX && doneBytes < totalBytes) stop.abort();
    },
  });
  await expect(fetching).rejects.toMatchObject({ code: 'model.stopped' });
  expect(filesIn(folder)).not.toContain('manifest.json');
  expect((await fetch()).kind).toBe('fetched');
});

test('two at once do not disturb each other', async () => {
  const { hub, fetch } = await place();
  hub.fault('revision', { kind: 'hang', afterBytes: 0 });
  const stop = new AbortController();
  const first = fetch({ signal: stop.signal });
  await hub.requested('revision/main');
  await expect(fetch()).rejects.toMatchObject({ code: 'model.under-way' });
  stop.abort();
  await expect(first).rejects.toMatchObject({ code: 'model.stopped' });
  expect((await fetch()).kind).toBe('fetched');
});

test.each<[string, string, HubBehaviour, string]>([
  ['is not there', 'revision', { kind: 'status', status: 404 }, 'model.not-found'],
  ['is not for everybody', 'tree', { kind: 'status', status: 403 }, 'model.not-found'],
  ['cannot be had now', 'revision', { kind: 'status', status: 500 }, 'model.unreachable'],
  ['makes no sense', 'revision', { kind: 'json', body: { sha: '../..' } }, 'model.unreachable'],
  ['has no list of files', 'tree', { kind: 'json', body: {} }, 'model.unreachable'],
  [
    'leads to an open line',
    ONNX,
    { kind: 'redirect', location: 'http://cdn.invalid/x' },
    'model.unreachable',
  ],
  [
    'leads to a file',
    ONNX,
    { kind: 'redirect', location: 'file:///etc/passwd' },
    'model.unreachable',
  ],
  ['leads nowhere', ONNX, { kind: 'redirect', location: 'http://' }, 'model.unreachable'],
])('a model that %s ends in a sentence', async (_, what, behaviour, code) => {
  const { hub, folder, fetch } = await place();
  hub.fault(what, behaviour);
  await expect(fetch()).rejects.toMatchObject({ code, hint: expect.any(String) });
  expect(filesIn(folder)).not.toContain('manifest.json');
});

test('a model that the hub does not know is not found', async () => {
  const { fetch, hub } = await place();
  await expect(fetch({ model: 'made-up/other' })).rejects.toMatchObject({
    code: 'model.not-found',
    message: `${new URL(hub.url).host} has no model made-up/other that anybody may have.`,
  });
});

test('redirects in a circle come to an end', async () => {
  const { hub, fetch } = await place();
  hub.fault('revision', { kind: 'redirect', location: '?' }, 100);
  await expect(fetch()).rejects.toMatchObject({ code: 'model.unreachable' });
  expect(hub.requests.length).toBeLessThan(10);
});

test('a hub that cannot be reached is named', async () => {
  const { fetch } = await place();
  await expect(fetch({ root: 'http://127.0.0.1:9' })).rejects.toMatchObject({
    code: 'model.unreachable',
    message: 'The model cannot be fetched from 127.0.0.1:9: connection refused.',
  });
  await expect(fetch({ root: 'http://hub.invalid' })).rejects.toMatchObject({
    message: 'The model cannot be fetched from hub.invalid: it is not to be reached by https.',
  });
});

test.each([
  ['no ONNX file', ONNX, null],
  ['no tokenizer', 'tokenizer.json', null],
  ['weights in a file of their own', `${ONNX}_data`, Buffer.alloc(10)],
])('a model with %s is refused before anything is fetched', async (_, path, content) => {
  const files = new Map(filesOfHub());
  if (content === null) files.delete(path);
  else files.set(path, content);
  const { hub, fetch } = await place(files);
  await expect(fetch()).rejects.toMatchObject({ code: 'model.unsupported' });
  expect(hub.requests.filter((one) => one.includes('/resolve/'))).toEqual([]);
});

test('a model beside its other files is found too', async () => {
  const files = new Map(filesOfHub());
  files.set('model.onnx', files.get(ONNX) ?? Buffer.alloc(0));
  files.delete(ONNX);
  const { folder, fetch } = await place(files);
  await fetch();
  expect(statSync(join(folder, 'model.onnx')).size).toBeGreaterThan(70_000);
});

test('a full disk ends in a sentence, and leaves nothing half', async (context) => {
  const { modelsDir, folder, fetch } = await place();
  mkdirSync(modelsDir, { recursive: true });
  if (!mountDisk(modelsDir, 1)) context.skip();
  writeFileSync(join(modelsDir, 'ballast'), Buffer.alloc(700_000));
  await expect(fetch()).rejects.toMatchObject({ code: 'model.disk-full' });
  expect(filesIn(folder).some((name) => /partial|manifest/u.test(name))).toBe(false);
});

test('a folder that is none ends in a sentence', async () => {
  const { modelsDir, fetch } = await place();
  writeFileSync(modelsDir, 'a file');
  await expect(fetch()).rejects.toMatchObject({ code: 'model.unwritable' });
});
