import { spawn } from 'node:child_process';
import type { Environment } from './environment.ts';

/**
 * Starts a program that is to live on by itself, such as a browser, and hears no more of it. Never throws.
 *
 * @param file Absolute path of the program.
 */
export function launch(file: string, args: readonly string[], env: Environment): void {
  const child = spawn(file, args, { cwd: '/', env: { ...env }, detached: true, stdio: 'ignore' });
  // Whoever launches something sees whether it is there.
  child.on('error', () => undefined);
  child.unref();
}
