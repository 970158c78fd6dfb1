import type { Host } from '../../platform/host.ts';
import { createCron } from './cron.ts';
import type { Scheduler } from './scheduler.ts';
import { createTimers } from './timers.ts';

/** What runs programs regularly on this machine, or `null` where Claudio knows nothing that does. */
export function createScheduler(host: Host): Scheduler | null {
  if (host.locate('crontab') !== null) return createCron(host);
  if (host.platform === 'linux' && host.locate('systemctl') !== null) return createTimers(host);
  return null;
}
