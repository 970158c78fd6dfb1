import type { Finding } from '../../core/finding.ts';
import type { View } from './site.ts';

const NAME = 'health check';

/** Whether the health check is run regularly. */
export async function healthCheckFinding({ scheduler }: Pick<View, 'scheduler'>): Promise<Finding> {
  if (scheduler === null) {
    return {
      name: NAME,
      state: 'off',
      text: 'there is neither cron nor systemd to run it',
      remedy:
        'Have `claudio health-check` run every five minutes by what this machine has for that.',
    };
  }
  if (await scheduler.has('health-check')) {
    const by = { cron: 'cron', 'systemd-timer': 'systemd' }[scheduler.kind];
    return { name: NAME, state: 'ok', text: `every five minutes, by ${by}` };
  }
  return { name: NAME, state: 'off', text: 'not set up', remedy: '`claudio install` sets it up.' };
}
