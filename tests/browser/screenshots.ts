// Takes pictures of all pages for people to look at, and the two of the README:
// npm run build && node tests/browser/screenshots.ts /tmp/shots
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { packageRoot } from '../../src/platform/package.ts';
import { OWNER, startBotApi } from '../../src/playground/bot-api/bot-api.ts';
import { CLAUDE_PATH, emptyEnvironment, INSTANT_CLAUDE_PATH } from '../environment.ts';
import { startModel } from '../standins/model/model.ts';
import { chatOn } from './chat-page.ts';
import { contextOptions, startBrowser, type Looking } from './launch.ts';
import { seedHistory } from './seed.ts';
import { freePort } from '../support/free-port.ts';

const BIN = join(packageRoot(), 'dist/src/bin.js');
const README_SIZE = { width: 1180, height: 760 };
const LOOKS: readonly (Looking & { readonly name: string })[] = [
  { name: 'light', colorScheme: 'light' },
  { name: 'dark', colorScheme: 'dark' },
  { name: 'phone', colorScheme: 'light', width: 390 },
  { name: 'phone-dark', colorScheme: 'dark', width: 390 },
];
const CONSOLE_PATHS = {
  now: '/',
  conversations: '/conversations',
  conversation: '/conversations/telegram%3A1%3A1001?turn=1',
  search: '/search?q=build',
  usage: '/usage',
  health: '/checks',
  memories: '/memories',
  forget: '/memories/1/forget',
  audit: '/audit',
  configuration: '/configuration',
} as const;

const folder = process.argv[2] ?? join(tmpdir(), 'shots');
const forReadme = join(packageRoot(), 'docs/screenshots');
for (const path of [folder, forReadme]) mkdirSync(path, { recursive: true });
const cleanup: (() => unknown)[] = [];
try {
  const browser = await startBrowser();
  cleanup.push(() => browser.close());
  await picturePlayground(browser);
  await pictureConsole(browser);
} finally {
  for (const clean of cleanup.toReversed()) await clean();
}

/** A conversation with Claude Code, as far as a script can be Claude. */
async function picturePlayground(browser: Browser): Promise<void> {
  const model = await startModel();
  cleanup.push(() => model.close());
  const environment = {
    ...emptyEnvironment({ home: temporaryHome(), baseUrl: model.url }),
    CLAUDE_BIN: CLAUDE_PATH,
  };
  const link = await untilPrinted(['playground', '--agent', 'claude', '--no-open'], environment);

  const page = await look(browser, {});
  await page.setViewportSize(README_SIZE);
  await page.goto(link);
  await picture(page, 'playground-empty');
  const chat = chatOn(page);
  model.useTool('Bash', { command: 'npm test' });
  model.answer(
    'One test fails: `tests/price.test.ts`, “rounds half up”. The cause is in `src/price.ts`, line 12: `Math.floor` where it should be `Math.round`.\n\nShall I mend it?',
  );
  await chat.say('why is the build red?');
  await chat.own('why is the build red?').getByText('answered').waitFor();
  model.useTool('Bash', { command: 'npm test' });
  // The next request is never answered: it runs as long as it is looked at.
  model.answerWith(() => ({ kind: 'hang' }));
  await chat.say('yes, and push it to a branch');
  await page.getByRole('button', { name: 'Stop' }).waitFor();
  await chat.say('then tell me what else changed this week');
  await chat.own('then tell me').getByText('queued').waitFor();
  await page.screenshot({ path: join(forReadme, 'playground.png') });
  await inAllLooks(browser, 'playground', link);
  await chat.fault('kill -9 the service');
  await page.getByRole('button', { name: 'Retry' }).waitFor();
  await inAllLooks(browser, 'playground-killed', link);
}

/** Two weeks in the life of a service, with something that runs and something that waits. */
async function pictureConsole(browser: Browser): Promise<void> {
  const api = await startBotApi();
  cleanup.push(() => api.close());
  const userHome = temporaryHome();
  const home = join(userHome, '.claudio');
  mkdirSync(home, { mode: 0o700 });
  const database = openDatabase(join(home, 'claudio.db'));
  cleanup.push(() => database.close());
  seedHistory(database, { ownerId: OWNER.id, nowMs: systemClock.now(), hasMarkup: false });
  const port = await freePort();
  const environment = {
    ...emptyEnvironment({ home: userHome, baseUrl: 'http://127.0.0.1:9' }),
    CLAUDE_BIN: INSTANT_CLAUDE_PATH,
    PORT: String(port),
    TELEGRAM_BOT_TOKEN: api.token,
    TELEGRAM_CHAT_ID: String(OWNER.id),
    TELEGRAM_API_ROOT: api.root,
    WEBHOOK_URL: `http://127.0.0.1:${port}`,
    WEBHOOK_SECRET: 'not-a-secret',
  };
  await untilPrinted(['start'], environment, /"event":"(webhook\.registered)"/u);
  const url = `http://127.0.0.1:${port}`;
  const link = () => untilPrinted(['console'], environment);
  const page = await look(browser, {});
  await page.setViewportSize(README_SIZE);
  await page.goto(await link());
  await page.goto(`${url}/usage?days=7`);
  await page.screenshot({ path: join(forReadme, 'console.png') });
  for (const one of LOOKS) {
    const other = await look(browser, one);
    await other.goto(await link());
    for (const [name, path] of Object.entries(CONSOLE_PATHS)) {
      await other.goto(url + path);
      await picture(other, `console-${name}-${one.name}`);
    }
    await other.context().close();
  }
}

async function inAllLooks(browser: Browser, name: string, link: string): Promise<void> {
  for (const one of LOOKS) {
    const page = await look(browser, one);
    await page.goto(link);
    await picture(page, `${name}-${one.name}`);
    await page.context().close();
  }
}

async function look(browser: Browser, looking: Looking): Promise<Page> {
  const context = await browser.newContext(contextOptions(looking));
  return await context.newPage();
}

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'claudio-shots-'));
  cleanup.push(() => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
  return home;
}

/** Runs Claudio, and resolves with what it says that fits: the link that leads in, unless told otherwise. */
async function untilPrinted(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  fits = /(http:\S+\/enter\?key=\S+)/u,
): Promise<string> {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  cleanup.push(async () => {
    child.kill();
    await ended;
  });
  let said = '';
  for await (const piece of child.stdout) {
    said += String(piece);
    const found = fits.exec(said)?.[1];
    if (found !== undefined) {
      child.stdout.resume();
      return found;
    }
  }
  throw new Error(`it ended: ${said}`);
}
