import {
  closeSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join, sep } from 'node:path';
import { isExecutable } from '../../platform/files.ts';
import type { Environment } from '../../platform/process/environment.ts';
import type { Command } from '../../platform/process/spawn.ts';

/** What a run gets to see beside the system. All paths are absolute. */
export interface View {
  /** Folders that are the same inside as outside, links resolved. */
  readonly writable: readonly string[];
  /** Files or folders that may only be looked at. */
  readonly readable: readonly string[];
}

/** Where the programs of a system and their libraries are. On many of them most are links into `/usr`. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store'];

/** What of `/etc` names, certificates, users and programs need; the last is what an administrator set. */
const ETC = [
  'alternatives',
  'ca-certificates',
  'ca-certificates.conf',
  'crypto-policies',
  'group',
  'host.conf',
  'hosts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'nsswitch.conf',
  'os-release',
  'passwd',
  'pki',
  'protocols',
  'resolv.conf',
  'services',
  'ssl',
  'timezone',
  'claude-code',
];

/** What Claude Code, which the person also uses outside, would carry out: not to be changed from inside. */
const CARRIED_OUT = [
  'settings.json',
  'settings.local.json',
  'CLAUDE.md',
  'agents',
  'commands',
  'hooks',
  'output-styles',
  'plugins',
  'skills',
];

/** Variables that name a file or a folder without which Claude cannot reach its model. */
const NAMED_IN_ENVIRONMENT = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
];

interface Mount {
  /** Where it is to be seen. */
  readonly path: string;
  readonly args: readonly string[];
}

/**
 * The arguments for bwrap that make up what a command sees, and where its program is then. What is not
 * there outside is left out, since bwrap would make it there.
 *
 * @param view.hidden Absolute: not there inside, whatever else says so.
 * @throws what the file system throws for a program that is not there.
 */
export function mountsFor(
  command: Pick<Command, 'file' | 'env'>,
  view: View & { readonly hidden: readonly string[] },
): { readonly file: string; readonly mounts: readonly string[] } {
  const { env } = command;
  const isShown = (path: string): boolean =>
    view.writable.some((folder) => isWithin(path, folder)) ||
    SYSTEM.some((at) => isWithin(path, at));
  const program = realpathSync(command.file);
  const configuration = configurationOf(env);
  const own = configuration.flatMap(({ path, isFixed }) => same(path, isFixed, isShown));
  const hidden = view.hidden
    .flatMap((path) => realOf(path) ?? [])
    .filter((path) => view.writable.some((folder) => isWithin(path, folder)))
    .filter((path) => !configuration.some((one) => isWithin(path, realOf(one.path) ?? one.path)));
  const mounts: Mount[] = [
    ...(view.writable.includes(sep) ? [] : system()),
    { path: '/proc', args: ['--proc', '/proc'] },
    { path: '/dev', args: ['--dev', '/dev'] },
    { path: '/tmp', args: ['--tmpfs', '/tmp'] },
    ...homeOf(env, isShown),
    ...partsOf(program, env, isShown),
    ...view.writable.map((path) => bound('--bind', path, path)),
    ...hidden.map((path) => mask(path)),
    ...own,
    ...view.readable.map((path) => bound('--ro-bind', path, path)),
  ];
  // What is further inside comes later, or it would be covered.
  const inOrder = mounts.toSorted((one, other) => depth(one.path) - depth(other.path));
  return { file: program, mounts: inOrder.flatMap(({ args }) => args) };
}

function system(): readonly Mount[] {
  const programs = SYSTEM.flatMap((path): readonly Mount[] => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    if (!stats.isSymbolicLink()) return [bound('--ro-bind', path, path)];
    return [{ path, args: ['--symlink', readlinkSync(path), path] }];
  });
  const etc = ETC.map((name) => `/etc/${name}`).map((path) => bound('--ro-bind-try', path, path));
  return [
    ...programs,
    ...etc,
    bound('--ro-bind-try', '/run/current-system', '/run/current-system'),
  ];
}

