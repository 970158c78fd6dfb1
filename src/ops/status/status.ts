import type { Finding } from '../../core/finding.ts';
import type { Inspection } from '../../platform/configuration/load.ts';
import { backupFinding } from '../backup/finding.ts';
import { claudeFinding } from './claude.ts';
import { databaseFindings } from './database.ts';
import { healthCheckFinding } from './health-check.ts';
import { memoryFindings } from './memory.ts';
import { serviceFinding } from './service.ts';
import {
  inTime,
  inTimeEach,
  verdictOf,
  viewOf,
  type Site,
  type Verdict,
  type View,
} from './site.ts';
import { tunnelFinding } from './tunnel.ts';
import { webhookFindings } from './webhook.ts';

/** For one line; they come side by side, after the second and a half that the view takes at most. */
const LIMIT_MS = 3300;
/** What the service says of itself that has a line of its own here. */
const TOLD_ELSEWHERE = new Set(['webhook', 'claude', 'queue', 'tunnel', 'deliveries']);

/** How everything is. */
export interface Status {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/** Looks at everything, a line each. Takes five seconds at most, whatever does not answer. */
export async function lookAround(site: Site): Promise<Status> {
  const { host, configuration, clock } = site;
  const view = await viewOf(site);
  if (isUntouched(configuration) && view.report === null) {
    return {
      verdict: 'configuration',
      findings: [
        {
          name: 'claudio',
          state: 'failed',
          text: 'not set up yet',
          remedy: '`claudio install` sets everything up.',
        },
      ],
    };
  }
  const [service, webhooks, claude, backup, healthCheck] = await Promise.all([
    inTime('service', LIMIT_MS, () => serviceFinding(view)),
    inTimeEach('webhook', LIMIT_MS, () => webhookFindings(view)),
    inTime('claude', LIMIT_MS, () => claudeFinding(view)),
    inTime('backup', LIMIT_MS, () => backupFinding(host, configuration.settings, clock)),
    inTime('health check', LIMIT_MS, () => healthCheckFinding(view)),
  ]);
  const findings = [
    service,
    ...configurationFindings(configuration),
    tunnelFinding(view),
    ...webhooks,
    claude,
    ...databaseFindings(configuration.home, clock),
    ...memoryFindings(view),
    ...ownChecks(view),
    backup,
    healthCheck,
  ];
  return { verdict: verdictOf(view, findings), findings };
}

/** The first thing that anybody sets up is missing. */
export function isUntouched({ given, bots }: Inspection): boolean {
  return (
    bots.every(
      ({ settings }) =>
        settings.TELEGRAM_BOT_TOKEN === undefined && settings.TELEGRAM_CHAT_ID === undefined,
    ) &&
    given['TELEGRAM_BOT_TOKEN'] === undefined &&
    given['TELEGRAM_CHAT_ID'] === undefined
  );
}

/** A line for each fault and each doubt; none where all is well. */
function configurationFindings({ faults, warnings, file }: Inspection): readonly Finding[] {
  const name = 'settings';
  const remedy = `Correct it in ${file}, or with \`claudio config set\`.`;
  const lineOf = (state: 'failed' | 'warning') => (text: string) => ({
    name,
    state,
    text: text.replace(/\.$/u, ''),
    ...(state === 'failed' ? { remedy } : {}),
  });
  return [...faults.map(lineOf('failed')), ...warnings.map(lineOf('warning'))];
}

/** What else the service finds wrong with itself. */
function ownChecks({ report }: View): readonly Finding[] {
  return Object.entries(report?.checks ?? {})
    .filter(([name, { ok }]) => !ok && !TOLD_ELSEWHERE.has(name))
    .map(([name, { remedy }]) => ({
      name,
      state: 'failed',
      text: 'the service finds it not well',
      ...(remedy === undefined ? {} : { remedy }),
    }));
}
