import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { createProcessTable } from './table.ts';
import { isSame, type ProcessEntry, type ProcessTable } from './entry.ts';

/** How a tree of processes is told from all others. */
export interface TreeSigns {
  /** The process that started it all, or `null` where it is gone already. */
  readonly root: ProcessEntry | null;
  /** The environment variable that all of the tree inherits. */
  readonly variable: string;
  readonly isOurs: (value: string, entry: ProcessEntry) => boolean;
}

/** What {@link ProcessTree.stop} did. */
export interface StopReport {
  /** Processes that were stopped. */
  readonly stoppedCount: number;
  /** Those that were still alive when the time was up: stuck in the kernel, or another user's. */
  readonly leftCount: number;
}

/** A process and everything that it has started. */
export interface ProcessTree {
  /** Looks who belongs to it now. What was seen once stays known after its parent is gone. */
  look(): Promise<readonly ProcessEntry[]>;
  /**
   * Stops all of it: TERM, a short grace, then KILL, looking again until nothing is left. Takes up to
   * {@link StopTimes.limitMs}; may be called again.
   */
  stop(): Promise<StopReport>;
}

export interface StopTimes {
  /** Between TERM and KILL. */
  readonly graceMs: number;
  /** When to give up. */
  readonly limitMs: number;
}

const TIMES: StopTimes = { graceMs: 1000, limitMs: 6000 };
/** Between two looks: doubled from the first to the last. */
const POLL_MS = { first: 10, last: 160 };

/**
 * Knows a tree by four signs, since each of them alone can be lost: the root, the marker (a program may
 * overwrite its environment), the parent (a child of a dead parent goes to init) and the process group.
 */
export function createTree(
  signs: TreeSigns,
  times: StopTimes = TIMES,
  table: ProcessTable = createProcessTable(),
): ProcessTree {
  const known = new Map(signs.root === null ? [] : [[signs.root.pid, signs.root]]);

  async function look(): Promise<ProcessEntry[]> {
    const entries = await table.list();
    const own = entries.find((entry) => entry.pid === process.pid);
    // Nothing of the tree is older than its root, so most need no look at their environment. Times of
    // two looks do not compare: a clock that was set in between shifts them.
    const root = entries.find((entry) => isSame(entry, signs.root ?? undefined));
    const sinceMs = root?.startedAtMs ?? 0;
    const others = entries.filter(
      (entry) => entry.pid !== process.pid && entry.startedAtMs >= sinceMs,
    );
    const values = await table.variable(others, signs.variable);
    const byPid = new Map(others.map((entry) => [entry.pid, entry]));
    const isMarked = (entry: ProcessEntry): boolean => {
      const value = values.get(entry.pid);
      return value !== undefined && signs.isOurs(value, entry);
    };
    const members = new Map<number, ProcessEntry>();
    for (const entry of others) {
      if (isSame(entry, known.get(entry.pid)) || isMarked(entry)) {
        members.set(entry.pid, entry);
      }
    }
    // A process that bears another's mark belongs to that other, whoever started it.
    for (const entry of others) if (values.has(entry.pid)) byPid.delete(entry.pid);
    addKin(members, byPid, own?.groupId ?? null);
    for (const [pid, entry] of members) known.set(pid, entry);
    return [...members.values()];
  }

  return {
    look,
    async stop() {
      const startMs = performance.now();
      const elapsedMs = (): number => performance.now() - startMs;
      const stopped = new Set<string>();
      const asked = new Set<string>();
      for (let pollMs = POLL_MS.first; ; pollMs = Math.min(pollMs * 2, POLL_MS.last)) {
        const alive = await look();
        const isLate = elapsedMs() > times.limitMs;
        if (alive.length === 0 || isLate) {
          return { stoppedCount: stopped.size - alive.length, leftCount: alive.length };
        }
        for (const entry of alive) {
          const name = `${entry.pid}@${entry.startToken}`;
          stopped.add(name);
          if (elapsedMs() > times.graceMs) await table.signal(entry, 'SIGKILL');
          else if (!asked.has(name)) await table.signal(entry, 'SIGTERM');
          asked.add(name);
        }
        await delay(pollMs);
      }
    },
  };
}

/** Adds children and fellow members of process groups until nobody new is found. */
function addKin(
  members: Map<number, ProcessEntry>,
  byPid: ReadonlyMap<number, ProcessEntry>,
  ownGroupId: number | null,
): void {
  for (;;) {
    const groups = new Set([...members.values()].map((entry) => entry.groupId));
    if (ownGroupId !== null) groups.delete(ownGroupId);
    const kin = [...byPid.values()].filter(
      (entry) =>
        !members.has(entry.pid) && (members.has(entry.parentPid) || groups.has(entry.groupId)),
    );
    if (kin.length === 0) return;
    for (const entry of kin) members.set(entry.pid, entry);
  }
}
