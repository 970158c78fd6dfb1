import type { Logger } from '../../platform/log.ts';
import type { Embedder, EmbedderState, Embedding } from './embedder.ts';
import { FETCH_IT, lookAtModel, modelFolder } from './model-files.ts';
import { startThread, type ModelThread } from './thread.ts';

const IDLE_MS = 10 * 60_000;
/** A model that could not be used is not tried again before that, unless its files have changed. */
const TRY_AGAIN_MS = 60_000;
const AGAIN = 'It is tried again in a minute; the log says more.';
const CLOSED = 'The model is being unloaded.';

/** What waits for its vectors. */
interface Waiting {
  readonly texts: readonly string[];
  readonly vectors: Float32Array[];
  readonly isUrgent: boolean;
  readonly settle: (embedding: Embedding) => void;
}

interface Fault {
  readonly reason: string;
  readonly remedy: string;
  readonly fingerprint: string;
  readonly untilMs: number;
}

/**
 * Embeds with a model whose files are on this machine, in a thread of its own. Texts go there one by one,
 * so that an urgent one waits for one text at most: several at once would take a fifth less for each.
 *
 * @throws ClaudioError `model.invalid-name`
 */
export function createLocalEmbedder(options: {
  /** `MEMORY_EMBEDDING_MODEL`, such as `sentence-transformers/all-MiniLM-L6-v2`. */
  readonly model: string;
  /** `$CLAUDIO_HOME/models`; need not exist. */
  readonly modelsDir: string;
  readonly log: Logger;
  /** After so long without work the model is unloaded; 10 minutes unless given. */
  readonly idleMs?: number;
  /** How many threads compute; one unless given. More are slower for as short texts as these. */
  readonly threadCount?: number;
}): Embedder {
  const { model, log, idleMs = IDLE_MS, threadCount = 1 } = options;
  const folder = modelFolder(options.modelsDir, model);
  const waiting: Waiting[] = [];
  let thread: ModelThread | null = null;
  let dimensionCount: number | null = null;
  let fault: Fault | null = null;
  let idle: NodeJS.Timeout | null = null;
  let ending: Promise<void> = Promise.resolve();
  let isWorking = false;
  let isClosed = false;

  const settle = (one: Waiting, embedding: Embedding): void => {
    const at = waiting.indexOf(one);
    if (at === -1) return;
    waiting.splice(at, 1);
    one.settle(embedding);
  };
  const settleAll = (reason: string): void => {
    for (const one of waiting.splice(0)) one.settle({ kind: 'unavailable', reason });
  };

  const unload = async (): Promise<void> => {
    if (idle !== null) clearTimeout(idle);
    if (thread !== null) ending = thread.close();
    thread = null;
    dimensionCount = null;
    await ending;
  };

  /** What keeps the model from being loaded now; null where nothing is known that does. */
  const obstacle = (isRetry: boolean): { reason: string; remedy: string } | null => {
    if (isClosed) return { reason: CLOSED, remedy: '' };
    const look = lookAtModel(folder, model);
    if (look.kind === 'unusable') return { reason: look.reason, remedy: FETCH_IT };
    if (fault?.fingerprint !== look.fingerprint) return null;
    return isRetry && performance.now() >= fault.untilMs ? null : fault;
  };

  const broken = (reason: string, remedy: string): void => {
    if (isClosed) return;
    const { fingerprint } = lookAtModel(folder, model);
    fault = { reason, remedy, fingerprint, untilMs: performance.now() + TRY_AGAIN_MS };
    log.warn({ model, reason }, 'memory.model-unusable');
    settleAll(`${reason} ${remedy}`);
  };

  /** The thread with the model in it, when that is loaded; null where it cannot be. */
  const loaded = async (): Promise<ModelThread | null> => {
    if (thread !== null && dimensionCount !== null) return thread;
    const startedMs = performance.now();
    log.debug({ model }, 'memory.model-loading');
    const started = startThread({ folder, model, threadCount });
    thread = started;
    const answer = await started.loaded;
    if (isClosed) return null;
    if (answer.kind === 'loaded') {
      dimensionCount = answer.dimensionCount;
      fault = null;
      const tookMs = Math.round(performance.now() - startedMs);
      log.info({ model, dimensionCount, tookMs }, 'memory.model-loaded');
      return started;
    }
    await unload();
    if (answer.kind === 'unusable') broken(answer.reason, answer.remedy);
    else broken(answer.kind === 'dead' ? answer.reason : 'The model did not load.', AGAIN);
    return null;
  };

  const embedNext = async (on: ModelThread): Promise<void> => {
    const one = waiting.find(({ isUrgent }) => isUrgent) ?? waiting[0];
    if (one === undefined) return;
    const answer = await on.embed(one.texts[one.vectors.length] ?? '');
    if (answer.kind === 'embedded') {
      one.vectors.push(answer.vector);
      if (one.vectors.length < one.texts.length) return;
      settle(one, { kind: 'embedded', vectors: one.vectors });
    } else if (answer.kind === 'failed') {
      log.warn({ model, reason: answer.reason }, 'memory.text-not-embedded');
      settle(one, { kind: 'unavailable', reason: answer.reason });
    } else if (!isClosed) {
      await unload();
      broken(answer.kind === 'dead' ? answer.reason : 'The model was lost.', AGAIN);
    }
  };

  const work = async (): Promise<void> => {
    if (isWorking) return;
    isWorking = true;
    try {
      if (idle !== null) clearTimeout(idle);
      thread?.hold(true);
      while (waiting.length > 0) {
        const on = await loaded();
        if (on !== null) await embedNext(on);
      }
      if (thread === null) return;
      thread.hold(false);
      idle = setTimeout(() => {
        log.info({ model }, 'memory.model-unloaded');
        void unload();
      }, idleMs).unref();
    } catch (error) {
      await unload();
      broken(`The model failed: ${String(error)}.`, AGAIN);
    } finally {
      isWorking = false;
    }
  };

  return {
    model,
    state: (): EmbedderState => {
      if (thread !== null) {
        return dimensionCount === null ? { kind: 'loading' } : { kind: 'ready', dimensionCount };
      }
      const found = obstacle(false);
      if (found === null) return { kind: 'resting' };
      return { kind: 'unavailable', reason: found.reason, remedy: found.remedy };
    },
    embed: async (texts, { signal, urgent = false } = {}) => {
      if (texts.length === 0) return { kind: 'embedded', vectors: [] };
      if (signal?.aborted === true) return { kind: 'unavailable', reason: 'It was given up.' };
      const found = thread === null ? obstacle(true) : null;
      if (found !== null) {
        return { kind: 'unavailable', reason: `${found.reason} ${found.remedy}`.trim() };
      }
      const { promise, resolve } = Promise.withResolvers<Embedding>();
      const one: Waiting = { texts: [...texts], vectors: [], isUrgent: urgent, settle: resolve };
      const giveUp = (): void => settle(one, { kind: 'unavailable', reason: 'It was given up.' });
      signal?.addEventListener('abort', giveUp, { once: true });
      waiting.push(one);
      void work();
      const embedding = await promise;
      signal?.removeEventListener('abort', giveUp);
      return embedding;
    },
    close: async () => {
      isClosed = true;
      settleAll(CLOSED);
      await unload();
    },
  };
}
