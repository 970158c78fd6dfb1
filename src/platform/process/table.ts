import type { ProcessTable } from './entry.ts';
import { createDarwinTable } from './table-darwin.ts';
import { createLinuxTable } from './table-linux.ts';

/** The table of the system that this runs on: Linux, or macOS and what is like it. */
export function createProcessTable(): ProcessTable {
  return process.platform === 'linux' ? createLinuxTable() : createDarwinTable();
}
