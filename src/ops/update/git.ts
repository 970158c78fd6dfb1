import { realpathSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import type { Host } from '../../platform/host.ts';
import { describeRun } from '../../platform/process/run.ts';

const FETCH_LIMIT_MS = 5 * 60_000;
const LIMIT_MS = 2 * 60_000;
const SHOWN_CHANGES = 5;

/** Where the working tree stands. */
export interface Place {
  readonly commit: string;
  /** `null`: none is checked out. */
  readonly branch: string | null;
}

/** The checkout that is this installation. Each function throws ClaudioError `update.git` where git refuses. */
export interface Checkout {
  place(): Promise<Place>;
  /** The files that are not as they were committed, at most a few of them. */
  changes(): Promise<readonly string[]>;
  /** @throws ClaudioError `update.unreachable` */
  fetchTags(): Promise<void>;
  tags(): Promise<readonly string[]>;
  /** Checks a tag out into a folder of its own. */
  addTree(path: string, tag: string): Promise<void>;
  /** Removes such a folder, whatever is left of it. */
  removeTree(path: string): Promise<void>;
  /** Makes the working tree that of a tag or commit, whatever stands in it now. */
  checkOut(place: Place | { readonly tag: string }): Promise<void>;
}

/**
 * The git checkout at `root`.
 *
 * @throws ClaudioError `update.no-checkout` where it is none, `update.no-git`
 */
export async function openCheckout(host: Host, root: string): Promise<Checkout> {
  if (host.locate('git') === null) {
    throw new ClaudioError({
      code: 'update.no-git',
      message: 'git is not installed, and updates come by it.',
      hint: 'Install git (`apt install git`, `brew install git`) and try again.',
    });
  }
  const run = (args: readonly string[], limitMs = LIMIT_MS) =>
    host.run('git', ['-C', root, '-c', 'core.hooksPath=/dev/null', ...args], {
      limitMs,
      // Nobody is there to be asked for a password.
      env: { GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
    });
  const git = async (what: string, ...args: readonly string[]): Promise<string> => {
    const outcome = await run(args);
    if (outcome.kind === 'exited' && outcome.code === 0) return outcome.stdout;
    throw new ClaudioError({
      code: 'update.git',
      message: `git could not ${what} in ${root}: ${describeRun(outcome)}.`,
      hint: `\`git -C ${root} status\` tells more.`,
    });
  };

  const top = await run(['rev-parse', '--show-toplevel']);
  if (top.kind !== 'exited' || top.code !== 0 || realpathSync(top.stdout) !== realpathSync(root)) {
    throw new ClaudioError({
      code: 'update.no-checkout',
      message: `Claudio in ${root} is no git checkout, so it cannot update itself.`,
      hint: 'Bring the new release in the way this one came, or clone Claudio anew with git.',
    });
  }

  return {
    place: async () => {
      const commit = await git('tell the commit', 'rev-parse', 'HEAD');
      const name = await run(['symbolic-ref', '--quiet', '--short', 'HEAD']);
      const isOnBranch = name.kind === 'exited' && name.code === 0;
      return { commit, branch: isOnBranch ? name.stdout : null };
    },
    changes: async () => {
      const found = await git('look at the files', 'status', '--porcelain');
      const lines = found.split('\n').filter((line) => line !== '');
      return lines.slice(0, SHOWN_CHANGES).map((line) => line.slice(3));
    },
    fetchTags: async () => {
      const outcome = await run(['fetch', '--tags', '--quiet'], FETCH_LIMIT_MS);
      if (outcome.kind === 'exited' && outcome.code === 0) return;
      throw new ClaudioError({
        code: 'update.unreachable',
        message: `The releases cannot be fetched: ${describeRun(outcome)}.`,
        hint: `See that the network is there and that \`git -C ${root} fetch --tags\` works, and try again.`,
      });
    },
    tags: async () => (await git('list the tags', 'tag', '--list', 'v*')).split('\n'),
    addTree: async (path, tag) => {
      await git('check the release out', 'worktree', 'add', '--quiet', '--detach', path, tag);
    },
    removeTree: async (path) => {
      rmSync(path, { recursive: true, force: true });
      await git('clear up', 'worktree', 'prune');
    },
    checkOut: async (place) => {
      // Left by a git that was killed in the middle; nobody else works here.
      const lock = await git('find its lock', 'rev-parse', '--git-path', 'index.lock');
      rmSync(resolve(root, lock), { force: true });
      const target = 'tag' in place ? place.tag : (place.branch ?? place.commit);
      const how = 'tag' in place || place.branch === null ? ['--detach'] : [];
      await git('check out', 'checkout', '--quiet', '--force', ...how, target, '--');
    },
  };
}
