import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { placeAt } from './place.ts';
import { journalPath, type ProcessPlan, type ProcessState } from './processes.ts';

// Watches over one process for the stand-ins of systemctl and launchctl: `node supervise.ts FOLDER NAME`.
const [folder = '', name = ''] = process.argv.slice(2);
const place = placeAt(folder);
const plan = place.read<ProcessPlan | null>(`processes/${name}.plan.json`, null);
if (plan === null) throw new Error(`there is no plan for ${name}`);

const tell = (state: Omit<ProcessState, 'supervisorPid'>): void =>
  place.write(`processes/${name}.json`, { supervisorPid: process.pid, ...state });
const isToStop = (): boolean => place.read(`processes/${name}.stop`, false);

for (;;) {
  const journal = openSync(journalPath(place, name), 'a');
  const stderr = plan.stderrPath === null ? journal : openSync(plan.stderrPath, 'a', 0o600);
  if (plan.umask !== null) process.umask(plan.umask);
  const [file = '', ...args] = plan.argv;
  const child = spawn(file, args, {
    cwd: plan.cwd,
    env: { ...plan.env },
    detached: true,
    stdio: ['ignore', journal, stderr],
  });
  const ended = once(child, 'exit');
  ended.catch(() => undefined);
  const isStarted = await Promise.race([
    once(child, 'spawn').then(() => true),
    once(child, 'error').then(() => false),
  ]);
  if (!isStarted) {
    tell({ pid: null, active: 'failed', exitCode: 203, signal: null });
    break;
  }
  tell({ pid: child.pid ?? null, active: 'active', exitCode: null, signal: null });
  const [code, signal] = (await ended) as [number | null, string | null];
  const isFailure = code !== 0 && signal !== 'SIGTERM';
  const isWanted = plan.restarts === 'always' || (plan.restarts === 'on-failure' && isFailure);
  const goesOn = isWanted && !isToStop() && !plan.finalCodes.includes(code ?? -1);
  tell({
    pid: null,
    active: goesOn ? 'activating' : isFailure ? 'failed' : 'inactive',
    exitCode: code,
    signal,
  });
  if (!goesOn) break;
  await setTimeout(plan.restartDelayMs);
  if (!existsSync(folder)) break;
  if (isToStop()) {
    tell({ pid: null, active: 'inactive', exitCode: code, signal });
    break;
  }
}
