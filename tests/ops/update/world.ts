import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import BetterSqlite3 from 'better-sqlite3';
import { expect, onTestFinished } from 'vitest';
import type { UpdateOutcome, UpdateParts } from '../../../src/ops/update/run.ts';
import { createHost } from '../../../src/platform/host.ts';
import { createHttpClient } from '../../../src/platform/http-client.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { packageRoot } from '../../../src/platform/package.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { Drive } from './drive.ts';
import { freePort } from '../../support/free-port.ts';
import { plainService, unitOf } from './service.ts';

const STANDIN = join(import.meta.dirname, '../../standins/release');

/** How a release behaves: see its `bin.js`. */
export interface Behaviour {
  readonly migration?: number;
  readonly trial?: 'ill' | 'broken';
  readonly start?: 'ill' | 'broken';
  readonly accepts?: boolean;
  readonly failsToBuild?: boolean;
}

function versionAt(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** A repository with releases, and a clone of it that is installed and runs, all of it real but npm. */
export async function updateWorld() {
  const userHome = temporaryFolder();
  const [origin, root, home, tools, folder] = [
    'origin',
    'claudio',
    '.claudio',
    'tools',
    'place',
  ].map((name) => join(userHome, name)) as [string, string, string, string, string];
  for (const path of [origin, home, tools, folder]) mkdirSync(path);
  const npm = readFileSync(join(STANDIN, 'npm'), 'utf8');
  const mend = join(packageRoot(), 'dist/src/ops/update/mend.js');
  writeFileSync(join(tools, 'npm'), npm.replace('@MEND@', `'${mend}'`));
  chmodSync(join(tools, 'npm'), 0o755);
  const path = [tools, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);

  const run = (cwd: string, file: string, ...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(file, args, {
      cwd,
      encoding: 'utf8',
      env: {
        HOME: userHome,
        PATH: [join(process.execPath, '..'), path].join(delimiter),
        GIT_AUTHOR_NAME: 'Nobody',
        GIT_AUTHOR_EMAIL: 'nobody@example.com',
        GIT_COMMITTER_NAME: 'Nobody',
        GIT_COMMITTER_EMAIL: 'nobody@example.com',
      },
    });
    if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  const git = (cwd: string, ...args: readonly string[]) => run(cwd, 'git', ...args);

  const release = (version: string, behaviour: Behaviour = {}): void => {
    const { failsToBuild = false, ...rest } = behaviour;
    const files = {
      'package.json': { name: 'claudio', version, type: 'module', files: ['dist', 'migrations'] },
      'behaviour.json': rest,
    };
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(origin, name), JSON.stringify(content));
    }
    cpSync(join(STANDIN, 'bin.js'), join(origin, 'bin.js'));
    mkdirSync(join(origin, 'migrations'), { recursive: true });
    writeFileSync(join(origin, 'migrations', `${version}.sql`), version);
    rmSync(join(origin, 'fails-to-build'), { force: true });
    if (failsToBuild) writeFileSync(join(origin, 'fails-to-build'), '');
    git(origin, 'add', '--all');
    git(origin, 'commit', '--quiet', '--message', version);
    git(origin, 'tag', `v${version}`);
  };

  git(origin, 'init', '--quiet', '--initial-branch', 'main');
  writeFileSync(join(origin, '.gitignore'), 'node_modules/\ndist/\n');
  release('1.0.0');
  git(userHome, 'clone', '--quiet', origin, root);
  run(root, 'npm', 'ci');

  const database = openDatabase(join(home, 'claudio.db'));
  database.orm.$client.exec(
    "INSERT INTO updates (source, update_id, received_at_ms) VALUES ('telegram:1', 1, 1)",
  );
  database.close();

  const place = { folder, root, home, port: await freePort() };
  const service = plainService(place);
  await service.start();
  onTestFinished(() => service.stop());
  const http = createHttpClient();
  onTestFinished(() => http.close());

  const health = async (): Promise<{ version: string; status: string } | null> => {
    try {
      const answer = await fetch(`http://127.0.0.1:${place.port}/health`);
      return (await answer.json()) as { version: string; status: string };
    } catch {
      return null;
    }
  };
  await expect.poll(health, { timeout: 25_000 }).not.toBeNull();

  const told: string[] = [];
  const parts = (): UpdateParts => ({
    host: createHost({ HOME: userHome, PATH: path }),
    http,
    service,
    unit: () => unitOf(place),
    root,
    home,
    port: place.port,
    isConfigured: true,
    nodePath: process.execPath,
    version: versionAt(join(root, 'package.json')),
    signal: new AbortController().signal,
    tell: (words) => told.push(words),
    warn: (words) => told.push(words),
    wellWithinMs: 30_000,
  });

  const program = (command: string): string =>
    run(root, process.execPath, '--no-warnings', join(root, 'dist/src/bin.js'), command);

  return {
    userHome,
    origin,
    /** Runs a command of the program that is there, to its end. */
    run: program,
    root,
    home,
    tools,
    place,
    service,
    told,
    git,
    release,
    parts,
    health,
    /** The version of each thing that has one; one where all is of a piece. */
    versions: () => [
      ...new Set([
        versionAt(join(root, 'package.json')),
        readFileSync(join(root, 'node_modules/marker'), 'utf8'),
        program('version'),
        git(root, 'describe', '--tags').replace(/^v/u, ''),
      ]),
    ],
    /** What an update would leave: nothing. */
    leftovers: () => [
      ...git(root, 'status', '--porcelain')
        .split('\n')
        .filter((line) => line !== ''),
      ...git(root, 'worktree', 'list').split('\n').slice(1),
      ...['journal.json', 'stage', 'old'].filter((name) => existsSync(join(root, '.update', name))),
    ],
    /** What was taken in so far, and the migrations that are not Claudio's own. */
    database: () => {
      const sqlite = new BetterSqlite3(join(home, 'claudio.db'), { readonly: true });
      const updates = sqlite
        .prepare('SELECT update_id FROM updates ORDER BY update_id')
        .pluck()
        .all();
      const migrations = sqlite
        .prepare('SELECT created_at FROM __drizzle_migrations WHERE created_at > 9e12')
        .pluck()
        .all();
      sqlite.close();
      return { updates, migrations };
    },
    /** Runs an update in a process of its own. */
    drive: async (wellWithinMs: number, killAt = 0) => {
      const drive: Drive = { place, path, userHome, killAt, wellWithinMs };
      const script = join(import.meta.dirname, 'drive.ts');
      const child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(drive)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      const [stdout, stderr, [code, signal]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit'),
      ]);
      if (signal === 'SIGKILL') return 'killed';
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout) as { outcome: UpdateOutcome; told: string[]; stepCount: number };
    },
  };
}
