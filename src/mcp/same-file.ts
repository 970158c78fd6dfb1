import type { BigIntStats } from 'node:fs';

/** Whether two looks were at one file, whatever its names. */
export function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** What was found; `null` where the file system has it not, or does not give it. */
export async function orNull<T>(looked: Promise<T>): Promise<T | null> {
  try {
    return await looked;
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}

export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'errno' in error;
}
