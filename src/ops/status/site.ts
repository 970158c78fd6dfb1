import type { Clock } from '../../core/clock.ts';
import { ClaudioError } from '../../core/error.ts';
import type { Finding } from '../../core/finding.ts';
import type { Inspection } from '../../platform/configuration/load.ts';
import { isSameFolder } from '../../platform/files.ts';
import type { Host } from '../../platform/host.ts';
import type { HttpClient } from '../../platform/http-client.ts';
import { within } from '../../platform/process/within.ts';
import { askHealth, type AskedHealth, type HealthAnswer } from '../ask-health.ts';
import type { Scheduler } from '../schedule/scheduler.ts';
import type { ServiceManager, ServiceState } from '../service/service-manager.ts';

/** An installation, and what it is looked at through. */
export interface Site {
  readonly host: Host;
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly configuration: Inspection;
  /** `null` where there is neither a systemd of the user's own nor launchd. */
  readonly services: ServiceManager | null;
  /** `null` where there is neither cron nor timers of systemd. */
  readonly scheduler: Scheduler | null;
}

/** An installation at this moment. */
export interface View extends Site {
  readonly health: AskedHealth;
  /** What the service of this home says of itself; `null` where it does not answer. */
  readonly report: HealthAnswer | null;
  /** `null` where there is no service manager, or it does not say. Never rejects. */
  readonly service: Promise<ServiceState | null>;
}

/** What an installation is found to be: `configuration` is to be corrected first, `not-running` is the service. */
export type Verdict = 'ok' | 'failed' | 'not-running' | 'configuration';

export function verdictOf(view: View, findings: readonly Finding[]): Verdict {
  if (view.configuration.faults.length > 0) return 'configuration';
  if (view.report === null) return 'not-running';
  return findings.some(({ state }) => state === 'failed') ? 'failed' : 'ok';
}

/** For a request on this machine, or to Telegram, and for a program that is asked something. */
const REQUEST_LIMIT_MS = 3000;
const LOCAL_LIMIT_MS = 1500;

/** Asks the service how it is, which takes a second and a half at most, and begins to ask the service manager. */
export async function viewOf(site: Site): Promise<View> {
  const { services, configuration } = site;
  const service = services === null ? Promise.resolve(null) : services.state().catch(() => null);
  const health = await askHealth(hurried(site.http, LOCAL_LIMIT_MS), configuration.settings.PORT);
  const report =
    health.kind === 'answered' && isSameFolder(health.report.home ?? '', configuration.home)
      ? health.report
      : null;
  return { ...site, health, report, service };
}

/** Whether the unit that the service manager has is that of this home. */
export function isOwnUnit({ configuration }: View, service: ServiceState | null): boolean {
  return (
    service?.isInstalled === true && isSameFolder(service.claudioHome ?? '', configuration.home)
  );
}

/** The same client, with which nobody waits for long. */
export function hurried(http: HttpClient, limitMs = REQUEST_LIMIT_MS): HttpClient {
  return {
    ...http,
    request: (request) =>
      http.request({ ...request, timeoutMs: Math.min(limitMs, request.timeoutMs) }),
  };
}

/** A look that is not waited for longer than `limitMs`. What it throws is what was found. */
export async function inTime(
  name: string,
  limitMs: number,
  look: () => Promise<Finding>,
): Promise<Finding> {
  const [found] = await inTimeEach(name, limitMs, async () => [await look()]);
  return found ?? { name, state: 'warning', text: 'nothing was found' };
}

/** The same for a look that finds several things. */
export async function inTimeEach(
  name: string,
  limitMs: number,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const found: (readonly Finding[])[] = [];
  try {
    await within(
      limitMs,
      look().then((findings) => found.push(findings)),
    );
  } catch (thrown) {
    return [{ name, state: 'failed', ...textOf(thrown) }];
  }
  const text = `it did not answer within ${limitMs / 1000} s`;
  return found[0] ?? [{ name, state: 'warning', text }];
}

/** What was thrown, as a text without a full stop and what to do about it. */
export function textOf(thrown: unknown): { text: string; remedy?: string } {
  const message = (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\.$/u, '');
  return thrown instanceof ClaudioError
    ? { text: message, remedy: thrown.hint }
    : { text: message };
}
