import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClaudioError, hasCode, messageOf } from '../../core/error.ts';
import {
  ensurePrivateFolder,
  makePrivate,
  syncFolder,
  writePrivateFile,
} from '../../platform/files.ts';
import type { HttpClient } from '../../platform/http-client.ts';
import { tryLock } from '../../platform/lock-file.ts';
import { openHub, type Hub, type HubFile } from './hub.ts';
import {
  lookAtModel,
  MANIFEST,
  MODEL_PATHS,
  modelFolder,
  ModelFault,
  readModelFile,
  type ModelManifest,
} from './model-files.ts';

/** Besides the model proper. The first one must be there. */
const OTHER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'config.json',
  'modules.json',
  'sentence_bert_config.json',
  '1_Pooling/config.json',
];
/** Below the model's folder: what is fetched and not yet in use. */
const INCOMING = '.incoming';

/** What became of fetching a model. */
export type FetchedModel = {
  readonly kind: 'fetched' | 'there';
  readonly revision: string;
  readonly folder: string;
  readonly sizeBytes: number;
};

/** How far it is, over all files. */
export interface FetchProgress {
  /** The one that is fetched now. */
  readonly file: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/**
 * Fetches a model, or what lacks of it, from a hub, and checks every byte. A model that is whole stays as
 * it is, and nobody is asked: another version of it would give vectors that cannot be compared. May be
 * stopped at any moment, and goes on when it is called again.
 *
 * @throws ClaudioError `model.unreachable`, `model.not-found`, `model.damaged`, `model.unsupported`,
 * `model.stopped`, `model.under-way`, `model.disk-full`, `model.unwritable`, `model.invalid-name`
 */
export async function fetchModel(options: {
  readonly http: HttpClient;
  /** `MEMORY_MODEL_ROOT`. */
  readonly root: string;
  /** `MEMORY_EMBEDDING_MODEL`. */
  readonly model: string;
  /** `$CLAUDIO_HOME/models`; made where it is not there. */
  readonly modelsDir: string;
  readonly onProgress?: (progress: FetchProgress) => void;
  readonly signal?: AbortSignal;
}): Promise<FetchedModel> {
  const { model, modelsDir } = options;
  const folder = modelFolder(modelsDir, model);
  try {
    for (const one of [modelsDir, dirname(folder), folder]) ensurePrivateFolder(one);
    const lockPath = join(folder, 'fetch.lock');
    const lock = tryLock(lockPath, 'alone');
    if (lock === null) throw underWay(model);
    try {
      makePrivate(lockPath);
      const found = await wholeManifest(folder, model);
      if (found.manifest !== null) return outcome('there', folder, found.manifest);
      return await fetchAll(folder, found.revision, options);
    } finally {
      lock.release();
    }
  } catch (error) {
    throw diskFault(error, modelsDir);
  }
}

/** The manifest, where every file is what it says; else the commit that it is of, where that is known. */
async function wholeManifest(
  folder: string,
  model: string,
): Promise<{ manifest: ModelManifest } | { manifest: null; revision: string | null }> {
  const look = lookAtModel(folder, model);
  if (look.kind === 'unusable') return { manifest: null, revision: look.revision };
  const { manifest } = look;
  try {
    for (const file of Object.keys(manifest.files)) {
      await readModelFile(folder, manifest, file);
    }
  } catch (error) {
    if (error instanceof ModelFault) return { manifest: null, revision: manifest.revision };
    throw error;
  }
  return { manifest };
}

async function fetchAll(
  folder: string,
  knownRevision: string | null,
  { http, root, model, signal, onProgress }: Parameters<typeof fetchModel>[0],
): Promise<FetchedModel> {
  const hub = openHub(http, root, model, signal);
  // Vectors of another version could not be compared with those that are kept.
  const revision = knownRevision ?? (await hub.revision());
  const files = choose(model, await hub.files(revision));
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const manifest: ModelManifest = { model, revision, files: {} };
  let doneBytes = 0;
  for (const file of files) {
    const incoming = join(folder, INCOMING, file.path);
    const places = [incoming, join(folder, file.path)];
    let sha256 = await firstWhole(places, file);
    if (sha256 === null) {
      makeFolders(join(folder, INCOMING), file.path);
      const before = doneBytes;
      sha256 = await fetchFile(hub, revision, file, incoming, (count) => {
        onProgress?.({ file: file.path, doneBytes: before + count, totalBytes });
      });
    }
    doneBytes += file.sizeBytes;
    onProgress?.({ file: file.path, doneBytes, totalBytes });
    manifest.files[file.path] = { sha256, sizeBytes: file.sizeBytes };
  }
  // Only now does anything change for who uses the model, and that in a moment.
  for (const { path } of files) {
    if (!existsSync(join(folder, INCOMING, path))) continue;
    makeFolders(folder, path);
    await rename(join(folder, INCOMING, path), join(folder, path));
    await syncFolder(dirname(join(folder, path)));
  }
  writePrivateFile(join(folder, MANIFEST), JSON.stringify(manifest, null, 2));
  await rm(join(folder, INCOMING), { recursive: true, force: true });
  return outcome('fetched', folder, manifest);
}

function outcome(
  kind: FetchedModel['kind'],
  folder: string,
  { revision, files }: ModelManifest,
): FetchedModel {
  const sizeBytes = Object.values(files).reduce((sum, file) => sum + file.sizeBytes, 0);
  return { kind, folder, revision, sizeBytes };
}

function choose(model: string, files: readonly HubFile[]): readonly HubFile[] {
  const named = (path: string): HubFile | undefined => files.find((file) => file.path === path);
  const onnx = MODEL_PATHS.map(named).find((file) => file !== undefined);
  if (onnx === undefined) throw unsupported(model, `has neither ${MODEL_PATHS.join(' nor ')}`);
  if (
    files.some(({ path }) => path.startsWith(`${onnx.path}_data`) || path === `${onnx.path}.data`)
  ) {
    throw unsupported(model, 'is so large that its weights are in files of their own');
  }
  if (named('tokenizer.json') === undefined) throw unsupported(model, 'has no tokenizer.json');
  return [...OTHER_FILES.flatMap((path) => named(path) ?? []), onnx];
}

/** The SHA-256 of the first of these that is what the hub lists; null where none is. */
async function firstWhole(paths: readonly string[], file: HubFile): Promise<string | null> {
  for (const path of paths) {
    const size = await stat(path).then(
      (stats) => stats.size,
      (error: unknown) => {
        if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
        throw error;
      },
    );
    if (size !== file.sizeBytes) continue;
    const [hash, sha256] = [file.startHash(), createHash('sha256')];
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      sha256.update(chunk);
    }
    if (hash.digest('hex') === file.hash) return sha256.digest('hex');
  }
  return null;
}

