import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNewer, newestRelease } from '../../../src/ops/update/release.ts';

test('the newest is the one with the highest version, whatever the order and whatever else is tagged', () => {
  const tags = [
    'v1.9.0',
    'v1.10.0',
    'v1.2.0',
    'latest',
    'v2',
    'v01.11.0',
    'version-3.0.0',
    'v3.0.0-rc.1',
    '',
  ];
  expect(newestRelease(tags, '1.0.0')).toEqual({ tag: 'v1.10.0', version: '1.10.0' });
  expect(newestRelease(tags.toReversed(), '1.0.0')?.tag).toBe('v1.10.0');
  expect(newestRelease(['latest', 'v2'], '1.0.0')).toBeNull();
});

test('who runs a release that is not final gets such ones, and the final one behind them', () => {
  expect(newestRelease(['v2.0.0-rc.1', 'v2.0.0-rc.2', 'v1.0.0'], '2.0.0-rc.1')?.version).toBe(
    '2.0.0-rc.2',
  );
  expect(newestRelease(['v2.0.0-rc.2', 'v2.0.0'], '2.0.0-rc.1')?.version).toBe('2.0.0');
  expect(newestRelease(['v2.0.0-rc.2', 'v1.0.0'], '1.0.0')?.version).toBe('1.0.0');
});

test('no release is newer than itself, and of two that differ one is newer', () => {
  const version = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)).map((parts) => parts.join('.'));
  fc.assert(
    fc.property(version, version, (one, other) => {
      const release = { tag: `v${one}`, version: one };
      expect(isNewer(release, one)).toBe(false);
      const opposite = isNewer({ tag: `v${other}`, version: other }, one);
      expect(isNewer(release, other)).toBe(one !== other && !opposite);
    }),
  );
});
