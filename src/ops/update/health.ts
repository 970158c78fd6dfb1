import { setTimeout } from 'node:timers/promises';
import type { HttpClient } from '../../platform/http-client.ts';
import { systemClock } from '../../platform/clock.ts';
import { askHealth, type HealthAnswer } from '../ask-health.ts';

const ASK_EVERY_MS = 300;
/** What no update can be blamed for: they depend on the network, and on how long that takes. */
const OUTSIDE = ['webhook', 'tunnel'];
/** A login may come with the environment of the service, which a trial does not have. */
const NOT_IN_TRIAL = [...OUTSIDE, 'claude'];

/** Which checks have to be well after an update: the database, and those that were before. */
export function expectedChecks(wellBefore: readonly string[], when: 'trial' | 'after'): string[] {
  const excused = when === 'trial' ? NOT_IN_TRIAL : OUTSIDE;
  return [...new Set(['database', ...wellBefore])].filter((name) => !excused.includes(name));
}

/** What became of waiting for a service. `reason` goes on after a colon. */
export type Wellness =
  | { readonly kind: 'well'; readonly report: HealthAnswer }
  | { readonly kind: 'ill'; readonly report: HealthAnswer | null; readonly reason: string };

/**
 * Asks the service of a home until it is of a version and its checks are well, or the time is over.
 *
 * @param wanted.checks A check that it does not have counts as well.
 */
export async function awaitHealth(
  http: HttpClient,
  port: number,
  wanted: {
    readonly home: string;
    readonly version: string;
    readonly checks: readonly string[];
    readonly withinMs: number;
  },
): Promise<Wellness> {
  const startedAtMs = systemClock.elapsed();
  for (;;) {
    const asked = await askHealth(http, port);
    const report = asked.kind === 'answered' ? asked.report : null;
    const reason = report === null ? silence(asked) : objection(report, wanted);
    if (report !== null && reason === null) return { kind: 'well', report };
    if (systemClock.elapsed() - startedAtMs >= wanted.withinMs) {
      return { kind: 'ill', report, reason: reason ?? 'no reason is known' };
    }
    await setTimeout(ASK_EVERY_MS);
  }
}

function silence(asked: Awaited<ReturnType<typeof askHealth>>): string {
  return asked.kind === 'answered' ? 'it answered' : `/health does not answer (${asked.reason})`;
}

function objection(
  report: HealthAnswer,
  wanted: { readonly home: string; readonly version: string; readonly checks: readonly string[] },
): string | null {
  if (report.home !== wanted.home) return 'the service of another home answers on its port';
  if (report.version !== wanted.version) return `version ${report.version} answers`;
  const ill = wanted.checks.flatMap((name) => {
    const check = report.checks[name];
    return check === undefined || check.ok ? [] : [`${name}: ${check.remedy ?? 'not well'}`];
  });
  return ill.length === 0 ? null : ill.join('; ').replace(/\.$/u, '');
}
