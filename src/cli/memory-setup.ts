import { join } from 'node:path';
import { ClaudioError } from '../core/error.ts';
import { fetchModel, type FetchProgress } from '../memory/embeddings/fetch-model.ts';
import { createLocalEmbedder } from '../memory/embeddings/local.ts';
import { inspectConfiguration } from '../platform/configuration/load.ts';
import { createHttpClient } from '../platform/http-client.ts';
import { silentLog } from '../platform/log.ts';
import { EXIT, type CliContext } from './context.ts';
import { untilInterrupted } from './interrupt.ts';

const BYTES_PER_MB = 1e6;
const BAR_WIDTH = 24;
const MEANWHILE = 'Without the model everything that is remembered is found by its words alone.';

/**
 * `claudio memory setup`: fetches the model, and sees that it works here. Where it is there and whole, it
 * does nothing.
 *
 * @throws ClaudioError `config.invalid`, `cli.cancelled`, `model.unusable`, and what {@link fetchModel} throws.
 */
export async function memorySetup({ environment, ui }: CliContext): Promise<number> {
  const { home, file, settings, faults } = inspectConfiguration(environment);
  const fault = faults.find((one) => one.startsWith('MEMORY_'));
  if (fault !== undefined) {
    const hint = `Correct it in ${file}, or with \`claudio config set\`.`;
    throw new ClaudioError({ code: 'config.invalid', message: fault, hint });
  }
  const { MEMORY_EMBEDDING_MODEL: model, MEMORY_MODEL_ROOT: root } = settings;
  const modelsDir = join(home, 'models');
  const http = createHttpClient();
  try {
    const fetched = await untilInterrupted((signal) =>
      ui.step(`Looking for ${model} at ${new URL(root).host}`, (tell) =>
        fetchModel({
          http,
          root,
          model,
          modelsDir,
          signal,
          onProgress: (progress) => tell(barOf(progress)),
        }),
      ),
    );
    const size = megabytes(fetched.sizeBytes);
    if (fetched.kind === 'there') {
      ui.done(`${model} is there and whole: ${size} MB in ${fetched.folder}`);
    } else {
      await ui.step('Trying it', () => tryModel(model, modelsDir));
      ui.done(`${model} is fetched and works: ${size} MB in ${fetched.folder}`);
      ui.say(
        'What is remembered is found by its meaning too from now on. What is there already gets its vectors in the background, while the service runs.',
      );
    }
  } catch (error) {
    ui.say(MEANWHILE);
    throw error;
  } finally {
    await http.close();
  }
  if (!settings.MEMORY_ENABLED) {
    ui.warn('MEMORY_ENABLED is 0: `claudio config set MEMORY_ENABLED 1` turns the memory on.');
  }
  return EXIT.ok;
}

async function tryModel(model: string, modelsDir: string): Promise<void> {
  const embedder = createLocalEmbedder({ model, modelsDir, log: silentLog() });
  try {
    const tried = await embedder.embed(['Does it work?']);
    if (tried.kind === 'embedded') return;
    throw new ClaudioError({
      code: 'model.unusable',
      message: `The model is whole and does not work here: ${tried.reason}`,
      hint: 'Set MEMORY_EMBEDDING_MODEL to another one; `claudio doctor` looks at the rest.',
    });
  } finally {
    await embedder.close();
  }
}

/** `█████░░░░░ 52 %, 47.0 of 90.9 MB` */
function barOf({ doneBytes, totalBytes }: FetchProgress): string {
  const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const full = Math.round(share * BAR_WIDTH);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
  return `${bar} ${Math.floor(share * 100)} %, ${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB`;
}

function megabytes(bytes: number): string {
  return (bytes / BYTES_PER_MB).toFixed(1);
}
