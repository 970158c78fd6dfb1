import type { Host } from '../../platform/host.ts';
import { createCron } from './cron.ts';
import type { Scheduler } from './scheduler.ts';
import { createTimers } from './timers.ts';

/** What runs programs regularly on this machine, or `null` where Claudio knows nothing that does. */
export function createScheduler(host: Host): Scheduler | null {
  return createSchedulers(host)[0] ?? null;
}

/** All that may hold a schedule, the one to use first: cron may have come, or gone, since it was set up. */
export function createSchedulers(host: Host): readonly Scheduler[] {
  const hasTimers = host.platform === 'linux' && host.locate('systemctl') !== null;
  return [
    ...(host.locate('crontab') === null ? [] : [createCron(host)]),
    ...(hasTimers ? [createTimers(host)] : []),
  ];
}
