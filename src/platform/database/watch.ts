import type { Database } from './open.ts';

/**
 * Tells when another process has committed something; with `own`, also when this connection has. A look
 * takes microseconds, and does not keep the process alive.
 *
 * Sources: https://sqlite.org/pragma.html#pragma_data_version,
 * https://sqlite.org/lang_corefunc.html#total_changes
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
    readonly own?: boolean;
    readonly onChange: () => void;
    readonly onFault: (error: unknown) => void;
  },
): () => void {
  const sqlite = database.orm.$client;
  const others = sqlite.prepare('PRAGMA data_version').pluck();
  const own = sqlite.prepare('SELECT total_changes()').pluck();
  const version = () => JSON.stringify([others.get(), options.own === true ? own.get() : null]);
  let seen = version();
  let isFaulty = false;
  const look = (): boolean => {
    try {
      const current = version();
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
