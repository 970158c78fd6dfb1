import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../platform/package.ts';

/**
 * Writes the one executable that starts the echo.
 *
 * @param folder Absolute; an existing folder.
 * @returns Its absolute path, for `CLAUDE_BIN`.
 */
export function writeEchoLauncher(folder: string): string {
  const path = join(folder, 'echo-agent');
  const program = join(packageRoot(), 'dist/src/playground/echo/program.js');
  const command = [process.execPath, program].map(quoted).join(' ');
  writeFileSync(path, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o700 });
  return path;
}

/** As one word of sh, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