/** The person's home folder and the one for temporary files: empty, where nothing else shows them. */
function homeOf(env: Environment, isShown: (path: string) => boolean): readonly Mount[] {
  return [env['HOME'], env['TMPDIR'], '/var/tmp']
    .filter((path) => path !== undefined)
    .filter((path) => isAbsolute(path) && !isShown(path) && !isWithin(path, '/tmp'))
    .map((path) => {
      const real = realOf(path);
      const isLink = real !== null && real !== path && isShown(real);
      return { path, args: isLink ? ['--symlink', real, path] : ['--dir', path] };
    });
}

/** What is Claude Code's own, as far as it is there. */
function configurationOf(env: Environment): { path: string; isFixed: boolean }[] {
  const { HOME: home = '/', CLAUDE_CONFIG_DIR: chosen = '' } = env;
  const folder = chosen === '' ? join(home, '.claude') : chosen;
  const state = join(chosen === '' ? home : chosen, '.claude.json');
  return [
    { path: folder, isFixed: false },
    ...[state, ...CARRIED_OUT.map((name) => join(folder, name))].map((path) => ({
      path,
      isFixed: true,
    })),
    ...NAMED_IN_ENVIRONMENT.flatMap((name) => env[name] ?? [])
      .filter((path) => isAbsolute(path))
      .map((path) => ({ path, isFixed: true })),
  ];
}

/** A file or folder that may be a link. Where the link itself is there, what it leads to has to be. */
function same(
  path: string,
  isFixed: boolean,
  isShown: (path: string) => boolean,
): readonly Mount[] {
  const real = realOf(path);
  if (real === null) return [];
  const isLeadTo = isShown(dirname(path)) || lstatSync(path).isSymbolicLink();
  return [bound(isFixed ? '--ro-bind' : '--bind', real, isLeadTo ? real : path)];
}

/** All that belongs to a program: what came with it, and what runs it where it is a script. */
function partsOf(
  program: string,
  env: Environment,
  isShown: (path: string) => boolean,
): readonly Mount[] {
  const modules = `${sep}node_modules${sep}`;
  const at = program.indexOf(modules);
  const interpreter = interpreterOf(program, env);
  const whole =
    at >= 0
      ? program.slice(0, at + modules.length - 1)
      : interpreter === null
        ? program
        : dirname(program);
  return [
    ...(isShown(program) ? [] : [bound('--ro-bind', whole, whole)]),
    ...(interpreter === null || isShown(interpreter)
      ? []
      : [bound('--ro-bind', realpathSync(interpreter), interpreter)]),
  ];
}

const FIRST_LINE_BYTES = 256;

/** What the first line of a script names; `null` for a program that needs none. */
function interpreterOf(program: string, env: Environment): string | null {
  const buffer = Buffer.alloc(FIRST_LINE_BYTES);
  const file = openSync(program, 'r');
  try {
    readSync(file, buffer, 0, FIRST_LINE_BYTES, 0);
  } finally {
    closeSync(file);
  }
  const [, named, argument] =
    /^#![ \t]*(\S+)(?:[ \t]+(?:-S[ \t]+)?(\S+))?/u.exec(buffer.toString('latin1')) ?? [];
  if (named === undefined) return null;
  if (basename(named) !== 'env' || argument === undefined) return named;
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, argument)).find(isExecutable) ?? null;
}

function bound(how: '--bind' | '--ro-bind' | '--ro-bind-try', from: string, path: string): Mount {
  return { path, args: [how, from, path] };
}

function mask(path: string): Mount {
  return statSync(path).isDirectory()
    ? { path, args: ['--tmpfs', path] }
    : { path, args: ['--ro-bind', '/dev/null', path] };
}

function realOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    // It is not there, so there is nothing to show or to hide.
    return null;
  }
}

function depth(path: string): number {
  return path.split(sep).filter((name) => name !== '').length;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
