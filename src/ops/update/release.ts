import semver from 'semver';

/** A release that can be brought in. */
export interface Release {
  /** `v1.2.3` */
  readonly tag: string;
  readonly version: string;
}

/**
 * The newest release among tags of the form `v1.2.3`, or `null` where there is none. One that is marked
 * as not final (`v2.0.0-rc.1`) counts only for those who run such a one.
 */
export function newestRelease(tags: readonly string[], running: string): Release | null {
  const takesAll = semver.prerelease(running) !== null;
  const found = tags
    .flatMap((tag) => {
      const version = /^v(\d.*)$/u.exec(tag)?.[1] ?? '';
      return semver.valid(version) === version ? [{ tag, version }] : [];
    })
    .filter(({ version }) => takesAll || semver.prerelease(version) === null)
    .toSorted((one, other) => semver.compare(one.version, other.version));
  return found.at(-1) ?? null;
}

/** Whether a release is newer than what runs. */
export function isNewer(release: Release, running: string): boolean {
  return semver.gt(release.version, running);
}
