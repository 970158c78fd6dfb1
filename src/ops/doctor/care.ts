import { lstatSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../platform/host.ts';
import { packageRoot } from '../../platform/package.ts';
import { healthCheckSchedule } from '../install/parts.ts';
import { linkProgram } from '../service/link.ts';
import { serviceUnit } from '../service/unit.ts';
import { healthCheckFinding } from '../status/health-check.ts';
import { isOwnUnit, type View } from '../status/site.ts';
import type { Diagnosis } from './diagnosis.ts';

/** The health check, and the link by which `claudio` is typed. Both come with `claudio install`. */
export async function careDiagnoses(view: View): Promise<readonly Diagnosis[]> {
  const { host, scheduler, configuration } = view;
  const healthCheck = await healthCheckFinding(view);
  const service = await view.service;
  const isInstalled = isOwnUnit(view, service);
  const isMendable = isInstalled && healthCheck.state === 'off' && scheduler !== null;
  return [
    isMendable
      ? {
          ...healthCheck,
          state: 'warning',
          mend: async () => {
            const unit = serviceUnit(host, configuration.home, service?.path);
            await scheduler.install(healthCheckSchedule(unit));
            return 'The health check is run every five minutes.';
          },
        }
      : healthCheck,
    linkDiagnosis(view, isInstalled),
  ];
}

function linkDiagnosis({ host }: View, isInstalled: boolean): Diagnosis {
  const name = 'link';
  const path = join(host.userHome, '.local/bin/claudio');
  const mend = (): Promise<string> => new Promise((resolve) => resolve(link(host)));
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
    return {
      name,
      state: isInstalled ? 'warning' : 'off',
      text: `there is no ${path}`,
      remedy: '`claudio install` makes it.',
      ...(isInstalled ? { mend } : {}),
    };
  }
  if (leadsHere(path)) return { name, state: 'ok', text: path };
  return {
    name,
    state: 'warning',
    text: `${path} does not lead to this installation`,
    remedy: "`claudio install` makes it anew, where it is a link of Claudio's.",
    mend,
  };
}

/** @throws Error where something else has its place. */
function link(host: Host): string {
  const { outcome, path, findings } = linkProgram(host);
  if (outcome !== 'foreign') return `${path} leads to this program now.`;
  throw new Error(findings.map(({ text, remedy = '' }) => `${text}. ${remedy}`).join(' '));
}

function leadsHere(path: string): boolean {
  try {
    return realpathSync(path) === realpathSync(join(packageRoot(), 'deploy/claudio'));
  } catch {
    // It leads nowhere.
    return false;
  }
}
