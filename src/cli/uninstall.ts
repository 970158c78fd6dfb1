import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ClaudioError } from '../core/error.ts';
import { asidesOf } from '../ops/backup/restore.ts';
import { backupsFolder } from '../ops/backup/snapshots.ts';
import { disconnectBot } from '../ops/install/disconnect.ts';
import { removeLink } from '../ops/install/parts.ts';
import { isHome, judgePurge, purge } from '../ops/install/purge.ts';
import { createRestingService } from '../ops/install/resting-service.ts';
import { runStep, type StepResult } from '../ops/install/step.ts';
import { createSchedulers } from '../ops/schedule/create.ts';
import { createServiceManager } from '../ops/service/create.ts';
import {
  asBotSees,
  claudioHomePath,
  inspectConfiguration,
} from '../platform/configuration/load.ts';
import { isSameFolder } from '../platform/files.ts';
import { lockHome } from '../platform/home-lock.ts';
import { createHttpClient } from '../platform/http-client.ts';
import { packageRoot } from '../platform/package.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { show } from './show-step.ts';
import { cancelled } from './ui.ts';
import { uninstallBot } from './uninstall-bot.ts';

export interface UninstallOptions extends CommonOptions {
  readonly purge?: boolean;
  /** This bot, and nothing else. */
  readonly bot?: string;
}

/**
 * Takes away what `claudio install` has set up, and with `--purge` the home folder too. What goes wrong
 * is told, and everything else still done.
 *
 * @returns 1 where something could not be taken away.
 * @throws ClaudioError before anything is touched: `install.under-way`, `home.in-use`, `purge.refused`,
 * `cli.needs-answer`, `cli.cancelled`
 */
export async function uninstall(context: CliContext, options: UninstallOptions): Promise<number> {
  const { ui, environment } = context;
  if (options.bot !== undefined) return await uninstallBot(context, options.bot);
  const home = claudioHomePath(environment);
  ui.heading('Taking Claudio away');
  const isPurge = options.purge === true && (await agreeToPurge(context, home));
  // In what may be no home at all, no lock is made; one that is there may be somebody's.
  const isTaken = isHome(home) || existsSync(join(home, 'install.lock'));
  const lock = isTaken ? lockHome(home, 'install') : null;
  try {
    if (existsSync(join(home, 'claudio.lock'))) await refuseWhileRunByHand(context, home);
    return await takeAway(context, home, isPurge);
  } finally {
    lock?.release();
  }
}

async function takeAway(context: CliContext, home: string, isPurge: boolean): Promise<number> {
  const { ui, host, environment } = context;
  const tunnel = tunnelLeft(context);
  const copies = copiesOf(context, home);
  const results: StepResult[] = [];
  const step = async (work: () => StepResult | Promise<StepResult>): Promise<void> => {
    const result = await runStep(work);
    if (result.kind !== 'already') show(ui, result);
    results.push(result);
  };

  const services = createServiceManager(host);
  const other = await homeOfOtherService(context, home);
  if (other !== null) {
    ui.warn(
      `The service on this machine is for ${other}: it stays, with its health check, its backups and the link. CLAUDIO_HOME=${other} claudio uninstall takes it away.`,
    );
  } else {
    // First what would start the service again.
    for (const name of ['health-check', 'backup'] as const) {
      for (const scheduler of createSchedulers(host)) {
        await step(async () => {
          const outcome = await scheduler.uninstall(name);
          const what = name === 'backup' ? 'Snapshots' : 'Health checks';
          return outcome === 'removed'
            ? { kind: 'done', text: `${what} are no longer taken regularly` }
            : { kind: 'already', text: `${what} were not taken regularly` };
        });
      }
    }
    await step(async () => {
      const isThere = (await services?.state())?.isInstalled === true;
      if (services === null || !isThere) return { kind: 'already', text: 'There is no service' };
      const outcome = await ui.step('Stopping the service; running turns may finish', () =>
        services.uninstall(),
      );
      return outcome === 'removed'
        ? { kind: 'done', text: 'The service is stopped and removed' }
        : { kind: 'already', text: 'There is no service' };
    });
  }
  const inspection = inspectConfiguration(environment);
  for (const { name } of inspection.bots) {
    await step(async () => {
      const http = createHttpClient();
      try {
        return await disconnectBot(asBotSees(inspection, name), http, !isPurge);
      } finally {
        await http.close();
      }
    });
  }
  if (other === null) await step(() => removeLink(host));
  if (isPurge) {
    await step(() => {
      removeHome(home);
      return { kind: 'done', text: `${home} is removed, with all that was in it` };
    });
  }
  return close(context, results, { home, tunnel, copies });
}

