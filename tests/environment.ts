import { fileURLToPath } from 'node:url';

/** The Claude Code that `package.json` pins: the real program. */
export const CLAUDE_PATH = fileURLToPath(new URL('../node_modules/.bin/claude', import.meta.url));

/**
 * All that the real program needs to run against a stand-in of the model, and nothing of the
 * environment of whoever runs the tests. The credential is made up.
 *
 * @param options.home A temporary folder: Claude Code writes there.
 * @param options.path Where tools find their programs. Default: the usual system folders.
 * @param options.baseUrl The stand-in's address on loopback.
 */
export function emptyEnvironment(options: {
  home: string;
  path?: string;
  baseUrl: string;
}): Record<string, string> {
  return {
    HOME: options.home,
    PATH: options.path ?? '/usr/local/bin:/usr/bin:/bin',
    ANTHROPIC_BASE_URL: options.baseUrl,
    ANTHROPIC_API_KEY: 'not-a-key',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
  };
}

/** An executable that answers at once and asks no model. */
export const INSTANT_CLAUDE_PATH = fileURLToPath(
  new URL('standins/claude/instant', import.meta.url),
);

/** Where browsers are looked for, see `tests/browser/find.ts`. */
export const BROWSER_ENVIRONMENT = {
  /** Chromium or Chrome, where whoever runs the tests says so. */
  chromePath: process.env['CHROME_PATH'],
  path: process.env['PATH'] ?? '',
};
