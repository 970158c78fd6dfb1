// Not all of it, which the service would load at each start.
import gte from 'semver/functions/gte.js';
import valid from 'semver/functions/valid.js';
import { isExecutable } from '../../platform/files.ts';
import type { Host } from '../../platform/host.ts';
import { describeRun } from '../../platform/process/run.ts';

/**
 * Before this, a quick tunnel refused a configuration with rules of its own, so that everything would be
 * let through.
 *
 * Source: https://github.com/cloudflare/cloudflared/blob/master/RELEASE_NOTES, 2023.2.2
 */
const OLDEST = '2023.3.0';

/** What there is of cloudflared on this machine. */
export type FoundCloudflared =
  | { readonly kind: 'found'; readonly path: string; readonly version: string }
  | { readonly kind: 'missing'; readonly reason: string; readonly remedy: string }
  /** It is there, and does not run or is too old. */
  | {
      readonly kind: 'unfit';
      readonly path: string;
      readonly reason: string;
      readonly remedy: string;
    };

/**
 * Finds the program, looking anew each time.
 *
 * @param configured `CLOUDFLARED_BIN`: where it is set, nothing else is tried.
 * @returns An absolute path of something executable, or `null`.
 */
export function locateCloudflared(host: Host, configured: string | undefined): string | null {
  if (configured !== undefined) return isExecutable(configured) ? configured : null;
  return host.locate('cloudflared');
}

/** What to say where {@link locateCloudflared} finds nothing. */
export function missingCloudflared(configured: string | undefined): {
  readonly reason: string;
  readonly remedy: string;
} {
  return configured === undefined
    ? {
        reason: 'cloudflared is not installed',
        remedy: 'Install it: `claudio tunnel setup` does it or says how.',
      }
    : {
        reason: `CLOUDFLARED_BIN is ${configured}, and there is no program there`,
        remedy: 'Correct CLOUDFLARED_BIN, or remove it.',
      };
}

/** Finds cloudflared and asks it for its version. */
export async function findCloudflared(
  host: Host,
  configured: string | undefined,
): Promise<FoundCloudflared> {
  const path = locateCloudflared(host, configured);
  if (path === null) return { kind: 'missing', ...missingCloudflared(configured) };
  const outcome = await host.run(path, ['--version']);
  const version =
    outcome.kind === 'exited'
      ? /^cloudflared version (\S+)/mu.exec(outcome.stdout)?.[1]
      : undefined;
  if (version === undefined) {
    return {
      kind: 'unfit',
      path,
      reason: `${path} does not run as cloudflared (${describeRun(outcome)})`,
      remedy: 'Install cloudflared anew.',
    };
  }
  // Builds of one's own have other versions, and are taken at their word.
  if (valid(version) !== null && !gte(version, OLDEST)) {
    return {
      kind: 'unfit',
      path,
      reason: `cloudflared ${version} is too old`,
      remedy: `Update it to ${OLDEST} or newer.`,
    };
  }
  return { kind: 'found', path, version };
}
