import { readFileSync } from 'node:fs';

/** As the kernel prints it: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2 */
const IPV4_IN_IPV6 = '0000000000000000FFFF0000';

/** An end of a connection. */
export interface End {
  /** `127.0.0.1`; any address of the loopback can be the other end. */
  readonly address: string;
  readonly port: number;
}

/** The ends of a connection over the loopback. */
export interface Ends {
  readonly peer: End;
  readonly own: End;
}

/**
 * The user whose process is at the other end of a connection over the loopback, by number. Never throws.
 *
 * @returns `null` where that is not to be told: on other systems than Linux.
 * Source: proc_pid_net(5).
 */
export function peerUserId(ends: Ends): number | null {
  for (const path of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const found = userIdIn(read(path), ends);
    if (found !== null) return found;
  }
  return null;
}

/** The owner of the peer's end in a table of /proc/net, or `null`. */
export function userIdIn(table: string, { peer, own }: Ends): number | null {
  for (const line of table.split('\n')) {
    const [, local = '', remote = '', , , , , userId = ''] = line.trim().split(/\s+/u);
    if (isAt(local, peer) && isAt(remote, own) && /^\d+$/u.test(userId)) {
      return Number(userId);
    }
  }
  return null;
}

/** Whether what the kernel prints is that end: its bytes in reverse, behind others where IPv6 writes it. */
function isAt(printed: string, { address, port }: End): boolean {
  const [bytes = '', hexPort = ''] = printed.split(':');
  const wanted = address.split('.').toReversed().map(Number).map(hexByte).join('');
  return (
    (bytes === wanted || bytes === `${IPV4_IN_IPV6}${wanted}`) &&
    Number.parseInt(hexPort, 16) === port
  );
}

function hexByte(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0');
}

/** Empty where there is no such file. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
