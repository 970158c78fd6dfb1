import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ServiceManager, ServiceUnit } from '../../../src/ops/service/service-manager.ts';

/** What a service is, known by all processes that look after it. */
export interface ServicePlace {
  /** A folder for what is known of it. */
  readonly folder: string;
  readonly root: string;
  readonly home: string;
  readonly port: number;
}

/** Starts and stops the program of an installation, as a service manager that outlives who asks it. */
export function plainService(place: ServicePlace): ServiceManager {
  const pidFile = join(place.folder, 'service.pid');
  const pid = () => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : null);
  const isRunning = () => isAlive(pid());

  const stop = async (): Promise<void> => {
    const running = pid();
    if (running === null) return;
    if (isAlive(running)) process.kill(running, 'SIGTERM');
    while (isAlive(running)) await setTimeout(10);
    rmSync(pidFile, { force: true });
  };
  const start = async (): Promise<void> => {
    const program = [process.execPath, join(place.root, 'dist/src/bin.js'), 'start'];
    // It notes its number itself: whoever starts it may be killed at any moment.
    const child = spawn('/bin/sh', ['-c', 'echo $$ > "$0" && exec "$@"', pidFile, ...program], {
      detached: true,
      stdio: 'ignore',
      env: { CLAUDIO_HOME: place.home, PORT: String(place.port), NODE_NO_WARNINGS: '1' },
    });
    child.unref();
    while (pid() !== child.pid) await setTimeout(10);
  };
  return {
    name: 'systemd',
    unitPath: join(place.folder, 'unit'),
    state: () =>
      Promise.resolve({
        isInstalled: true,
        claudioHome: place.home,
        path: null,
        isRunning: isRunning(),
        isStopping: false,
        wasStopped: !isRunning(),
        isEnabled: true,
        survivesLogout: true,
      }),
    install: () => Promise.resolve({ outcome: 'unchanged', findings: [] }),
    uninstall: () => Promise.resolve('absent'),
    start,
    stop,
    restart: async () => {
      await stop();
      await start();
    },
  };
}

export function unitOf({ root, home }: ServicePlace): ServiceUnit {
  return {
    nodePath: process.execPath,
    programPath: join(root, 'dist/src/bin.js'),
    root,
    claudioHome: home,
    path: '/usr/bin:/bin',
    stopLimitMs: 1000,
  };
}

/** One that has ended and that nobody has taken note of is not alive. */
export function isAlive(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) Z /u.test(readFileSync(stat, 'utf8'));
  } catch {
    return false;
  }
}
