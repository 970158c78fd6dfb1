import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo, type ListenOptions } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { listeningInodes, parseLsof, portOwner } from '../../../src/platform/process/port-owner.ts';
import { freePort } from '../../support/free-port.ts';

async function listen(options: ListenOptions): Promise<number> {
  const server = createServer().listen(options);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const isLinux = process.platform === 'linux';
const hasLsof = existsSync('/usr/bin/lsof') || existsSync('/usr/sbin/lsof');

test.runIf(isLinux)(
  'the process that listens on loopback is found in /proc, by its number and program',
  async () => {
    const port = await listen({ port: 0, host: '127.0.0.1' });
    expect(await portOwner(port, 'linux')).toEqual({ pid: process.pid, name: 'node' });
  },
);

test.runIf(isLinux)('so is one that listens everywhere', async () => {
  for (const host of ['0.0.0.0', '::']) {
    const port = await listen({ port: 0, host });
    expect((await portOwner(port, 'linux'))?.pid).toBe(process.pid);
  }
});

test.runIf(hasLsof)('without /proc lsof is asked', async () => {
  const port = await listen({ port: 0, host: '127.0.0.1' });
  expect((await portOwner(port, 'darwin'))?.pid).toBe(process.pid);
});

test('a free port is nobody’s', async () => {
  expect(await portOwner(await freePort())).toBeNull();
});

test.runIf(isLinux)('another program is told by its own name', async () => {
  const script =
    "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })";
  const child = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    argv0: '/usr/sbin/some-server',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  const owner = await portOwner(Number(first.toString()));
  expect(owner).toEqual({ pid: child.pid, name: 'some-server' });
  child.kill('SIGKILL');
  await text(child.stdout);
});

test('of the kernel’s table only what listens on this port here counts', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    row('0100007F:20E5', '0A', '101'),
    row('00000000:20E5', '0A', '102'),
    row('00000000000000000000000000000000:20E5', '0A', '103'),
    row('0000000000000000FFFF00000100007F:20E5', '0A', '104'),
    // Another address, a connection, another port.
    row('0101A8C0:20E5', '0A', '201'),
    row('0100007F:20E5', '01', '202'),
    row('0100007F:20E6', '0A', '203'),
    '',
  ].join('\n');
  expect(listeningInodes(table, 8421)).toEqual(['101', '102', '103', '104']);
});

test('the first process of lsof’s answer counts, and no answer is nobody', () => {
  expect(parseLsof('p123\ncnginx\nf6\np124\ncnginx\nf6\n')).toEqual({ pid: 123, name: 'nginx' });
  expect(parseLsof('')).toBeNull();
});

/** A row of /proc/net/tcp. */
function row(address: string, state: string, inode: string): string {
  return `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0`;
}