/** Fetches a file, and gives it its name when it is whole and on the disk. @returns Its SHA-256. */
async function fetchFile(
  hub: Hub,
  revision: string,
  file: HubFile,
  target: string,
  onCount: (byteCount: number) => void,
): Promise<string> {
  const partial = `${target}.partial`;
  await rm(partial, { force: true });
  const handle = await open(partial, 'wx', 0o600);
  const [hash, sha256] = [file.startHash(), createHash('sha256')];
  let byteCount = 0;
  try {
    try {
      await hub.receive(revision, file.path, async (chunk) => {
        byteCount += chunk.byteLength;
        if (byteCount > file.sizeBytes) throw damaged(file.path, 'is larger than it should be');
        hash.update(chunk);
        sha256.update(chunk);
        await handle.writeFile(chunk);
        onCount(byteCount);
      });
      if (byteCount < file.sizeBytes) throw damaged(file.path, 'was cut off');
      if (hash.digest('hex') !== file.hash) throw damaged(file.path, 'has another hash');
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return sha256.digest('hex');
}

/** The folders that lead to a file, each of which only its owner may enter. */
function makeFolders(folder: string, path: string): void {
  ensurePrivateFolder(folder);
  const parts = path.split('/').slice(0, -1);
  for (const at of parts.keys()) ensurePrivateFolder(join(folder, ...parts.slice(0, at + 1)));
}

function damaged(path: string, what: string): ClaudioError {
  return new ClaudioError({
    code: 'model.damaged',
    message: `${path} was fetched, and ${what}: it is not used.`,
    hint: 'Run `claudio memory setup` again. If it happens every time, something between here and there changes what it lets through.',
  });
}

function unsupported(model: string, what: string): ClaudioError {
  return new ClaudioError({
    code: 'model.unsupported',
    message: `${model} cannot be used: it ${what}.`,
    hint: 'Set MEMORY_EMBEDDING_MODEL to a model of sentence-transformers that is there for ONNX too.',
  });
}

function underWay(model: string): ClaudioError {
  return new ClaudioError({
    code: 'model.under-way',
    message: `${model} is being fetched already.`,
    hint: 'Wait until that has ended, and try again.',
  });
}

function diskFault(error: unknown, folder: string): unknown {
  if (hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL')) {
    return new ClaudioError({
      code: 'model.disk-full',
      message: `There is no room left in ${folder} for the model.`,
      hint: 'Free some space there, and run `claudio memory setup` again; it goes on where it stopped.',
      cause: error,
    });
  }
  if (error instanceof ClaudioError || !(error instanceof Error && 'code' in error)) return error;
  return new ClaudioError({
    code: 'model.unwritable',
    message: `The model cannot be written to ${folder}: ${messageOf(error)}.`,
    hint: 'Make the folder writable for you, and try again.',
    cause: error,
  });
}
