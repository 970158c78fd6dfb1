import { existsSync, statSync } from 'node:fs';
import type { Environment } from '../../platform/configuration/load.ts';
import { claudioHome, claudioHomePath } from '../../platform/configuration/load.ts';
import type { Host } from '../../platform/host.ts';
import type { Schedule, Scheduler } from '../schedule/scheduler.ts';
import { linkProgram, unlinkProgram } from '../service/link.ts';
import type { ServiceManager, ServiceUnit } from '../service/service-manager.ts';
import type { StepResult } from './step.ts';

const RUN_BY_HAND =
  'Let something else run `claudio start` and start it again when it ends: tmux, a container, the init system.';

/** Makes sure of the home folder, mode 0700. */
export function setUpHome(environment: Environment): StepResult {
  const path = claudioHomePath(environment);
  const isThere = existsSync(path);
  const wasPrivate = isThere && (statSync(path).mode & 0o077) === 0;
  claudioHome(environment);
  if (!isThere) return { kind: 'done', text: `The folder ${path} is made` };
  if (wasPrivate) return { kind: 'already', text: `The folder ${path} is already there` };
  return { kind: 'done', text: `The folder ${path} is now yours alone` };
}

/** Makes sure that `claudio` can be typed. */
export function setUpLink(host: Host): StepResult {
  const { outcome, path, findings } = linkProgram(host);
  switch (outcome) {
    case 'made':
      return { kind: 'done', text: `${path} is linked to this program`, findings };
    case 'updated':
      return { kind: 'done', text: `${path} is linked to this program now`, findings };
    case 'unchanged':
      return { kind: 'already', text: `${path} is already linked to this program`, findings };
    case 'foreign':
      return { kind: 'already', text: 'No link is made', findings };
  }
}

/** Takes the link away, where it is ours. */
export function removeLink(host: Host): StepResult {
  const outcome = unlinkProgram(host);
  return outcome === 'removed'
    ? { kind: 'done', text: 'The link ~/.local/bin/claudio is removed' }
    : { kind: 'already', text: 'There is no link of Claudio' };
}

/** Makes sure that the service is known to the machine; does not start it. */
export async function setUpService(
  services: ServiceManager | null,
  unit: ServiceUnit,
): Promise<StepResult> {
  if (services === null) {
    return {
      kind: 'failed',
      text: 'This machine has neither systemd nor launchd, so nothing here starts Claudio by itself',
      remedy: RUN_BY_HAND,
    };
  }
  const { outcome, findings } = await services.install(unit);
  const text = {
    installed: `The service is installed (${services.unitPath})`,
    updated: `The service is brought up to date (${services.unitPath})`,
    unchanged: `The service is already installed (${services.unitPath})`,
  }[outcome];
  return { kind: outcome === 'unchanged' ? 'already' : 'done', text, findings };
}

/** The health check as it is to be run. */
export function healthCheckSchedule(unit: ServiceUnit): Schedule {
  return {
    name: 'health-check',
    everyMinutes: 5,
    argv: [unit.nodePath, unit.programPath, 'health-check'],
    env: { CLAUDIO_HOME: unit.claudioHome, PATH: unit.path },
  };
}

/** Makes sure that the health check is run every five minutes. */
export async function setUpHealthCheck(
  scheduler: Scheduler | null,
  unit: ServiceUnit,
): Promise<StepResult> {
  if (scheduler === null) {
    return {
      kind: 'failed',
      text: 'This machine has neither cron nor timers of systemd, so nothing looks after the service',
      remedy:
        'Install cron and run `claudio install` again, or run `claudio health-check` yourself.',
    };
  }
  const outcome = await scheduler.install(healthCheckSchedule(unit));
  const by = scheduler.kind === 'cron' ? 'cron' : 'a timer of systemd';
  return outcome === 'unchanged'
    ? { kind: 'already', text: `The health check is already run every five minutes, by ${by}` }
    : { kind: 'done', text: `The health check is run every five minutes, by ${by}` };
}
