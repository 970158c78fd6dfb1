import { setTimeout as delay } from 'node:timers/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Environment } from '../../platform/process/environment.ts';
import { isExecutable } from '../../platform/files.ts';
import { describeRun, run } from '../../platform/process/run.ts';
import type { Command } from '../../platform/process/spawn.ts';
import { mountsFor, type View } from './sandbox-mounts.ts';

/** It takes a few milliseconds where it works. */
const PROBE_LIMIT_MS = 10_000;
/** A machine that is short of memory or processes for a moment need not stay so. */
const SECOND_TRY_MS = 200;

/**
 * What every run is cut off from: the processes of others, which show their environment, shared memory,
 * and its own life after the service. The network stays, since Claude cannot do without.
 *
 * Source: bwrap(1)
 */
const CUT_OFF: readonly string[] = [
  '--die-with-parent',
  '--unshare-pid',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup-try',
];

/** A room of its own for a run, in which it sees no more than it needs: bubblewrap, on Linux. */
export interface Sandbox {
  /**
   * Tries whether it can be had; that it can is not tried again. Takes a few milliseconds.
   *
   * @returns Why not, as the rest of a sentence; `null`: it can.
   */
  fault(): Promise<string | null>;
  /**
   * The command that runs another one in it. To be called where there is no {@link Sandbox.fault}.
   *
   * @throws what the file system throws for a program that is not there.
   */
  wrap(command: Command, view: View): Command;
}

/**
 * @param options.env The service's environment: its `PATH` tells where `bwrap` is.
 * @param options.hidden Absolute paths that are not there inside, also where a folder around them is.
 */
export function createSandbox(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hidden: readonly string[];
  readonly platform?: NodeJS.Platform;
}): Sandbox {
  const { platform = process.platform } = options;
  const proven = new Set<string>();

  return {
    async fault() {
      if (platform !== 'linux') return 'bubblewrap is for Linux alone';
      const program = locateBubblewrap(options.env);
      if (program === null) return 'bubblewrap (`bwrap`) is not installed';
      if (proven.has(program)) return null;
      const fault = (await probe(program)) === null ? null : await secondProbe(program);
      if (fault === null) proven.add(program);
      return fault;
    },
    wrap(command, view) {
      const { file, mounts } = mountsFor(command, { ...view, hidden: options.hidden });
      return {
        ...command,
        file: locateBubblewrap(options.env) ?? 'bwrap',
        args: [...CUT_OFF, ...mounts, '--chdir', command.cwd, '--', file, ...command.args],
      };
    },
  };
}

/** Absolute, or `null` where there is none on the `PATH`. */
function locateBubblewrap(env: Readonly<Record<string, string | undefined>>): string | null {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, 'bwrap')).find(isExecutable) ?? null;
}

/** What to do where runs go into a sandbox and there is none. @param fault As {@link Sandbox.fault} says it. */
export function sandboxRemedy(fault: string): string {
  return `Nothing is run, since ${fault}. Install it (\`sudo apt install bubblewrap\`), let users make namespaces, or set SANDBOX=off to do without.`;
}

async function secondProbe(program: string): Promise<string | null> {
  await delay(SECOND_TRY_MS);
  return await probe(program);
}

/** Runs the program in itself: many systems forbid what it needs, and only trying tells. */
async function probe(program: string): Promise<string | null> {
  const room = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'];
  const args = [...CUT_OFF, ...room, '--', program, '--version'];
  const env: Environment = {};
  const outcome = await run({ file: program, args, cwd: '/', env, stdin: '' }, PROBE_LIMIT_MS);
  if (outcome.kind === 'exited' && outcome.code === 0) return null;
  return `bubblewrap cannot make a sandbox here (${describeRun(outcome)})`;
}
