import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createOwnerChat } from '../app/owner-chat.ts';
import { ClaudioError } from '../core/error.ts';
import type { Finding } from '../core/finding.ts';
import { checkHealth } from '../ops/health-check/check.ts';
import { ownSpareFolder, spareFolder } from '../ops/health-check/notes.ts';
import { finishUpdate } from '../ops/update/update.ts';
import { createServiceManager } from '../ops/service/create.ts';
import { systemClock } from '../platform/clock.ts';
import { inspectConfiguration, type Inspection } from '../platform/configuration/load.ts';
import { lockHome, type HomeLock } from '../platform/home-lock.ts';
import { createHttpClient, type HttpClient } from '../platform/http-client.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { formatFindings, wantsColours } from './findings.ts';
import { updateParts } from './update.ts';

const SILENT = { debug: () => undefined };

/**
 * Looks after the service once: 0 where all is well or nothing is set up, 1 where something is wrong, 75
 * where another one is at it. Says nothing where all is well and nobody is there to read it: who runs it
 * regularly may mail whatever it says.
 */
export async function healthCheck(context: CliContext, options: CommonOptions): Promise<number> {
  const configuration = inspectConfiguration(context.environment);
  const spare = spareFolder(tmpdir(), context.host.userId, configuration.home);
  const lock = takeTurn(configuration.home, spare);
  const http = createHttpClient();
  try {
    const found = await checkHealth({
      host: context.host,
      clock: systemClock,
      http,
      configuration,
      services: createServiceManager(context.host),
      tell: chatOf(configuration, http),
      spareFolder: spare,
      complain: (sentence) => void process.stderr.write(`${sentence}\n`),
      finishUpdate: () =>
        finishUpdate({
          ...updateParts(context.host, configuration, http),
          signal: new AbortController().signal,
          tell: () => undefined,
          warn: (text) => void process.stderr.write(`${text}\n`),
        }),
    });
    print(context, options, found.map(findingOf));
    return found.some(({ state }) => state === 'failed') ? EXIT.failed : EXIT.ok;
  } finally {
    await http.close();
    lock?.release();
  }
}

/** One at a time, also where the home cannot be written. @throws ClaudioError `health-check.under-way` */
function takeTurn(home: string, spare: string): HomeLock | null {
  // Nothing is set up, and nothing is to be left there.
  if (!existsSync(home)) return null;
  try {
    return lockHome(home, 'health-check');
  } catch (error) {
    if (!(error instanceof ClaudioError) || error.code !== 'home.unusable') throw error;
    ownSpareFolder(spare);
    return lockHome(spare, 'health-check');
  }
}

function chatOf({ settings }: Inspection, http: HttpClient) {
  const { TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID, TELEGRAM_API_ROOT } = settings;
  if (TELEGRAM_BOT_TOKEN === undefined || TELEGRAM_CHAT_ID === undefined) return null;
  return createOwnerChat({
    settings: { TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID, TELEGRAM_API_ROOT },
    http,
    clock: systemClock,
    log: SILENT,
  }).tell;
}

function findingOf({ name, state, text, remedy }: Finding): Finding {
  return { name, state, text, ...(remedy === undefined ? {} : { remedy }) };
}

function print(context: CliContext, options: CommonOptions, findings: readonly Finding[]): void {
  if (options.json === true) {
    context.print(JSON.stringify({ findings }, null, 2));
    return;
  }
  const isRead = process.stdout.isTTY;
  const shown = findings.filter(({ state }) => state !== 'off' && state !== 'ok');
  const lines = isRead ? findings : shown;
  if (lines.length === 0) return;
  context.print(
    formatFindings(lines, { isColoured: wantsColours(process.stdout, context.environment) }),
  );
}
