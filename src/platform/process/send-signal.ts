/**
 * Sends a signal to a pid.
 *
 * @returns `false` when there is no such process, or it is not ours to signal.
 */
export function sendSignal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
