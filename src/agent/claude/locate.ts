import { delimiter, isAbsolute, join } from 'node:path';
import { isExecutable } from '../../platform/files.ts';

const PACKAGE_BIN = /[\\/]node_modules[\\/]\.bin[\\/]?$/u;

/**
 * Finds the program. Looks again at each call, so that a person can install it while Claudio runs;
 * takes well under a millisecond.
 *
 * @param configured `CLAUDE_BIN`: where it is set, nothing else is tried.
 * @param env `HOME` and `PATH` of the service.
 * @returns An absolute path of something executable, or `null`.
 */
export function locateClaude(
  configured: string | null,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  if (configured !== null) return isExecutable(configured) ? configured : null;
  return candidates(env).find(isExecutable) ?? null;
}

/** Its own installer's place first: a service's PATH is often shorter than that of a shell. */
function candidates(env: Readonly<Record<string, string | undefined>>): string[] {
  const home = env['HOME'] ?? '';
  const atHome = (...parts: string[]): string[] => (home === '' ? [] : [join(home, ...parts)]);
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  // `npx` adds what a package has pinned, here for its tests: it is not the person's own, and a service,
  // which npx does not start, would not find it.
  const onPath = folders.filter((folder) => !PACKAGE_BIN.test(folder));
  return [
    ...atHome('.local', 'bin', 'claude'),
    ...onPath.map((folder) => join(folder, 'claude')),
    '/opt/homebrew/bin/claude',
    '/usr/local/bin/claude',
    ...atHome('.claude', 'local', 'claude'),
    ...atHome('.npm-global', 'bin', 'claude'),
    ...atHome('.bun', 'bin', 'claude'),
    ...atHome('.volta', 'bin', 'claude'),
    '/usr/bin/claude',
    '/snap/bin/claude',
  ];
}
