import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTick } from 'node:timers/promises';
import { sendSignal } from './send-signal.ts';
import type { ProcessEntry, ProcessTable } from './entry.ts';

/** USER_HZ, the unit of times under /proc: 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Files read before everything else gets a turn: about a millisecond. */
const SLICE_COUNT = 64;

/**
 * Reads /proc. The reads are synchronous, since one takes some ten microseconds and a trip through the
 * thread pool takes ten times that, and they are done in slices that leave the event loop free.
 *
 * Source: proc_pid_stat(5), proc_pid_environ(5), proc_stat(5).
 */
export function createLinuxTable(): ProcessTable {
  return {
    async list() {
      const bootedAtMs = readBootTimeMs();
      const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
      return inSlices(pids, (pid) => readEntry(Number(pid), bootedAtMs));
    },
    find: (pid) => Promise.resolve(readEntry(pid, readBootTimeMs())),
    async variable(entries, name) {
      const found = await inSlices(entries, ({ pid }) => {
        const value = readVariable(pid, name);
        return value === null ? null : ([pid, value] as const);
      });
      return new Map(found);
    },
    signal(entry, name) {
      const now = readEntry(entry.pid, 0);
      const isStill = now?.startToken === entry.startToken;
      return Promise.resolve(isStill && sendSignal(entry.pid, name));
    },
  };
}

async function inSlices<From, To>(
  from: readonly From[],
  read: (item: From) => To | null,
): Promise<To[]> {
  const out: To[] = [];
  for (const [at, item] of from.entries()) {
    if (at % SLICE_COUNT === SLICE_COUNT - 1) await nextTick();
    const value = read(item);
    if (value !== null) out.push(value);
  }
  return out;
}

/** `null` when the process is gone, is a zombie, or is another user's. */
function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return null;
  }
}

function readBootTimeMs(): number {
  const seconds = /^btime (\d+)$/m.exec(readProc('stat') ?? '')?.[1];
  return Number(seconds ?? 0) * 1000;
}

function readEntry(pid: number, bootedAtMs: number): ProcessEntry | null {
  const stat = readProc(`${pid}/stat`);
  if (stat === null) return null;
  // The name in parentheses may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parentPid, groupId] = fields;
  const startTicks = fields[19];
  if (state === undefined || state === 'Z' || state === 'X' || startTicks === undefined)
    return null;
  return {
    pid,
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    startToken: startTicks,
    startedAtMs: bootedAtMs + (Number(startTicks) * 1000) / TICKS_PER_SECOND,
  };
}

function readVariable(pid: number, name: string): string | null {
  const environment = readProc(`${pid}/environ`);
  if (environment === null) return null;
  const start = `${name}=`;
  const pair = environment.split('\0').find((one) => one.startsWith(start));
  return pair === undefined ? null : pair.slice(start.length);
}
