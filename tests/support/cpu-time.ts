/**
 * The CPU time that this process has taken so far, in milliseconds. What computes without a pause is timed
 * by it: whatever else the machine does, it takes the same.
 */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
