import { chromium, type Browser, type BrowserContextOptions } from 'playwright-core';
import { BROWSER_ENVIRONMENT } from '../environment.ts';
import { findBrowser } from './find.ts';

/** A name that leads to this machine, as a name that was made to do so does. */
export const REBOUND_NAME = 'rebound.test';

/** How a person looks at a page. */
export interface Looking {
  /** In CSS pixels. Default: 1280. */
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** Whether scripts may run. Default: they may. */
  readonly scripts?: boolean;
}

/** @throws Error that says what to install where there is no browser. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findBrowser(BROWSER_ENVIRONMENT),
    // Chromium has no sandbox for root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      // No name but these, and no address.
      `--host-resolver-rules=MAP ${REBOUND_NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1`,
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  });
}

/** What makes a context of a person who looks like this. */
export function contextOptions({
  width = 1280,
  colorScheme = 'light',
  scripts = true,
}: Looking): BrowserContextOptions {
  return {
    viewport: { width, height: width < 500 ? 844 : 900 },
    colorScheme,
    javaScriptEnabled: scripts,
    permissions: ['microphone'],
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  };
}
