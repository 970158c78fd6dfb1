import { userInfo } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { userHomeOf, type Environment } from './configuration/load.ts';
import { isExecutable } from './files.ts';
import { childEnvironment } from './process/environment.ts';
import { run, type RunOutcome } from './process/run.ts';

/** What the programs of the system need to know of their surroundings, and nothing of Claudio's. */
const ENVIRONMENT = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_*',
  'TZ',
  'TMPDIR',
  'XDG_*',
  'DBUS_SESSION_BUS_ADDRESS',
  'HTTPS_PROXY',
  'https_proxy',
  'NO_PROXY',
  'no_proxy',
  'SSH_AUTH_SOCK',
  'DISPLAY',
  'WAYLAND_DISPLAY',
];
/** Where programs lie that a service's or cron's short PATH does not name. */
const USUAL_FOLDERS = [
  '/opt/homebrew/bin',
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
  '/usr/sbin',
  '/sbin',
];
const DEFAULT_LIMIT_MS = 30_000;

/** The machine and the user that this runs as. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly userId: number;
  readonly userName: string;
  /** Absolute. */
  readonly userHome: string;
  readonly environment: Environment;
  /** The absolute path of a program, on PATH or in the usual places, or `null`. Looks anew each time. */
  locate(program: string): string | null;
  /**
   * Runs a program of the system to its end, without a shell, in `/` unless told otherwise, with a
   * short environment that holds no setting of Claudio. Never throws.
   *
   * @param program A name to be located, or an absolute path.
   */
  run(program: string, args: readonly string[], options?: HostRunOptions): Promise<RunOutcome>;
}

export interface HostRunOptions {
  readonly stdin?: string;
  readonly cwd?: string;
  /** 30 seconds unless given. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
  /** Set over what the environment says. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
  /** Gets each piece of its standard error as it comes. */
  readonly onErrorOutput?: (chunk: Uint8Array) => void;
}

/**
 * This machine, seen through an environment.
 *
 * @throws ClaudioError `config.invalid` where there is no home folder to be found.
 */
export function createHost(environment: Environment, platform = process.platform): Host {
  const userHome = userHomeOf(environment);
  const userId = process.getuid?.() ?? 0;
  const locate = (program: string): string | null => locateProgram(program, environment);
  return {
    platform,
    userId,
    userName: environment['USER'] || environment['LOGNAME'] || systemUserName(userId),
    userHome,
    environment,
    locate,
    run: async (program, args, options = {}) => {
      const file = isAbsolute(program) ? program : locate(program);
      if (file === null) return { kind: 'not-started', reason: `${program} is not installed` };
      const env = childEnvironment(environment, ENVIRONMENT, {
        HOME: userHome,
        // cron gives none, and without it systemctl does not find the user's own systemd.
        ...(platform === 'linux' && !environment['XDG_RUNTIME_DIR']
          ? { XDG_RUNTIME_DIR: `/run/user/${userId}` }
          : {}),
        ...options.env,
      });
      const {
        cwd = '/',
        stdin = '',
        limitMs = DEFAULT_LIMIT_MS,
        signal,
        onLine,
        onErrorOutput,
      } = options;
      return await run({ file, args, cwd, env, stdin }, limitMs, {
        ...(signal === undefined ? {} : { signal }),
        ...(onLine === undefined ? {} : { onLine }),
        ...(onErrorOutput === undefined ? {} : { onErrorOutput }),
      });
    },
  };
}

function locateProgram(program: string, environment: Environment): string | null {
  const folders = (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => isAbsolute(folder));
  return (
    [...folders, ...USUAL_FOLDERS]
      .map((folder) => join(folder, program))
      .find((path) => isExecutable(path)) ?? null
  );
}

function systemUserName(userId: number): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the user database, as in some containers.
    return String(userId);
  }
}
