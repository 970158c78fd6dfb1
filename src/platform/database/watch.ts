import type { Database } from './open.ts';

/**
 * Tells when another process has committed something. What this connection commits itself does not
 * count. A look takes microseconds, and does not keep the process alive.
 *
 * Source: https://sqlite.org/pragma.html#pragma_data_version
 *
 * @param options.onChange Called at most once every `everyMs`, however much was committed.
 * @param options.onFault Called when the database cannot be asked, once until it can be again; what was
 *   committed meanwhile is told of then.
 * @returns What ends the watch. To be called before the database is closed.
 */
export function watchDatabase(
  database: Database,
  options: {
    readonly everyMs: number;
    readonly onChange: () => void;
    readonly onFault: (error: unknown) => void;
  },
): () => void {
  const version = database.orm.$client.prepare('PRAGMA data_version').pluck();
  let seen = version.get();
  let isFaulty = false;
  const look = (): boolean => {
    try {
      const current = version.get();
      const isChanged = current !== seen;
      seen = current;
      isFaulty = false;
      return isChanged;
    } catch (error) {
      if (!isFaulty) options.onFault(error);
      isFaulty = true;
      return false;
    }
  };
  const timer = setInterval(() => {
    if (look()) options.onChange();
  }, options.everyMs).unref();
  return () => clearInterval(timer);
}
