import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBrowser } from '../../../src/platform/process/open-browser.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const LINK = 'http://127.0.0.1:1/enter?key=a&b="c"';

/** A machine on which this program writes down what it is to open. */
function machine(name: string) {
  const folder = temporaryFolder();
  const [program, opened] = [join(folder, name), join(folder, 'opened')];
  writeFileSync(program, `#!/bin/sh\nprintf %s "$1 $SCREEN" >'${opened}'\n`, { mode: 0o755 });
  return {
    locate: (wanted: string) => (wanted === name ? program : null),
    opened: () => (existsSync(opened) ? readFileSync(opened, 'utf8') : null),
  };
}

test.each([
  ['linux', 'xdg-open', 'DISPLAY'],
  ['linux', 'xdg-open', 'WAYLAND_DISPLAY'],
  ['darwin', 'open', 'SCREEN'],
] as const)(
  'on %s, %s opens the link as it is, with the environment of the person',
  async (platform, name, variable) => {
    const { locate, opened } = machine(name);
    const environment = { PATH: '/usr/bin:/bin', SCREEN: 'mine', [variable]: 'mine' };
    expect(openBrowser(LINK, { platform, environment, locate })).toBe(true);
    await expect.poll(opened).toBe(`${LINK} mine`);
  },
);

test('without a screen, or without a program for it, none is opened, and that is fine', () => {
  const { locate } = machine('xdg-open');
  expect(openBrowser(LINK, { platform: 'linux', environment: {}, locate })).toBe(false);
  const environment = { DISPLAY: ':0' };
  expect(openBrowser(LINK, { platform: 'linux', environment, locate: () => null })).toBe(false);
});
