import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { peerUserId, userIdIn } from '../../../src/platform/process/peer.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 12 1 0 20 4 30 10 -1
   2: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 13 1 0 20 4 30 10 -1
   3: 0200007F:C002 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 14 1 0 20 4 30 10 -1
`;

const own = { address: '127.0.0.1', port: 8080 };

test('the user at the other end of a connection is read from what the kernel prints', () => {
  const from = (address: string, port: number) => userIdIn(TABLE, { peer: { address, port }, own });
  expect(from('127.0.0.1', 0xc001)).toBe(1001);
  expect(from('127.0.0.2', 0xc002)).toBe(1002);
  expect(from('127.0.0.1', 0xc002)).toBeNull();
  expect(from('127.0.0.1', 0xc004)).toBeNull();
  const peer = { address: '127.0.0.1', port: 0xc003 };
  const wide =
    '  0: 0000000000000000FFFF00000100007F:C003 0000000000000000FFFF00000100007F:1F90 01 0 0 0 7';
  expect(userIdIn(wide, { peer, own })).toBe(7);
  expect(userIdIn('', { peer, own })).toBeNull();
});

test('a process of one’s own at the other end is one’s own, where that is to be told', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = connect(port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const [socket] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => void socket.destroy());
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
  const found = peerUserId({
    peer: { address: remoteAddress, port: remotePort },
    own: { address: localAddress, port: localPort },
  });
  expect(found).toBe(process.platform === 'linux' ? process.getuid?.() : null);
});