/**
 * What was started by hand nobody here stops, and without its webhook it would run on in vain.
 *
 * @throws ClaudioError `home.in-use`
 */
async function refuseWhileRunByHand({ host }: CliContext, home: string): Promise<void> {
  if ((await createRestingService(createServiceManager(host), home).state()) === 'running') return;
  try {
    lockHome(home).release();
  } catch (error) {
    if (!(error instanceof ClaudioError) || error.code !== 'home.in-use') throw error;
    throw new ClaudioError({
      code: 'home.in-use',
      message: `Claudio runs on ${home}, started by hand, so nothing was taken away.`,
      hint: '`claudio stop` stops it; then run the same command again.',
      cause: error,
    });
  }
}

/** @throws ClaudioError `purge.refused` before anything is touched. @returns Whether there is something to remove. */
async function agreeToPurge({ ui, environment, host }: CliContext, home: string): Promise<boolean> {
  const { settings } = inspectConfiguration(environment);
  const verdict = judgePurge(home, [
    { path: host.userHome, what: 'your home folder' },
    { path: packageRoot(), what: 'the program itself' },
    ...place(settings.CLAUDE_WORK_DIR, 'the folder that Claude works in'),
    ...place(settings.BACKUP_DEST, 'your backups'),
  ]);
  if (verdict.kind === 'refused') {
    throw new ClaudioError({
      code: 'purge.refused',
      message: `${verdict.reason}, so it is not removed, and nothing else was.`,
      hint: 'Run `claudio uninstall` without --purge, and remove by hand what you can do without.',
    });
  }
  if (verdict.kind === 'absent') return false;
  const question = `Remove ${home} too, with all messages, settings and logs? There is no way back.`;
  if (!(await ui.confirm(question, false))) throw cancelled();
  return true;
}

function place(path: string | undefined, what: string) {
  return path === undefined ? [] : [{ path, what }];
}

/** @throws ClaudioError `home.in-use`, `home.unusable` */
function removeHome(home: string): void {
  const lock = lockHome(home);
  try {
    purge(home);
  } finally {
    lock.release();
  }
}

async function homeOfOtherService({ host }: CliContext, home: string): Promise<string | null> {
  const state = await createServiceManager(host)?.state();
  const owner = state?.isInstalled === true ? state.claudioHome : null;
  return owner === null || isSameFolder(owner, home) ? null : owner;
}

/** What stays at Cloudflare, a sentence; read before the settings are gone. */
function tunnelLeft({ environment }: CliContext): string | null {
  const { TUNNEL_NAME, TUNNEL_HOSTNAME } = inspectConfiguration(environment).settings;
  if (TUNNEL_NAME === undefined) return null;
  return `At Cloudflare, the tunnel ${TUNNEL_NAME} stays: \`cloudflared tunnel delete ${TUNNEL_NAME}\` deletes it, and the DNS record of ${TUNNEL_HOSTNAME ?? 'its host'} is deleted in the dashboard.`;
}

/** What holds the messages and the token besides the home; read before the settings are gone. */
function copiesOf({ environment }: CliContext, home: string): readonly string[] {
  const { BACKUP_DEST } = inspectConfiguration(environment).settings;
  // Whether its disk is there now is not asked: the snapshots are on it either way.
  return [...asidesOf(home), ...(BACKUP_DEST === undefined ? [] : [backupsFolder(BACKUP_DEST)])];
}

function close(
  { ui }: CliContext,
  results: readonly StepResult[],
  left: {
    readonly home: string;
    readonly tunnel: string | null;
    readonly copies: readonly string[];
  },
): number {
  const { home, tunnel, copies } = left;
  const isFailed = results.some(({ kind }) => kind === 'failed');
  const isChanged = results.some(({ kind }) => kind === 'done');
  if (!isFailed && !isChanged) ui.done('There was nothing to do.');
  if (existsSync(home)) {
    ui.say(
      `${home} stays, with your messages and settings. \`claudio uninstall --purge\` removes it too.`,
    );
  } else {
    for (const path of copies) {
      const word = `'${path.replaceAll("'", String.raw`'\''`)}'`;
      ui.warn(
        `${path} stays, with messages and the token of the bot: \`rm -r ${word}\` removes it.`,
      );
    }
  }
  if (tunnel !== null) ui.say(tunnel);
  if (isChanged) ui.say(`The program itself is in ${packageRoot()}.`);
  if (!isFailed) return EXIT.ok;
  ui.fail(
    existsSync(home)
      ? 'Not everything could be taken away: see above, and run the same command again.'
      : 'Not everything could be taken away: see above.',
  );
  return EXIT.failed;
}
