import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Place } from './place.ts';

/** What is to be run, and under which rules. */
export interface ProcessPlan {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly umask: number | null;
  /** A file that standard error goes to, beside the journal. */
  readonly stderrPath: string | null;
  readonly restarts: 'always' | 'on-failure' | 'never';
  readonly restartDelayMs: number;
  /** Exit codes after which it is not started again. */
  readonly finalCodes: readonly number[];
}

/** How a process stands; written by whoever watches over it. */
export interface ProcessState {
  readonly supervisorPid: number;
  /** `null` where it does not run. */
  readonly pid: number | null;
  readonly active: 'active' | 'activating' | 'inactive' | 'failed';
  readonly exitCode: number | null;
  readonly signal: string | null;
}

const POLL_MS = 20;

/** How the process of this name stands; `null` where it was never started. */
export function processState(place: Place, name: string): ProcessState | null {
  return place.read<ProcessState | null>(`processes/${name}.json`, null);
}

/** Starts what the plan says under a watcher that outlives this program. Resolves when it runs, or failed to. */
export async function startProcess(place: Place, plan: ProcessPlan): Promise<ProcessState> {
  mkdirSync(place.path('processes'), { recursive: true });
  const names = place.read<Record<string, true>>('processes/names.json', {});
  place.write('processes/names.json', { ...names, [plan.name]: true });
  place.write(`processes/${plan.name}.plan.json`, plan);
  place.write(`processes/${plan.name}.json`, null);
  place.write(`processes/${plan.name}.stop`, false);
  const watcher = join(import.meta.dirname, 'supervise.ts');
  spawn(process.execPath, [watcher, place.folder, plan.name], {
    detached: true,
    stdio: 'ignore',
  }).unref();
  for (;;) {
    const state = processState(place, plan.name);
    if (state !== null && state.active !== 'activating') return state;
    if (state !== null && (state.exitCode ?? state.signal) !== null) return state;
    await setTimeout(POLL_MS);
  }
}

/** Stops it politely and, after the limit, for good. Resolves when it is gone. */
export async function stopProcess(
  place: Place,
  name: string,
  limitMs: number,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  const state = processState(place, name);
  if (state === null || (state.pid === null && state.active !== 'activating')) return;
  place.write(`processes/${name}.stop`, true);
  if (state.pid !== null) trySignal(state.pid, signal);
  const until = performance.now() + limitMs;
  for (let killed = false; ;) {
    const now = processState(place, name);
    if (now === null || (now.pid === null && now.active !== 'activating')) return;
    if (!killed && performance.now() > until && now.pid !== null) {
      trySignal(-now.pid, 'SIGKILL');
      killed = true;
    }
    await setTimeout(POLL_MS);
  }
}

export function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Ends a process, its group and its watcher, and waits until the process is gone. */
export async function killProcess(state: ProcessState | null): Promise<void> {
  if (state === null) return;
  trySignal(state.supervisorPid, 'SIGKILL');
  if (state.pid === null) return;
  trySignal(-state.pid, 'SIGKILL');
  while (isAlive(state.pid)) await setTimeout(POLL_MS);
}

function isAlive(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  try {
    process.kill(pid, 0);
    // One that nobody has reaped yet is dead all the same.
    return !existsSync(file) || !/^\d+ \(.*\) Z/su.test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

/** Writes an empty journal where there is none. */
export function journalPath(place: Place, name: string): string {
  const file = place.path(`processes/${name}.log`);
  if (!existsSync(file)) writeFileSync(file, '');
  return file;
}
