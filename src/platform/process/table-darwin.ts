import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sendSignal } from './send-signal.ts';
import type { ProcessEntry, ProcessTable } from './entry.ts';

const run = promisify(execFile);

/**
 * Asks ps. macOS hides the environment of the programs that it protects itself (those in /bin and
 * /usr/bin): such a process is found by its parent and by its process group, not by its marker.
 *
 * Source: ps(1) of macOS, keywords `lstart`, `pgid`, `state`, option -E.
 */
export function createDarwinTable(): ProcessTable {
  return {
    list: () => listProcesses(['-ax']),
    find: (pid) => findProcess(pid),
    async variable(entries, name) {
      const wanted = new Set(entries.map((entry) => entry.pid));
      const pattern = new RegExp(`\\s${name}=(\\S*)`);
      const found = new Map<number, string>();
      for (const line of await ps(['-Eww', '-ax', '-o', 'pid=,command='])) {
        const pid = Number.parseInt(line, 10);
        const value = pattern.exec(line)?.[1];
        if (wanted.has(pid) && value !== undefined) found.set(pid, value);
      }
      return found;
    },
    async signal(entry, name) {
      const now = await findProcess(entry.pid);
      return now?.startToken === entry.startToken && sendSignal(entry.pid, name);
    },
  };
}

async function findProcess(pid: number): Promise<ProcessEntry | null> {
  const [entry] = await listProcesses(['-p', String(pid)]);
  return entry ?? null;
}

async function listProcesses(selection: readonly string[]): Promise<ProcessEntry[]> {
  const lines = await ps([...selection, '-o', 'pid=,ppid=,pgid=,state=,lstart=']);
  return lines.flatMap((line) => parseProcessLine(line) ?? []);
}

/** Reads `pid ppid pgid state Sat Nov 21 06:07:47 2026`; `null` for a zombie or another form. */
export function parseProcessLine(line: string): ProcessEntry | null {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
  if (match === null) return null;
  const [, pid, parentPid, groupId, state = '', startToken = ''] = match;
  const startedAtMs = Date.parse(`${startToken} UTC`);
  if (state.startsWith('Z') || Number.isNaN(startedAtMs)) return null;
  return {
    pid: Number(pid),
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    startToken,
    startedAtMs,
  };
}

async function ps(args: readonly string[]): Promise<string[]> {
  try {
    const { stdout } = await run('/bin/ps', args, {
      env: { LC_ALL: 'C', TZ: 'UTC' },
      maxBuffer: 64 * 1024 * 1024,
      timeout: 5000,
    });
    return stdout.split('\n');
  } catch (error) {
    // ps exits with 1 when -p names a process that is gone.
    if (error instanceof Error && 'code' in error && error.code === 1) return [];
    throw error;
  }
}
