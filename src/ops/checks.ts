import { statfs } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import type { Host } from '../platform/host.ts';

const ANSWER_LIMIT_MS = 5000;
const LEAST_FREE_BYTES = 500 * 1024 * 1024;

/** How full the disk under a folder is. As df(1) has it, what only root may use counts as neither used nor free. */
export async function diskUsage(folder: string) {
  const { bavail, blocks, bfree, bsize } = await statfs(folder);
  const used = blocks - bfree;
  return { freeBytes: bavail * bsize, usedPercent: (used / Math.max(1, used + bavail)) * 100 };
}

/** Whether the disk under `folder` has room left. Sizes in bytes. */
export async function diskCheck(folder: string) {
  const { freeBytes, usedPercent } = await diskUsage(folder);
  const ok = freeBytes >= LEAST_FREE_BYTES;
  return {
    ok,
    freeBytes,
    usedPercent: Math.floor(usedPercent),
    ...(ok ? {} : { remedy: 'The disk is nearly full. Free some space.' }),
  };
}

/** What to do about a disk that does not answer. */
export const DISK_REMEDY =
  'If it is on the network, see that its server can be reached; else look after the disk.';

/**
 * Whether the disk under a folder answers. One on the network whose server is gone can keep whoever asks
 * it waiting for ever, and then that process cannot even end: so df(1) asks. Takes no longer than the limit.
 */
export async function diskAnswers(
  host: Pick<Host, 'run'>,
  folder: string,
  limitMs = ANSWER_LIMIT_MS,
): Promise<boolean> {
  const outcome = await host.run('df', ['-P', folder], { limitMs });
  return outcome.kind !== 'killed';
}

/** How much waits and for how long: informs, and never fails. Ages in seconds, `null` when nothing waits. */
export function waitingCheck(clock: Clock, waitingCount: number, oldestAtMs: number | null) {
  return {
    ok: true,
    waitingCount,
    oldestAgeSeconds:
      oldestAtMs === null ? null : Math.max(0, Math.floor((clock.now() - oldestAtMs) / 1000)),
  };
}
