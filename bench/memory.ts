import { readFileSync } from 'node:fs';
import { setTimeout as rest } from 'node:timers/promises';
import { INSTANT_CLAUDE_PATH } from '../tests/environment.ts';
import { sideBySide, turnsPerSecond } from './conversations.ts';
import { createPoster } from './poster.ts';
import { row, type Row } from './report.ts';
import { startBareHono, startService } from './service.ts';

/** How long nothing goes on before "idle" is read. */
const IDLE_MS = 5000;
const REQUEST_COUNT = 200;

/** Resident memory: as started, when nothing has gone on for a while, at its peak, and after work. */
export async function measureMemory(): Promise<readonly Row[]> {
  await using service = await startService({ claude: INSTANT_CLAUDE_PATH });
  await using hono = await startBareHono();
  const { pid } = service.process;
  const atStart = { service: residentMB(pid), hono: residentMB(hono.process.pid) };
  await rest(IDLE_MS);
  const idle = { service: residentMB(pid), hono: residentMB(hono.process.pid) };

  await turnsPerSecond(service, 0, []);
  await using poster = createPoster(hono.origin, 1);
  await sideBySide(1, REQUEST_COUNT, () => poster.post({ update_id: 1 }));
  await rest(IDLE_MS);
  const after = { service: residentMB(pid), hono: residentMB(hono.process.pid) };
  return [
    row('resident memory, just started', atStart.service.now, 'MB', 110),
    row('resident memory, idle', idle.service.now, 'MB', 110),
    row('resident memory, peak until then', idle.service.peak, 'MB'),
    row('resident memory, idle after 200 turns', after.service.now, 'MB'),
    row('resident memory, peak with 200 conversations', after.service.peak, 'MB'),
    row('  bare Hono, just started', atStart.hono.now, 'MB'),
    row('  bare Hono, idle', idle.hono.now, 'MB'),
    row('  bare Hono, idle after 200 requests', after.hono.now, 'MB'),
    row('  bare Hono, peak', after.hono.peak, 'MB'),
  ];
}

/** `VmRSS` and `VmHWM` of proc_pid_status(5), in millions of bytes. */
function residentMB(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string): number => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kibibytes === undefined) throw new Error(`no ${name} in /proc/${pid}/status`);
    return (Number(kibibytes) * 1024) / 1e6;
  };
  return { now: read('VmRSS'), peak: read('VmHWM') };
}
