import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  type Stats,
} from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { ClaudioError, messageOf } from '../../core/error.ts';
import type { Finding } from '../../core/finding.ts';
import type { Host } from '../../platform/host.ts';
import { packageRoot } from '../../platform/package.ts';

/** What became of the link, and what should be seen of it. */
export interface Linked {
  readonly outcome: 'made' | 'unchanged' | 'updated' | 'foreign';
  /** Absolute path of the link. */
  readonly path: string;
  readonly findings: readonly Finding[];
}

/**
 * Makes `~/.local/bin/claudio` lead to this installation, so that `claudio` can be typed. What is there
 * and is not Claudio's is left alone.
 *
 * @throws ClaudioError `link.refused` where the folder cannot be written.
 */
export function linkProgram(host: Host): Linked {
  const path = linkPath(host);
  const target = join(packageRoot(), 'deploy/claudio');
  const standing = look(path);
  if (standing.kind === 'foreign') {
    return { outcome: 'foreign', path, findings: [foreign(path, target)] };
  }
  const findings = pathFindings(host, dirname(path));
  if (standing.kind === 'ours' && standing.target === target) {
    return { outcome: 'unchanged', path, findings };
  }
  try {
    mkdirSync(dirname(path), { recursive: true });
    // In one step: at no moment is there no claudio.
    const temporary = `${path}.${process.pid}.tmp`;
    rmSync(temporary, { force: true });
    symlinkSync(target, temporary);
    renameSync(temporary, path);
  } catch (error) {
    throw refused(`${path} cannot be made`, error);
  }
  return { outcome: standing.kind === 'absent' ? 'made' : 'updated', path, findings };
}

/**
 * Takes the link away, where it is Claudio's.
 *
 * @throws ClaudioError `link.refused` where the folder cannot be written.
 */
export function unlinkProgram(host: Host): 'removed' | 'absent' | 'foreign' {
  const path = linkPath(host);
  const standing = look(path);
  if (standing.kind !== 'ours') return standing.kind;
  try {
    rmSync(path);
  } catch (error) {
    throw refused(`${path} cannot be removed`, error);
  }
  return 'removed';
}

function linkPath(host: Host): string {
  return join(host.userHome, '.local/bin/claudio');
}

type Standing =
  { readonly kind: 'absent' | 'foreign' } | { readonly kind: 'ours'; readonly target: string };

/** Ours is a link to the launcher of any copy of Claudio, one that is gone by now too. */
function look(path: string): Standing {
  const entry = entryAt(path);
  if (entry === null) return { kind: 'absent' };
  if (!entry.isSymbolicLink()) return { kind: 'foreign' };
  const target = resolve(dirname(path), readlinkSync(path));
  if (!target.endsWith('/deploy/claudio')) return { kind: 'foreign' };
  const manifest = join(dirname(target), '../package.json');
  const isOurs =
    !existsSync(manifest) || /"name":\s*"claudio"/u.test(readFileSync(manifest, 'utf8'));
  return isOurs ? { kind: 'ours', target } : { kind: 'foreign' };
}

function entryAt(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    // ENOTDIR: where a folder should be, there is a file. Making the link will say so.
    const isAbsent =
      error instanceof Error && 'code' in error && /^(?:ENOENT|ENOTDIR)$/u.test(String(error.code));
    if (isAbsent) return null;
    throw refused(`${path} cannot be looked at`, error);
  }
}

function foreign(path: string, target: string): Finding {
  return {
    name: 'link',
    state: 'warning',
    text: `${path} is there already and is not Claudio's`,
    remedy: `Move it away and install again, or run ${target} by its own name.`,
  };
}

function pathFindings(host: Host, folder: string): readonly Finding[] {
  const folders = (host.environment['PATH'] ?? '').split(delimiter);
  if (folders.some((one) => one !== '' && resolve('/', one) === folder)) return [];
  const { file, line } = shellLine(basename(host.environment['SHELL'] ?? ''), host.platform);
  return [
    {
      name: 'path',
      state: 'warning',
      text: `${folder} is not on your PATH, so \`claudio\` is not found yet`,
      remedy: `Add this line to ${file} and open a new terminal: ${line}`,
    },
  ];
}

/** How a folder comes onto the PATH of a shell, and where that is written. */
function shellLine(shell: string, platform: NodeJS.Platform): { file: string; line: string } {
  const line = 'export PATH="$HOME/.local/bin:$PATH"';
  switch (shell) {
    case 'fish':
      return { file: '~/.config/fish/config.fish', line: 'fish_add_path ~/.local/bin' };
    case 'zsh':
      return { file: '~/.zshrc', line };
    case 'bash':
      // The terminals of macOS run login shells, which read the other one.
      return { file: platform === 'darwin' ? '~/.bash_profile' : '~/.bashrc', line };
    default:
      return { file: '~/.profile', line };
  }
}

function refused(what: string, error: unknown): ClaudioError {
  return new ClaudioError({
    code: 'link.refused',
    message: `${what}: ${messageOf(error)}.`,
    hint: 'Make the folder ~/.local/bin writable for you.',
    cause: error,
  });
}
