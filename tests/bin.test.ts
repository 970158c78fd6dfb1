import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../src/platform/package.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

test('an update that was cut off and cannot be completed is told in two sentences, by every command', () => {
  const root = temporaryFolder();
  const files = {
    'package.json': JSON.stringify({ type: 'module' }),
    '.update/journal.json': JSON.stringify({ state: 'swapping', pid: 2 ** 30 }),
    '.update/stage/package.json': JSON.stringify({ files: ['deploy'] }),
    '.update/stage/deploy/unit': 'new',
    // There is no room for a folder here.
    deploy: 'in the way',
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  for (const name of ['src/bin.ts', 'src/ops/update/mend.ts']) {
    cpSync(join(packageRoot(), name), join(root, name));
  }
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', join(root, 'src/bin.ts'), 'status'],
    { encoding: 'utf8', env: {} },
  );
  expect(stderr).toMatch(
    /^An update was cut off, and its files cannot be brought in: .*\.\nSee that .* and try again\.\n$/u,
  );
  expect(status).toBe(75);
});
