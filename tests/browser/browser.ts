import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished, vi } from 'vitest';
import { contextOptions, startBrowser, type Looking } from './launch.ts';

const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);
/** Far more than anything takes on a machine that has nothing else to do. */
const WAIT_MS = 45_000;
const TEST_MS = 300_000;

/** What a browser says of pages whose service is away. */
export const SERVICE_AWAY: readonly RegExp[] = [
  /^console: Failed to load resource: net::ERR_(?:CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE)/u,
];

/** A browser of a test file. */
export interface TestBrowser {
  /**
   * A page of a person of their own: no cookie is shared. Gone when the test has ended.
   *
   * @param options.expected Faults that belong to what is tested; any other fails the test.
   */
  open(options?: Looking & { readonly expected?: readonly RegExp[] }): Promise<Page>;
}

/**
 * Starts a browser for the tests of a file, and ends it after them. It reaches this machine and nothing
 * else. A test fails where a page asks for another host, says something on the console that is an error
 * (what the Content-Security-Policy forbade is), throws, or opens a dialog.
 */
export function useBrowser(): TestBrowser {
  vi.setConfig({ testTimeout: TEST_MS, hookTimeout: TEST_MS });
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  return {
    open: async ({ expected = [], ...looking } = {}) => {
      if (browser === undefined) throw new Error('the browser is not there yet');
      const context = await browser.newContext(contextOptions(looking));
      const faults = watchFaults(context);
      onTestFinished(async () => {
        await context.close();
        const left = faults.filter((fault) => !expected.some((pattern) => pattern.test(fault)));
        if (left.length > 0) throw new Error(`the page had faults:\n${left.join('\n')}`);
      });
      return await context.newPage();
    },
  };
}

/** Writes down what no page may do, from now on. */
export function watchFaults(context: BrowserContext): readonly string[] {
  context.setDefaultTimeout(WAIT_MS);
  const faults: string[] = [];
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!/^(?:https?|wss?):$/u.test(protocol)) return;
    if (!LOOPBACK_NAMES.has(hostname)) faults.push(`request: ${request.url()}`);
  });
  context.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  context.on('weberror', (fault) => void faults.push(`thrown: ${String(fault.error())}`));
  context.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return faults;
}
