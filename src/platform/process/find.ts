import { createProcessTable, type ProcessEntry, type ProcessTable } from './table.ts';

/**
 * Finds processes by a variable in their environment, never by name. The searching process itself is
 * not among them. Takes a few milliseconds with several hundred processes on Linux.
 *
 * @param isWanted Gets the variable's value and the process.
 */
export async function findMarked(
  variable: string,
  isWanted: (value: string, entry: ProcessEntry) => boolean,
  table: ProcessTable = createProcessTable(),
): Promise<ProcessEntry[]> {
  const entries = (await table.list()).filter((entry) => entry.pid !== process.pid);
  const values = await table.variable(entries, variable);
  return entries.filter((entry) => {
    const value = values.get(entry.pid);
    return value !== undefined && isWanted(value, entry);
  });
}
