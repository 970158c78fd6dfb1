import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { portOwner } from '../../platform/process/port-owner.ts';
import { launchdAgent } from '../service/launchd-agent.ts';
import type { ServiceManager, ServiceState, ServiceUnit } from '../service/service-manager.ts';
import { lingeringOfUnit, systemdUnit } from '../service/systemd-unit.ts';
import { serviceUnit } from '../service/unit.ts';
import { serviceFinding } from '../status/service.ts';
import { isOwnUnit, type View } from '../status/site.ts';
import type { Diagnosis } from './diagnosis.ts';

/** Whether the service runs, on its port, as a unit that is up to date and outlives a logout. */
export async function serviceDiagnoses(view: View): Promise<readonly Diagnosis[]> {
  const { services } = view;
  return [
    await serviceFinding(view),
    await portDiagnosis(view),
    ...(services === null
      ? [noServiceManager()]
      : unitDiagnoses(view, services, await view.service)),
  ];
}

async function portDiagnosis({ configuration, health, report, host }: View): Promise<Diagnosis> {
  const name = 'port';
  const port = configuration.settings.PORT;
  if (report !== null) return { name, state: 'ok', text: `${port}, ours` };
  const owner = await portOwner(port, host.platform);
  if (owner === null && health.kind === 'silent') {
    return { name, state: 'ok', text: `${port} is free` };
  }
  const who =
    health.kind === 'answered'
      ? `another Claudio, that of ${health.report.home ?? 'another home'}`
      : owner === null
        ? 'another program'
        : `${owner.name} (process ${owner.pid})`;
  return {
    name,
    state: 'failed',
    text: `${port} is taken by ${who}`,
    remedy: 'Stop that program, or set another port: `claudio config set PORT …`.',
  };
}

function noServiceManager(): Diagnosis {
  return {
    name: 'unit',
    state: 'off',
    text: 'there is neither systemd nor launchd here',
    remedy: 'Have `claudio start` run by what this machine has for services.',
  };
}

function unitDiagnoses(
  view: View,
  services: ServiceManager,
  service: ServiceState | null,
): readonly Diagnosis[] {
  const { configuration } = view;
  const name = 'unit';
  const { unitPath } = services;
  if (service === null) {
    return [
      {
        name,
        state: 'warning',
        text: `${services.name} does not say how the service is`,
        remedy: 'Try again later.',
      },
    ];
  }
  if (!service.isInstalled) {
    return [
      { name, state: 'off', text: 'not installed', remedy: '`claudio install` installs it.' },
    ];
  }
  if (!isOwnUnit(view, service)) {
    return [
      {
        name,
        state: 'failed',
        text: `${unitPath} is that of ${service.claudioHome ?? 'another home'}`,
        remedy: 'One user has one service: `claudio uninstall` there, then `claudio install` here.',
      },
    ];
  }
  const unit = serviceUnit(view.host, configuration.home, service.path);
  const mend = async (): Promise<string> => {
    const { outcome, findings } = await services.install(unit);
    const [obstacle] = findings;
    if (obstacle !== undefined) throw new Error(`${obstacle.text}. ${obstacle.remedy ?? ''}`);
    return `The unit is ${outcome}; \`claudio restart\` runs the service by it.`;
  };
  return [
    ...(!isCurrent(services, unit)
      ? [
          {
            name,
            state: 'warning' as const,
            text: `${unitPath} is not what this version installs`,
            remedy: '`claudio doctor --fix` or `claudio install` makes it anew.',
            mend,
          },
        ]
      : service.isEnabled
        ? [{ name, state: 'ok' as const, text: `up to date, ${unitPath}` }]
        : [
            {
              name,
              state: 'warning' as const,
              text: 'it does not start with the machine',
              remedy: '`claudio doctor --fix` or `claudio install` enables it.',
              mend,
            },
          ]),
    ...(service.survivesLogout === null ? [] : [lingering(service.survivesLogout, mend)]),
  ];
}

function lingering(isOn: boolean, mend: () => Promise<string>): Diagnosis {
  const name = 'lingering';
  if (isOn) return { name, state: 'ok', text: 'it goes on when you log out' };
  return {
    name,
    state: 'warning',
    text: 'off: the service ends when you log out',
    remedy: '`claudio doctor --fix` turns it on.',
    mend,
  };
}

/** Whether the unit is the one that would be made now. */
function isCurrent({ name, unitPath }: ServiceManager, unit: ServiceUnit): boolean {
  if (!existsSync(unitPath)) return false;
  const text = readFileSync(unitPath, 'utf8');
  const made =
    name === 'systemd'
      ? systemdUnit(unit, lingeringOfUnit(text))
      : launchdAgent(unit, join(unit.claudioHome, 'claudio.stderr.log'));
  return text === made;
}
