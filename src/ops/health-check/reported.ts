import type { HealthAnswer } from '../ask-health.ts';
import type { Observation } from './observation.ts';

/** Between two runs: what has mended itself until the next one is not worth waking anybody. */
const PATIENCE_MS = 4 * 60_000;

/** The checks of /health as one speaks of them. */
const WORDS: Readonly<Record<string, { readonly subject: string; readonly text: string }>> = {
  database: { subject: 'The database', text: 'does not take what is to be kept' },
  webhook: { subject: 'The webhook', text: 'is not as it should be' },
  tunnel: { subject: 'The tunnel', text: 'is down' },
  claude: { subject: 'Claude Code', text: 'cannot be used' },
  disk: { subject: 'The disk of the home', text: 'is nearly full' },
};

/** The name of what one check of /health came to: `health: webhook`. */
export const reportedName = (check: string): string => `health: ${check}`;

/**
 * What the service says of itself. A webhook that is elsewhere it registers anew by itself, each time
 * that it is asked; what stays wrong is found wrong again.
 */
export function lookAtReport(report: HealthAnswer): readonly Observation[] {
  const { webhook } = report.checks;
  // Then the service itself has told the person of the tunnel, once.
  const isFetching = webhook?.ok === true && webhook['state'] === 'polling';
  return Object.entries(report.checks).map(([check, result]) => {
    const words = WORDS[check] ?? { subject: `The check of ${check}`, text: 'fails' };
    const name = reportedName(check);
    if (result.ok) return { name, subject: words.subject, state: 'ok', text: 'is well' };
    if (check === 'tunnel' && isFetching) {
      return { name, subject: words.subject, state: 'off', text: 'is down; messages are fetched' };
    }
    const state = typeof result['state'] === 'string' ? ` (${result['state']})` : '';
    const reason = typeof result['reason'] === 'string' ? `: ${result['reason']}` : '';
    return {
      name,
      subject: words.subject,
      state: 'failed',
      text: `${words.text}${state}${reason.replace(/\.$/u, '')}`,
      remedy: result.remedy ?? '`claudio status` shows more.',
      patienceMs: PATIENCE_MS,
    };
  });
}
