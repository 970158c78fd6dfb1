import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { INSTANT_CLAUDE_PATH } from '../tests/environment.ts';
import { temporaryFolder } from './folder.ts';
import { row, type Row } from './report.ts';
import { startBareHono, startService } from './service.ts';
import { median, timed } from './statistics.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../dist/src/bin.js', import.meta.url));
const ROUND_COUNT = 11;
const NPX_ROUND_COUNT = 5;
const START_COUNT = 5;

/** How long the commands take that only say something, and how long the service takes to listen. */
export async function measureStartUp(): Promise<readonly Row[]> {
  using home = temporaryFolder();
  const environment = { HOME: home.path, PATH: '/usr/local/bin:/usr/bin:/bin' };
  const run = (file: string, args: readonly string[]): Promise<number> =>
    timed(async () => {
      const child = spawn(file, args, { cwd: ROOT, env: environment, stdio: 'ignore' });
      const [code] = await once(child, 'exit');
      if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${String(code)}`);
    });
  const commands = {
    help: () => run(process.execPath, [PROGRAM, '--help']),
    version: () => run(process.execPath, [PROGRAM, 'version']),
    node: () => run(process.execPath, ['--eval', '0']),
  };
  const overNpx = {
    version: () => run('npx', ['claudio', 'version']),
    help: () => run('npx', ['claudio', '--help']),
    nothing: () => run('npx', ['--call', 'true']),
  };
  const direct = await medians(commands, ROUND_COUNT);
  const npx = await medians(overNpx, NPX_ROUND_COUNT);

  const starts: number[] = [];
  const bareStarts: number[] = [];
  for (let round = 0; round < START_COUNT; round += 1) {
    await using service = await startService({ claude: INSTANT_CLAUDE_PATH });
    starts.push(service.process.startMs);
    await using hono = await startBareHono();
    bareStarts.push(hono.process.startMs);
  }
  return [
    row('claudio --help', direct.help, 'ms', 300),
    row('claudio version', direct.version, 'ms', 300),
    row('  bare node', direct.node, 'ms'),
    row('npx claudio --help', npx.help, 'ms', 300),
    row('npx claudio version', npx.version, 'ms', 300),
    row('  of it before claudio begins', npx.version - direct.version, 'ms'),
    row('  npx with nothing to run', npx.nothing, 'ms'),
    row('start of the service until it listens', median(starts), 'ms'),
    row('  start of a bare Hono until it listens', median(bareStarts), 'ms'),
  ];
}

/** Runs each in turn, round by round; the first round, which fills caches, is not counted. */
async function medians<Name extends string>(
  works: Readonly<Record<Name, () => Promise<number>>>,
  roundCount: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(works) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  for (let round = -1; round < roundCount; round += 1) {
    for (const name of names) {
      const tookMs = await works[name]();
      if (round >= 0) samples[name]?.push(tookMs);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples[name] ?? [])])) as Record<
    Name,
    number
  >;
}
