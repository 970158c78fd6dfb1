import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { findBrowser } from './find.ts';

function program(folder: string, name: string): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  chmodSync(path, 0o755);
  return path;
}

test('the browser is the one that CHROME_PATH names, else one on the PATH, else one in a usual place', () => {
  const [folder, other] = [temporaryFolder(), temporaryFolder()];
  const chrome = program(folder, 'google-chrome');
  const named = program(other, 'my-chrome');
  const place = program(other, 'Google Chrome');
  const path = `/nowhere:${folder}`;

  expect(findBrowser({ chromePath: named, path, places: [place] })).toBe(named);
  expect(findBrowser({ chromePath: undefined, path, places: [place] })).toBe(chrome);
  const chromium = program(folder, 'chromium');
  expect(findBrowser({ chromePath: undefined, path, places: [place] })).toBe(chromium);
  expect(findBrowser({ chromePath: undefined, path: '', places: ['/nowhere/x', place] })).toBe(
    place,
  );
});

test('without a browser the tests fail with a sentence that says what to install', () => {
  const nowhere = { chromePath: undefined, path: temporaryFolder(), places: [] };
  expect(() => findBrowser(nowhere)).toThrow(
    /^The tests of the pages need Chromium or Chrome: install one \(.*apt-get install chromium.*\), or say where it is in CHROME_PATH\.$/u,
  );
  expect(() => findBrowser({ ...nowhere, chromePath: '/nowhere/chrome' })).toThrow(
    'CHROME_PATH names /nowhere/chrome, and there is no file of that name.',
  );
});
