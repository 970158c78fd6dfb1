import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot, packageVersion } from '../../src/platform/package.ts';

test('the package is found, and its version and migrations in it', () => {
  const text = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ name: 'claudio', version: packageVersion() });
  expect(existsSync(join(packageRoot(), 'migrations', 'meta', '_journal.json'))).toBe(true);
});
