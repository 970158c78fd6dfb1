import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ClaudioError } from '../../core/error.ts';
import type { Host } from '../../platform/host.ts';
import { describeRun, type RunOutcome } from '../../platform/process/run.ts';
import { homeOfAgent, launchdAgent, pathOfAgent } from './launchd-agent.ts';
import { otherHome, refused, writeUnit } from './refused.ts';
import type { ServiceManager } from './service-manager.ts';

const LABEL = 'com.claudio.server';
const LOOK = `\`launchctl print gui/$(id -u)/${LABEL}\` tells more, and claudio.stderr.log in the home.`;
/** There is no such domain: nobody is logged in at the screen. */
const NO_DOMAIN = 125;
/** Of `bootout`: it is on its way. */
const IN_PROGRESS = 36;
/** Of `bootstrap`: among much else, the label is not free yet. */
const NOT_FREE = new Set<number | null>([5, 37]);
/** Of `print`: no such agent is loaded. */
const NOT_FOUND = 113;
const PAUSE_MS = 250;
/** For seconds after `bootout` the label is not free, as people have measured. */
const BOOTSTRAP_LIMIT_MS = 20_000;
/** A day and an hour: how long a stop may take is for the agent to say. */
const STOP_LIMIT_MS = 25 * 3_600_000;

/** The service as an agent of launchd, on macOS. */
export function createLaunchd(host: Host): ServiceManager {
  const unitPath = join(host.userHome, 'Library/LaunchAgents', `${LABEL}.plist`);
  const domain = `gui/${host.userId}`;
  const target = `${domain}/${LABEL}`;
  const ask = (...args: readonly string[]): Promise<RunOutcome> => host.run('launchctl', args);
  const read = (): string | null => (existsSync(unitPath) ? readFileSync(unitPath, 'utf8') : null);

  const look = async (): Promise<'running' | 'waiting' | 'not-loaded' | 'unknown'> => {
    const outcome = await ask('print', target);
    if (codeOf(outcome) === NOT_FOUND) return 'not-loaded';
    if (outcome.kind !== 'exited' || outcome.code !== 0) return 'unknown';
    return /^\s*state = (?:running|spawn scheduled|spawning)$/mu.test(outcome.stdout)
      ? 'running'
      : 'waiting';
  };

  const isLoaded = async (): Promise<boolean> => ['running', 'waiting'].includes(await look());

  /** Takes the agent out of launchd; launchd sends TERM, and says so before the process is gone. */
  const stop = async (): Promise<void> => {
    if ((await look()) === 'not-loaded') return;
    const outcome = await ask('bootout', target);
    const code = codeOf(outcome);
    if (code !== 0 && code !== IN_PROGRESS && (await look()) !== 'not-loaded') {
      throw refused('launchd did not stop the service', outcome, LOOK);
    }
    await waitUntil(STOP_LIMIT_MS, async () => !(await isLoaded()));
  };

  /** Loads the agent as its file says now, which starts it. */
  const start = async (): Promise<void> => {
    const now = await look();
    if (now === 'running') return;
    // What is loaded and at rest may be an older file.
    if (now === 'waiting') await stop();
    // An agent that was disabled would be refused, without a word why.
    await ask('enable', target);
    let outcome = await ask('bootstrap', domain, unitPath);
    await waitUntil(BOOTSTRAP_LIMIT_MS, async () => {
      if (!NOT_FREE.has(codeOf(outcome)) || (await isLoaded())) return true;
      outcome = await ask('bootstrap', domain, unitPath);
      return false;
    });
    if (codeOf(outcome) === 0 || (await isLoaded())) return;
    throw codeOf(outcome) === NO_DOMAIN
      ? noDomain(host, outcome)
      : refused('launchd did not start the service', outcome, LOOK);
  };

  return {
    name: 'launchd',
    unitPath,

    state: async () => {
      const text = read();
      const now = await look();
      return {
        isInstalled: text !== null,
        claudioHome: text === null ? null : homeOfAgent(text),
        path: text === null ? null : pathOfAgent(text),
        isRunning: now === 'running',
        isStopping: false,
        wasStopped: now === 'not-loaded',
        // The folder is all that launchd goes by at a login.
        isEnabled: text !== null,
        survivesLogout: null,
      };
    },

    install: (unit) => {
      const before = read();
      const standing = before === null ? null : homeOfAgent(before);
      if (standing !== null && resolve(standing) !== resolve(unit.claudioHome)) {
        return Promise.reject(otherHome(unitPath, standing));
      }
      const text = launchdAgent(unit, join(unit.claudioHome, 'claudio.stderr.log'));
      if (text === before) return Promise.resolve({ outcome: 'unchanged', findings: [] });
      writeUnit(unitPath, text);
      return Promise.resolve({ outcome: before === null ? 'installed' : 'updated', findings: [] });
    },

    uninstall: async () => {
      if (read() === null) return 'absent';
      await stop();
      rmSync(unitPath);
      return 'removed';
    },

    start,
    stop,
    // Not `kickstart -k`, which sends KILL at once, and would start an old file again.
    restart: async () => {
      await stop();
      await start();
    },
  };
}

function codeOf(outcome: RunOutcome): number | null {
  return outcome.kind === 'exited' ? outcome.code : null;
}

async function waitUntil(limitMs: number, isDone: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + limitMs;
  while (!(await isDone()) && performance.now() < until) await setTimeout(PAUSE_MS);
}

function noDomain(host: Host, outcome: RunOutcome): ClaudioError {
  return new ClaudioError({
    code: 'service.refused',
    message: `${host.userName} is not logged in at the screen of this Mac: ${describeRun(outcome)}.`,
    hint: 'Log in there once, and try again; the service then starts with each login.',
  });
}
