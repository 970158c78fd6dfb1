import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ClaudioError, hasCode, messageOf } from '../../core/error.ts';
import { parseJson } from '../../core/json.ts';

/** Beside a model's files: what they must be. It is written last, so without it a model is not whole. */
export const MANIFEST = 'manifest.json';
/** What to do about a model whose files are not what they should be. */
export const FETCH_IT = '`claudio memory setup` fetches it.';
const CHOOSE_ANOTHER = 'Set MEMORY_EMBEDDING_MODEL to another model.';
/** Where the model proper may be, the better place first. */
export const MODEL_PATHS = ['onnx/model.onnx', 'model.onnx'] as const;

const NAME = /^[\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95}$/u;
/** A relative path whose parts do not begin with a dot. */
const PATH = /^(?:[\w-][\w.-]*\/){0,3}[\w-][\w.-]*$/u;

const manifestSchema = z.object({
  model: z.string(),
  /** The commit that the files are of. */
  revision: z.string().regex(/^[\da-f]{40}$/u),
  files: z.record(
    z.string().regex(PATH),
    z.object({
      /** In hexadecimal. */
      sha256: z.string().regex(/^[\da-f]{64}$/u),
      sizeBytes: z.int().nonnegative(),
    }),
  ),
});

export type ModelManifest = z.infer<typeof manifestSchema>;

/** The files of a model, as far as a quick look tells. */
export type ModelLook =
  | {
      readonly kind: 'there';
      readonly manifest: ModelManifest;
      /** Another one where a file has changed since. */
      readonly fingerprint: string;
    }
  /** A sentence on what is wrong. */
  | {
      readonly kind: 'unusable';
      readonly reason: string;
      readonly fingerprint: string;
      /** The commit that its files are of; null where there is no manifest to tell. */
      readonly revision: string | null;
    };

/** Why a model cannot be used: a sentence, and another one on what to do about it. */
export class ModelFault extends Error {
  readonly remedy: string;

  constructor(message: string, remedy = CHOOSE_ANOTHER) {
    super(message);
    this.remedy = remedy;
  }
}

/**
 * The folder of a model: `<modelsDir>/<owner>/<name>`. Need not exist.
 *
 * @throws ClaudioError `model.invalid-name`
 */
export function modelFolder(modelsDir: string, model: string): string {
  if (!NAME.test(model)) {
    throw new ClaudioError({
      code: 'model.invalid-name',
      message: `${JSON.stringify(model.slice(0, 200))} is not the name of a model.`,
      hint: 'Set MEMORY_EMBEDDING_MODEL to one of Hugging Face, such as sentence-transformers/all-MiniLM-L6-v2.',
    });
  }
  return join(modelsDir, ...model.split('/'));
}

/** Looks whether a model's files are there, by their sizes. Takes well below a millisecond, never throws. */
export function lookAtModel(folder: string, model: string): ModelLook {
  const path = join(folder, MANIFEST);
  const seen: string[] = [];
  let revision: string | null = null;
  const unusable = (reason: string): ModelLook => ({
    kind: 'unusable',
    reason,
    fingerprint: seen.join(' '),
    revision,
  });
  const look = (file: string): number | null => {
    const stats = statSync(join(folder, file), { throwIfNoEntry: false });
    seen.push(stats === undefined ? '-' : `${stats.ino}:${stats.size}:${stats.mtimeMs}`);
    return stats?.isFile() === true ? stats.size : null;
  };
  try {
    if (look(MANIFEST) === null) return unusable(`The model ${model} is not on this machine.`);
    const parsed = manifestSchema.safeParse(parseJson(readFileSync(path)));
    if (!parsed.success || parsed.data.model !== model) {
      return unusable(`${path} is not the manifest of ${model}.`);
    }
    ({ revision } = parsed.data);
    for (const [file, { sizeBytes }] of Object.entries(parsed.data.files)) {
      const size = look(file);
      if (size === null) return unusable(`The model ${model} lacks its file ${file}.`);
      if (size !== sizeBytes) {
        return unusable(`${file} of ${model} has ${size} bytes rather than ${sizeBytes}.`);
      }
    }
    return { kind: 'there', manifest: parsed.data, fingerprint: seen.join(' ') };
  } catch (error) {
    return unusable(`The files of ${model} cannot be looked at: ${messageOf(error)}.`);
  }
}

/**
 * Reads a file of a model, and sees to it that it is what the manifest says.
 *
 * @throws ModelFault
 */
export async function readModelFile(
  folder: string,
  manifest: ModelManifest,
  file: string,
): Promise<Uint8Array> {
  const wanted = manifest.files[file];
  if (wanted === undefined)
    throw new ModelFault(`The model ${manifest.model} has no ${file}.`, FETCH_IT);
  let content: Uint8Array;
  try {
    content = await readFile(join(folder, file));
  } catch (error) {
    const what = hasCode(error, 'ENOENT') ? 'is gone' : `cannot be read: ${messageOf(error)}`;
    throw new ModelFault(`${file} of ${manifest.model} ${what}.`, FETCH_IT);
  }
  if (createHash('sha256').update(content).digest('hex') !== wanted.sha256) {
    throw new ModelFault(
      `${file} of ${manifest.model} is damaged: its SHA-256 is another one.`,
      FETCH_IT,
    );
  }
  return content;
}
