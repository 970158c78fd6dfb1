import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import type { Host } from '../../platform/host.ts';
import type { HttpClient } from '../../platform/http-client.ts';
import { describeRun } from '../../platform/process/run.ts';
import { installPlan, type InstallPlan } from './install-plan.ts';
import type { Person } from './person.ts';

/** What became of installing cloudflared. */
export type Installed =
  | { readonly kind: 'installed'; readonly path: string }
  /** The person was told how to do it. */
  | { readonly kind: 'told' }
  | { readonly kind: 'failed'; readonly reason: string };

const LIMIT_MS = 15 * 60_000;
const FETCH_TIMEOUT_MS = 30_000;
const MAX_BYTES = 256 * 1024;

/**
 * Installs cloudflared with the package manager of the machine, after a yes to the very commands: brew,
 * or apt, dnf or yum with Cloudflare's own signed packages. Where there is none, nobody to ask, or no
 * right to do it without a password, the person is told how.
 *
 * @param source Where Cloudflare has its packages, without a slash at the end.
 * @throws ClaudioError `cli.cancelled`
 */
export async function installCloudflared(
  host: Host,
  ui: Person,
  http: HttpClient,
  source = 'https://pkg.cloudflare.com',
): Promise<Installed> {
  const plan = installPlan(host, source);
  const tell = (): Installed => {
    ui.block(plan.instructions.join('\n'), 'How to install cloudflared:');
    return { kind: 'told' };
  };
  if (plan.commands.length === 0) return tell();
  const isRoot = host.userId === 0;
  // A password could only be typed at a terminal, which what we start does not have.
  if (plan.needsRoot && !isRoot && !(await maySudo(host))) return tell();

  const before = plan.needsRoot && !isRoot ? ['sudo', '-n'] : [];
  const folder = mkdtempSync(join(tmpdir(), 'claudio-cloudflared-'));
  try {
    const commands = [...plan.files.map((file) => placing(file, folder)), ...plan.commands].map(
      (command) => [...before, ...command],
    );
    ui.block(commands.map(shown).join('\n'), 'To install cloudflared, these commands are run:');
    if (!(await agrees(ui))) return tell();
    const fault = await ui.step('Installing cloudflared', async (say) => {
      const fetched = await fetchFiles(plan.files, folder, http);
      if (fetched !== null) return fetched;
      for (const [program = '', ...args] of commands) {
        say(`Installing cloudflared: ${shown([program, ...args])}`);
        const outcome = await host.run(program, args, { limitMs: LIMIT_MS });
        if (outcome.kind !== 'exited' || outcome.code !== 0) {
          return `${shown([program, ...args])}: ${describeRun(outcome)}`;
        }
      }
      return null;
    });
    if (fault !== null) return { kind: 'failed', reason: fault };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const path = host.locate('cloudflared');
  return path === null
    ? { kind: 'failed', reason: 'it is installed, and not to be found on PATH' }
    : { kind: 'installed', path };
}

type PlannedFile = InstallPlan['files'][number];

function placing(file: PlannedFile, folder: string): readonly string[] {
  return ['install', '-D', '-m', '0644', join(folder, file.name), file.target];
}

/** @returns What went wrong, or `null`. */
async function fetchFiles(
  files: readonly PlannedFile[],
  folder: string,
  http: HttpClient,
): Promise<string | null> {
  for (const file of files) {
    let content: Uint8Array = Buffer.from(file.content ?? '');
    if (file.url !== null) {
      const outcome = await http.request({
        method: 'GET',
        url: file.url,
        timeoutMs: FETCH_TIMEOUT_MS,
        maxResponseBytes: MAX_BYTES,
      });
      if (outcome.kind === 'failed') return `${file.url}: ${outcome.reason}`;
      if (outcome.status !== 200) return `${file.url}: HTTP ${outcome.status}`;
      content = outcome.body;
    }
    if (!file.isRight(content)) return `${file.url ?? file.target} is not what was expected`;
    writeFileSync(join(folder, file.name), content, { mode: 0o600 });
  }
  return null;
}

async function maySudo(host: Host): Promise<boolean> {
  if (host.locate('sudo') === null) return false;
  const outcome = await host.run('sudo', ['-n', 'true']);
  return outcome.kind === 'exited' && outcome.code === 0;
}

async function agrees(ui: Person): Promise<boolean> {
  try {
    return await ui.confirm('Install cloudflared now?');
  } catch (error) {
    if (error instanceof ClaudioError && error.code === 'cli.needs-answer') return false;
    throw error;
  }
}

function shown(command: readonly string[]): string {
  return command
    .map((word) => (/^[\w./:=@+-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
