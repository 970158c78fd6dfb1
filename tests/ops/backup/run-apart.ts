import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../../src/platform/package.ts';

/** What takes or restores in a process of its own, as the body of an async function. */
const WORK = {
  take: `
    const { takeSnapshot } = await load('ops/backup/take.ts');
    await takeSnapshot({ home, dest, clock, keep: { hourlyCount: 3, dailyCount: 2 } });`,
  restore: `
    const { findSnapshot } = await load('ops/backup/find.ts');
    const { restoreSnapshot } = await load('ops/backup/restore.ts');
    await restoreSnapshot({
      snapshot: findSnapshot('latest', dest),
      home,
      clock,
      mayReplace: async () => true,
      step: (title, work) => work(() => undefined),
    });`,
};

/**
 * Takes or restores a snapshot in a process of its own.
 *
 * @param options.limit What a shell does first, such as `ulimit`.
 * @param options.killAt It kills itself before its so many-th change of the file system.
 * @returns The code of what it threw, or `ok`, or `killed`.
 */
export async function runApart(
  work: keyof typeof WORK,
  place: { readonly home: string; readonly dest: string },
  options: { readonly limit?: string; readonly killAt?: number } = {},
): Promise<string> {
  const { limit = 'true', killAt = 0 } = options;
  const script = `
    import fs from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    import { join } from 'node:path';
    const [root, home, dest, killAt] = process.argv.slice(1);
    let count = 0;
    for (const name of ['open', 'copyFile', 'mkdir', 'rename', 'chmod', 'link', 'symlink', 'rm']) {
      const real = fs[name];
      fs[name] = (...given) => {
        if ((count += 1) === Number(killAt)) process.kill(process.pid, 'SIGKILL');
        return real(...given);
      };
    }
    syncBuiltinESMExports();
    const load = (path) => import(join(root, 'src', path));
    const { systemClock: clock } = await load('platform/clock.ts');
    try {
      ${WORK[work]}
      console.log('ok');
    } catch (error) {
      console.log(error.code ?? error.stack);
    }`;
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      `${limit} && exec "$0" --input-type=module -e "$@"`,
      process.execPath,
      script,
      packageRoot(),
      place.home,
      place.dest,
      String(killAt),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said, [, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return signal === 'SIGKILL' ? 'killed' : said.trim();
}
