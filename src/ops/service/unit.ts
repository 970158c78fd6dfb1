import { realpathSync } from 'node:fs';
import { delimiter, isAbsolute, join, normalize } from 'node:path';
import { inspectConfiguration, type Inspection } from '../../platform/configuration/load.ts';
import { isExecutable } from '../../platform/files.ts';
import type { Host } from '../../platform/host.ts';
import { packageRoot } from '../../platform/package.ts';
import type { ServiceUnit } from './service-manager.ts';

/** What a stop takes beyond SHUTDOWN_GRACE: the last answers, the tunnel (30 s), the database. */
const LAST_WORK_MS = 120_000;
/** What no service can do without, whatever the PATH of the installing shell was. */
const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * This installation as a service for one home.
 *
 * @param claudioHome Absolute.
 * @param installedPath The PATH that it has already, and keeps: another shell, or cron, would give it
 * another one. Without it, it gets that of this shell.
 * @throws ClaudioError `home.unusable` where its settings cannot be read.
 */
export function serviceUnit(
  host: Host,
  claudioHome: string,
  installedPath: string | null = null,
): ServiceUnit {
  const path = installedPath ?? host.environment['PATH'];
  const root = packageRoot();
  const { settings } = inspectConfiguration({ ...host.environment, CLAUDIO_HOME: claudioHome });
  return {
    root,
    claudioHome,
    nodePath: nodePath(root, path),
    programPath: join(root, 'dist/src/bin.js'),
    path: servicePath(path),
    stopLimitMs: stopLimitMs(settings),
  };
}

/** How long a service with these settings may take to stop. */
export function stopLimitMs(settings: Pick<Inspection['settings'], 'SHUTDOWN_GRACE'>): number {
  return settings.SHUTDOWN_GRACE + LAST_WORK_MS;
}

/**
 * The PATH of a person's shell as a service may have it: absolute folders, each once, none inside a
 * `node_modules`, which npm adds for its own time only.
 */
export function servicePath(path: string | undefined): string {
  const folders = foldersOf(path).filter((folder) => !/(?:^|\/)node_modules(?:\/|$)/u.test(folder));
  return [...new Set([...folders, ...USUAL_FOLDERS])].join(delimiter);
}

/**
 * The Node that came with this installation, else the running one: by the name on PATH that leads to
 * it, where there is one, because that name outlives an update (`/opt/homebrew/bin/node`).
 */
function nodePath(root: string, path: string | undefined): string {
  const own = join(root, 'node_modules/.bin/node');
  if (isExecutable(own)) return own;
  const named = foldersOf(path)
    .map((folder) => join(folder, 'node'))
    .find((file) => isExecutable(file) && realpathSync(file) === process.execPath);
  return named ?? process.execPath;
}

function foldersOf(path: string | undefined): string[] {
  return (path ?? '')
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => normalize(folder));
}
