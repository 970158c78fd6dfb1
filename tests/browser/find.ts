import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
] as const;

/** Where installers put it without telling the PATH: macOS, snap, and Chrome's own packages. */
export const USUAL_PLACES: readonly string[] = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/usr/bin/chromium',
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
];

/**
 * The browser to test with: the one that `chromePath` names, else the first that is found.
 *
 * @param where.path Folders as in the variable PATH.
 * @param where.places Absolute paths of programs.
 * @throws Error that says what to install.
 */
export function findBrowser(where: {
  readonly chromePath: string | undefined;
  readonly path: string;
  readonly places?: readonly string[];
}): string {
  const { chromePath, path, places = USUAL_PLACES } = where;
  if (chromePath !== undefined) {
    if (existsSync(chromePath)) return chromePath;
    throw new Error(`CHROME_PATH names ${chromePath}, and there is no file of that name.`);
  }
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = [...onPath, ...places].find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new Error(
    'The tests of the pages need Chromium or Chrome: install one (Debian and Ubuntu: `apt-get install chromium`, macOS: `brew install --cask chromium`), or say where it is in CHROME_PATH.',
  );
}
