import type { RecalledMemory } from '../core/memory.ts';
import type { Recall } from '../memory/recall.ts';
import type { Logger } from '../platform/log.ts';
import type { PromptMessage } from './prompt.ts';

/** A turn goes on without what has not come to mind by then. A model that has to be loaded takes a while. */
const RECALLED_WITHIN_MS = 2000;

/**
 * What a turn is reminded of by the messages that it is to answer. Resolves when `signal` aborts at the
 * latest, and after a limit; never throws.
 *
 * @param options.withinMs 2,000 unless given.
 */
export async function remindedOf(
  messages: readonly PromptMessage[],
  turn: { readonly turnId: number; readonly scope: string },
  options: {
    readonly memory: Pick<Recall, 'forTurn'>;
    readonly log: Logger;
    readonly signal: AbortSignal;
    readonly withinMs?: number;
  },
): Promise<readonly RecalledMemory[]> {
  const { memory, log, withinMs = RECALLED_WITHIN_MS } = options;
  const query = messages.map(wordsOf).filter(Boolean).join('\n\n');
  if (query === '') return [];
  const limit = AbortSignal.any([options.signal, AbortSignal.timeout(withinMs)]);
  const recalled = await Promise.race([memory.forTurn(turn, query, limit), aborted(limit)]);
  if (recalled === 'aborted') {
    if (!options.signal.aborted) log.warn({ withinMs }, 'memory.slow');
    return [];
  }
  log.debug({ count: recalled.length }, 'memory.recalled');
  return recalled;
}

function aborted(signal: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve('aborted'), { once: true });
    if (signal.aborted) resolve('aborted');
  });
}

/** What was said, and then what it replies to: of a long text, a model of words reads the beginning. */
function wordsOf({ text, quote }: PromptMessage): string {
  return [text, quote?.text ?? '']
    .map((words) => words.trim())
    .filter(Boolean)
    .join('\n');
}
