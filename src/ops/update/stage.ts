import { statfs } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import { isExecutable } from '../../platform/files.ts';
import type { Host } from '../../platform/host.ts';
import { childEnvironment } from '../../platform/process/environment.ts';
import { describeRun, type RunOutcome } from '../../platform/process/run.ts';
import type { Checkout } from './git.ts';
import type { Release } from './release.ts';

/** The new release with all that it needs, beside the old one. */
const LEAST_FREE_BYTES = 2 * 1024 ** 3;
const INSTALL_LIMIT_MS = 30 * 60_000;
const ASK_LIMIT_MS = 30_000;
const SHOWN_LINES = 3;
/** What npm goes by beside what every program of the system may know. */
const NPM_ENVIRONMENT = [
  'HTTP_PROXY',
  'http_proxy',
  'NODE_EXTRA_CA_CERTS',
  'npm_config_registry',
  'npm_config_cache',
];

/** What it takes to try and to bring in a release. */
export interface StageParts {
  readonly host: Host;
  readonly checkout: Checkout;
  readonly root: string;
  /** The Node that runs this. */
  readonly nodePath: string;
  readonly signal: AbortSignal;
}

/**
 * Puts a release together in a folder of its own, with everything that it needs, and sees that it says
 * the right version. What runs is not touched.
 *
 * @param tell Told what is being done.
 * @throws ClaudioError `update.disk-full`, `update.not-built`, `update.git`, `cli.cancelled`
 */
export async function buildStage(
  parts: StageParts,
  stage: string,
  release: Release,
  tell: (text: string) => void,
): Promise<void> {
  const { host, checkout, root, nodePath, signal } = parts;
  const { bavail, bsize } = await statfs(root);
  if (bavail * bsize < LEAST_FREE_BYTES) {
    throw new ClaudioError({
      code: 'update.disk-full',
      message: `An update needs 2 GB of free disk, and there are ${((bavail * bsize) / 1024 ** 3).toFixed(1)} GB.`,
      hint: 'Free some space and try again. Nothing was changed.',
    });
  }
  await checkout.removeTree(stage);
  await checkout.addTree(stage, release.tag);

  tell('Getting what it needs (npm ci)');
  const npm = npmBeside(nodePath) ?? host.locate('npm');
  if (npm === null) throw notBuilt('npm is not installed');
  const installed = await host.run(npm, ['ci', '--no-audit', '--no-fund'], {
    cwd: stage,
    limitMs: INSTALL_LIMIT_MS,
    signal,
    env: {
      ...childEnvironment(host.environment, NPM_ENVIRONMENT, {}),
      PATH: [dirname(nodePath), host.environment['PATH'] ?? ''].join(delimiter),
    },
  });
  refuseWhenAborted(signal);
  if (installed.kind !== 'exited' || installed.code !== 0) {
    throw notBuilt(`npm ci: ${npmComplaint(installed)}`);
  }

  const said = await runStaged(parts, stage, ['version'], ASK_LIMIT_MS);
  const isRight = said.kind === 'exited' && said.code === 0 && said.stdout === release.version;
  if (!isRight) {
    const what =
      said.kind === 'exited' && said.code === 0
        ? `it says that it is version ${JSON.stringify(said.stdout.slice(0, 50))}`
        : describeRun(said);
    throw notBuilt(`it was asked for its version: ${what}`);
  }
  refuseWhenAborted(signal);
}

/** Runs the program of a stage with the Node that would run it in its place. */
export async function runStaged(
  { host, root, nodePath }: Pick<StageParts, 'host' | 'root' | 'nodePath'>,
  stage: string,
  args: readonly string[],
  limitMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<RunOutcome> {
  const own = nodePath.startsWith(`${root}/`) ? join(stage, nodePath.slice(root.length)) : nodePath;
  const node = isExecutable(own) ? own : nodePath;
  return await host.run(node, [join(stage, 'dist/src/bin.js'), ...args], {
    cwd: stage,
    limitMs,
    env,
  });
}

function npmBeside(nodePath: string): string | null {
  const npm = join(dirname(nodePath), 'npm');
  return isExecutable(npm) ? npm : null;
}

/** Its last line only tells where its log is. */
function npmComplaint(outcome: RunOutcome): string {
  if (outcome.kind !== 'exited') return describeRun(outcome);
  const lines = outcome.stderr
    .split('\n')
    .filter((line) => /^npm (?:error|ERR!) /u.test(line) && !/A complete log/u.test(line))
    .map((line) => line.replace(/^npm (?:error|ERR!) /u, '').trim());
  return lines.length === 0 ? describeRun(outcome) : lines.slice(0, SHOWN_LINES).join('; ');
}

function notBuilt(why: string): ClaudioError {
  return new ClaudioError({
    code: 'update.not-built',
    message: `The new release could not be put together: ${why}.`,
    hint: 'Nothing was changed, and the service goes on. Try again later.',
  });
}

function refuseWhenAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new ClaudioError({
    code: 'cli.cancelled',
    message: 'Broken off.',
    hint: 'Nothing was changed, and the service goes on.',
  });
}
