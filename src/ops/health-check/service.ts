import type { Clock } from '../../core/clock.ts';
import { ClaudioError, messageOf } from '../../core/error.ts';
import type { Inspection } from '../../platform/configuration/load.ts';
import { lockHome, type HomeLock } from '../../platform/home-lock.ts';
import { within } from '../../platform/process/within.ts';
import { isSameFolder } from '../../platform/files.ts';
import type { AskedHealth, HealthAnswer } from '../ask-health.ts';
import type { ServiceManager, ServiceState } from '../service/service-manager.ts';
import { holdStill } from '../update/locks.ts';
import { climb, leaveLadder, onLadder, withoutStop } from './ladder.ts';
import type { Notes } from './notes.ts';
import type { Observation } from './observation.ts';

/** A service that is not well but has been up for so long no longer needs the restarts it had. */
const STEADY_S = 15 * 60;
/** Below the time to the next run. */
const RESTART_WAIT_MS = 4 * 60_000;
/** For a setup, a restore or an update: one that takes longer hangs, or waits for somebody. */
const BUSY_PATIENCE_MS = 60 * 60_000;
const NAME = 'service';
const SUBJECT = 'The service';

/** What the look at the service goes by. */
export interface ServiceLook {
  readonly asked: AskedHealth;
  readonly configuration: Pick<Inspection, 'home' | 'file' | 'faults' | 'settings'>;
  /** `null` where there is neither a systemd of the user's own nor launchd. */
  readonly services: ServiceManager | null;
  readonly notes: Notes;
  readonly clock: Clock;
}

/**
 * Looks whether the service runs, and restarts it where it should and does not answer.
 *
 * An answer of 503 is a service that runs: a restart would interrupt turns and mend nothing. It leaves
 * the count of restarts as it is until it has been up for a quarter of an hour.
 */
export async function watchService(look: ServiceLook): Promise<Observation> {
  const found = await lookAtService(look);
  return { name: NAME, subject: SUBJECT, isToldOnce: true, ...found };
}

async function lookAtService(look: ServiceLook): Promise<Omit<Observation, 'name' | 'subject'>> {
  const { asked, configuration, services, notes, clock } = look;
  const { home, settings } = configuration;
  if (asked.kind === 'answered' && isOwn(asked.report, home)) {
    const { status, uptimeSeconds } = asked.report;
    if (status === 'ok' || uptimeSeconds >= STEADY_S) leaveLadder(notes);
    const text = status === 'ok' ? 'is well' : 'runs; what is not well with it is below';
    return { state: 'ok', text };
  }
  if (services === null) return { state: 'off', text: 'cannot be installed on this machine' };
  let state: ServiceState;
  try {
    state = await services.state();
  } catch (error) {
    return {
      state: 'failed',
      text: `does not run, and ${services.name} cannot be asked: ${withoutStop(messageOf(error))}`,
      ...remedyOf(error),
    };
  }
  if (!state.isInstalled || state.claudioHome === null || !isSameFolder(state.claudioHome, home)) {
    return { state: 'off', text: 'is not installed for this home' };
  }
  if (state.wasStopped) {
    leaveLadder(notes);
    return { state: 'off', text: 'was stopped', remedy: '`claudio restart` starts it.' };
  }
  if (asked.kind === 'answered') {
    return {
      state: 'failed',
      text: `cannot run: port ${settings.PORT} belongs to the Claudio of ${asked.report.home ?? 'another home'}`,
      remedy: 'Give it another port, `claudio config set PORT …`, and then `claudio restart`.',
    };
  }
  const [fault, ...others] = configuration.faults;
  if (fault !== undefined) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    return {
      state: 'failed',
      text: `does not answer, and would not start: ${withoutStop(fault)}${more}`,
      remedy: `Correct ${configuration.file}; \`claudio doctor\` names every fault. Then \`claudio restart\`.`,
    };
  }
  const busy = state.isStopping ? 'it is being stopped' : await underWay(home);
  if (busy !== null) {
    return {
      state: 'failed',
      text: `does not answer: ${busy}`,
      remedy: 'It is not restarted before that has ended.',
      patienceMs: BUSY_PATIENCE_MS,
    };
  }
  try {
    const step = await climb(notes, clock, () => restart(services));
    return onLadder(step, asked.reason);
  } catch (error) {
    return {
      state: 'failed',
      text: `does not answer (${asked.reason}), and is not restarted: ${withoutStop(messageOf(error))}`,
      ...remedyOf(error),
    };
  }
}

/** Whether a report is that of the service of this home. A version that does not tell is taken for it. */
export function isOwn(report: HealthAnswer, home: string): boolean {
  return report.home === undefined || isSameFolder(report.home, home);
}

/** systemd goes on by itself with what takes long; launchd needs somebody to start what was stopped. */
async function restart(services: ServiceManager): Promise<void> {
  const restarting = services.restart();
  if (services.name === 'launchd') await restarting;
  else await within(RESTART_WAIT_MS, restarting);
}

/** What is being done to the home that may well need the service to be down. */
async function underWay(home: string): Promise<string | null> {
  if (await isTaken(() => lockHome(home, 'install'))) return 'it is being set up or restored';
  return (await isTaken(() => holdStill(home, 0))) ? 'it is being updated' : null;
}

async function isTaken(take: () => HomeLock | Promise<HomeLock>): Promise<boolean> {
  try {
    (await take()).release();
    return false;
  } catch (error) {
    // What cannot be locked is not being worked on either.
    return error instanceof ClaudioError && error.code.endsWith('.under-way');
  }
}

function remedyOf(error: unknown): { readonly remedy?: string } {
  return error instanceof ClaudioError ? { remedy: error.hint } : {};
}
