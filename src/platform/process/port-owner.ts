import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { isExecutable } from '../files.ts';
import { run } from './run.ts';

/** The process that listens on a port. */
export interface PortOwner {
  readonly pid: number;
  /** The name of its program: `nginx`. */
  readonly name: string;
}

/** `TCP_LISTEN` as the kernel numbers it. */
const LISTENING = '0A';
/** 127.0.0.1, any address, any address of IPv6, and 127.0.0.1 as IPv6 writes it; as the kernel prints them. */
const LOOPBACK_OR_ANY = new Set([
  '0100007F',
  '00000000',
  '0'.repeat(32),
  '0000000000000000FFFF00000100007F',
]);
const LSOF_PLACES = ['/usr/sbin/lsof', '/usr/bin/lsof'];
const LSOF_LIMIT_MS = 5000;

/**
 * Who listens where 127.0.0.1:`port` would be listened on. Never throws.
 *
 * @returns `null` where nobody does, or where it is not to be told: the process of another user.
 * Source: proc_pid_net(5), proc_pid_fd(5); lsof(8), "OUTPUT FOR OTHER PROGRAMS".
 */
export async function portOwner(
  port: number,
  platform: NodeJS.Platform = process.platform,
): Promise<PortOwner | null> {
  return platform === 'linux' ? ownerInProc(port) : await ownerByLsof(port);
}

function ownerInProc(port: number): PortOwner | null {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(read(table), port)),
  );
  if (inodes.size === 0) return null;
  const pids = list('/proc').filter((name) => /^\d+$/u.test(name));
  const pid = pids.find((one) =>
    list(`/proc/${one}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/u.exec(linkOf(`/proc/${one}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    }),
  );
  if (pid === undefined) return null;
  // What the kernel calls its name is that of its first thread: of no use with Node.
  const program = basename(read(`/proc/${pid}/cmdline`).split('\0')[0] ?? '');
  return { pid: Number(pid), name: program || read(`/proc/${pid}/comm`).trim() };
}

/** The inodes of the sockets in a table of /proc/net that listen on a port of the loopback. */
export function listeningInodes(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/u);
    const [address, hexPort] = (fields[1] ?? '').split(':');
    const inode = fields[9];
    const isIt =
      hexPort === wanted && fields[3] === LISTENING && LOOPBACK_OR_ANY.has(address ?? '');
    return isIt && inode !== undefined ? [inode] : [];
  });
}

async function ownerByLsof(port: number): Promise<PortOwner | null> {
  const file = LSOF_PLACES.find((place) => isExecutable(place));
  if (file === undefined) return null;
  const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
  const command = { file, args, cwd: '/', env: { LC_ALL: 'C' }, stdin: '' };
  const outcome = await run(command, LSOF_LIMIT_MS);
  return outcome.kind === 'exited' ? parseLsof(outcome.stdout) : null;
}

/** The first process in what `lsof -Fpc` prints: a letter for the field, and its value. */
export function parseLsof(text: string): PortOwner | null {
  const pid = /^p(\d+)$/mu.exec(text)?.[1];
  const name = /^c(.+)$/mu.exec(text)?.[1];
  return pid === undefined || name === undefined ? null : { pid: Number(pid), name };
}

/** Empty where there is no such file, or none that may be read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It ended meanwhile, or is another user's.
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
