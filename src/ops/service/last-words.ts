import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import type { Host } from '../../platform/host.ts';
import { redactor } from '../../platform/log.ts';
import { formatLine } from '../log-reader/line.ts';
import { readLog } from '../log-reader/read-log.ts';
import type { ServiceManager } from './service-manager.ts';

const MAX_LINE_COUNT = 8;
const TAIL_BYTES = 8192;

/**
 * Why a service did not come up, as far as it said so: the errors in its log and what it wrote to
 * standard error, oldest first, without secrets. Empty where it said nothing.
 *
 * @param sinceMs What is older is of no interest; milliseconds since the Unix epoch.
 */
export async function lastWords(
  host: Host,
  manager: ServiceManager['name'],
  home: string,
  sinceMs: number,
): Promise<readonly string[]> {
  const complaints =
    manager === 'systemd'
      ? await journal(host, sinceMs)
      : await tail(join(home, 'claudio.stderr.log'), sinceMs);
  // The journal holds the log too, line for line.
  const said = complaints.filter((line) => line.trim() !== '' && !line.startsWith('{'));
  const redact = redactor([]);
  return [
    ...(await logged(join(home, 'claudio.log'), sinceMs)),
    ...said.slice(-MAX_LINE_COUNT),
  ].map((line) => redact(line));
}

async function logged(path: string, sinceMs: number): Promise<readonly string[]> {
  const lines: string[] = [];
  const options = {
    count: MAX_LINE_COUNT,
    follow: false,
    filter: { level: 'error', turn: null },
  } as const;
  try {
    await readLog(path, options, (line) => lines.push(line), ignore, AbortSignal.abort());
  } catch (error) {
    // Without a log there is nothing in it.
    if (error instanceof ClaudioError) return [];
    throw error;
  }
  return lines.filter((line) => timeOf(line) >= sinceMs).map((line) => formatLine(line, false));
}

function timeOf(line: string): number {
  return Date.parse(/"time":"([^"]+)"/u.exec(line)?.[1] ?? '');
}

async function journal(host: Host, sinceMs: number): Promise<readonly string[]> {
  const outcome = await host.run('journalctl', [
    '--user',
    '--unit=claudio.service',
    `--since=@${Math.floor(sinceMs / 1000)}`,
    '--lines=100',
    '--output=cat',
    '--no-pager',
    '--quiet',
  ]);
  return outcome.kind === 'exited' && outcome.code === 0 ? outcome.stdout.split('\n') : [];
}

async function tail(path: string, sinceMs: number): Promise<readonly string[]> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.mtimeMs < sinceMs) return [];
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(TAIL_BYTES, found.size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, found.size - buffer.length);
    return buffer.toString('utf8', 0, bytesRead).split('\n');
  } finally {
    await file.close();
  }
}

function ignore(): void {}
