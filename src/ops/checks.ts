import { statfs } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';

const LEAST_FREE_BYTES = 500 * 1024 * 1024;

/** Whether the disk under `folder` has room left. Sizes in bytes. */
export async function diskCheck(folder: string) {
  const { bavail, blocks, bfree, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  const ok = freeBytes >= LEAST_FREE_BYTES;
  return {
    ok,
    freeBytes,
    usedPercent: Math.round((1 - bfree / Math.max(1, blocks)) * 100),
    ...(ok ? {} : { remedy: 'The disk is nearly full. Free some space.' }),
  };
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
