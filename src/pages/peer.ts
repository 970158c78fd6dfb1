import type { Context } from 'hono';
import { IncomingMessage } from 'node:http';
import { peerUserId } from '../platform/process/peer.ts';

const ROOT_USER_ID = 0;

/** The user of this machine who asks, by number; `null` where that is not to be told. */
export function peerOf(context: Context): number | null {
  const env: unknown = context.env;
  if (typeof env !== 'object' || env === null || !('incoming' in env)) return null;
  if (!(env.incoming instanceof IncomingMessage)) return null;
  const { remoteAddress, remotePort, localAddress, localPort } = env.incoming.socket;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  if (localAddress === undefined || localPort === undefined) return null;
  return peerUserId({
    peer: { address: remoteAddress, port: remotePort },
    own: { address: localAddress, port: localPort },
  });
}

/** Whether that is the user as whom this process runs; root may be anybody, and `null` is perhaps that user. */
export function isOwnPeer(userId: number | null): boolean {
  return userId === null || userId === ROOT_USER_ID || userId === process.getuid?.();
}
