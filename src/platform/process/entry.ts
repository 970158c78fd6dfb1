/**
 * A process that is alive, as the system's table shows it. Process ids are used again: only `pid` and
 * `startToken` together name one process.
 */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** Opaque; equal only for the same process. */
  readonly startToken: string;
  /** Milliseconds since the Unix epoch, exact to about a second. */
  readonly startedAtMs: number;
}

/** What a system can tell about all of its processes. */
export interface ProcessTable {
  /** Every process that can be seen; those that are dead but not yet reaped are left out. */
  list(): Promise<readonly ProcessEntry[]>;
  /** One process; `null` when there is none of that pid. On Linux it is read before this returns. */
  find(pid: number): Promise<ProcessEntry | null>;
  /** The value of one environment variable, by pid, for those that have it and let it be read. */
  variable(entries: readonly ProcessEntry[], name: string): Promise<ReadonlyMap<number, string>>;
  /** Sends a signal if the pid is still that process. Resolves with whether it was. */
  signal(entry: ProcessEntry, name: NodeJS.Signals): Promise<boolean>;
}

/** Whether two entries are the same process. */
export function isSame(one: ProcessEntry, other: ProcessEntry | undefined): boolean {
  return other !== undefined && one.pid === other.pid && one.startToken === other.startToken;
}
