import type { Finding } from '../../core/finding.ts';
import { formatDuration, momentOf } from '../../core/format.ts';
import { packageVersion } from '../../platform/package.ts';
import { portOwner } from '../../platform/process/port-owner.ts';
import type { HealthAnswer } from '../ask-health.ts';
import { isOwnUnit, type View } from './site.ts';

const NAME = 'service';
/** Within so long after its start a service may not answer yet. */
const START_REMEDY = 'Give it some seconds; `claudio log` tells what it does.';

/** Whether the service of this home runs, since when and under what. */
export async function serviceFinding(view: View): Promise<Finding> {
  const { report, health, configuration, services } = view;
  const service = await view.service;
  const isOwn = isOwnUnit(view, service);
  if (report !== null) {
    const by = isOwn && service?.isRunning === true ? services?.name : undefined;
    return running(view, report, by);
  }
  if (health.kind === 'answered') {
    return {
      name: NAME,
      state: 'failed',
      text: `not running: port ${configuration.settings.PORT} belongs to the Claudio of ${health.report.home ?? 'another home'}`,
      remedy: 'Give this home a port of its own: `claudio config set PORT …`.',
    };
  }
  const owner = await portOwner(configuration.settings.PORT, view.host.platform);
  if (owner !== null && !mayBeOurs(view, owner.name)) {
    return {
      name: NAME,
      state: 'failed',
      text: `not running: port ${configuration.settings.PORT} is taken by ${owner.name} (process ${owner.pid})`,
      remedy: 'Stop that program, or set another port: `claudio config set PORT …`.',
    };
  }
  if (isOwn && service?.isRunning === true) {
    const by = services?.name ?? 'the system';
    return {
      name: NAME,
      state: 'failed',
      text: `does not answer (${health.reason}), though ${by} says that it runs`,
      remedy: START_REMEDY,
    };
  }
  if (owner !== null) {
    return {
      name: NAME,
      state: 'failed',
      text: `does not answer (${health.reason}): process ${owner.pid} has its port`,
      remedy: START_REMEDY,
    };
  }
  if (service === null && services !== null) {
    return {
      name: NAME,
      state: 'failed',
      text: `not running, and ${services.name} does not say why`,
      remedy: '`claudio log` tells what it did last; `claudio start` runs it in this terminal.',
    };
  }
  return isOwn
    ? {
        name: NAME,
        state: 'failed',
        text: service?.wasStopped === true ? 'stopped' : 'ended by itself',
        remedy: '`claudio restart` starts it; `claudio log` tells why it ended.',
      }
    : {
        name: NAME,
        state: 'failed',
        text: 'not running, and not installed',
        remedy: '`claudio install` sets it up; `claudio start` runs it in this terminal.',
      };
}

function running(
  { clock }: View,
  { version, uptimeSeconds, pid }: HealthAnswer,
  by: string | undefined,
): Finding {
  const sinceMs = clock.now() - uptimeSeconds * 1000;
  const text = [
    `running for ${formatDuration(uptimeSeconds * 1000)}`,
    `since ${momentOf(sinceMs, clock.now())}`,
    ...(pid === undefined ? [] : [`process ${pid}`]),
    by === undefined ? 'from a terminal' : `under ${by}`,
  ].join(', ');
  const installed = packageVersion();
  return version === installed
    ? { name: NAME, state: 'ok', text }
    : {
        name: NAME,
        state: 'warning',
        text: `${text}; it is version ${version}, and ${installed} is installed`,
        remedy: '`claudio restart` starts the new one.',
      };
}

/** A Claudio is run by Node; what else has the port is another program. */
function mayBeOurs(view: View, program: string): boolean {
  return view.health.kind === 'silent' && /^(?:node|MainThread)/u.test(program);
}
