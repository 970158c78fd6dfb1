import { cancelled } from './ui.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does something that the person can break off, where something has to be put right afterwards: the
 * caller's `finally` runs. A second signal ends the process at once.
 *
 * @param work Its signal aborts at the first INT, TERM or HUP. It is not waited for then.
 * @throws ClaudioError `cli.cancelled` after such a signal; what `work` throws.
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = () => {
    ending.abort();
    ended.reject(cancelled());
  };
  for (const name of SIGNALS) process.once(name, end);
  try {
    return await Promise.race([work(ending.signal), ended.promise]);
  } finally {
    for (const name of SIGNALS) process.off(name, end);
    ending.abort();
  }
}
