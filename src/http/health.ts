import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/error.ts';

/** What one check found. Everything beside `ok` is for the reader. */
export interface CheckResult {
  readonly ok: boolean;
  /** What to do about it, where it is not ok. */
  readonly remedy?: string;
  readonly [detail: string]: unknown;
}

/** A look at one part of the service. */
export type Check = () => CheckResult | Promise<CheckResult>;

/** The answer of `GET /health`. */
export interface HealthReport {
  readonly status: 'ok' | 'failing';
  readonly version: string;
  readonly uptimeSeconds: number;
  /** Which service it is. */
  readonly pid?: number;
  readonly home?: string;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** Makes the report. */
export interface Health {
  (): Promise<HealthReport>;
  /** The next report is made anew: something changed. */
  forget(): void;
}

const DEADLINE_MS = 700;
const CACHED_MS = 30_000;

/**
 * Makes the health report: all checks side by side, none waited for longer than the deadline. Callers
 * at the same time share one round; a healthy report is good for half a minute, any other is made anew.
 */
export function createHealth(options: {
  readonly clock: Clock;
  readonly version: string;
  readonly identity?: { readonly pid: number; readonly home: string };
  /** Gets each report that is made. Must not throw. */
  readonly made?: (report: HealthReport) => void;
  readonly checks: Readonly<Record<string, Check>>;
}): Health {
  const { clock } = options;
  const startedAtMs = clock.elapsed();
  let round: Promise<HealthReport> | undefined;
  let changeCount = 0;
  let healthy: { readonly report: HealthReport; readonly atMs: number } | undefined;

  const look = async (): Promise<HealthReport> => {
    const begunAt = changeCount;
    const results = await Promise.all(
      Object.entries(options.checks).map(
        async ([name, check]) => [name, await within(check)] as const,
      ),
    );
    const report: HealthReport = {
      status: results.every(([, { ok }]) => ok) ? 'ok' : 'failing',
      version: options.version,
      uptimeSeconds: Math.floor((clock.elapsed() - startedAtMs) / 1000),
      ...options.identity,
      checks: Object.fromEntries(results),
    };
    const isKept = report.status === 'ok' && begunAt === changeCount;
    healthy = isKept ? { report, atMs: clock.elapsed() } : undefined;
    options.made?.(report);
    return report;
  };

  const health = () => {
    if (healthy !== undefined && clock.elapsed() - healthy.atMs < CACHED_MS) {
      return Promise.resolve(healthy.report);
    }
    round ??= look().finally(() => {
      round = undefined;
    });
    return round;
  };
  return Object.assign(health, {
    forget: () => {
      changeCount += 1;
      healthy = undefined;
      round = undefined;
    },
  });
}

async function within(check: Check): Promise<CheckResult> {
  const over = new AbortController();
  const late = async (): Promise<CheckResult> => {
    await setTimeout(DEADLINE_MS, undefined, { signal: over.signal });
    return { ok: false, remedy: `It did not answer within ${DEADLINE_MS} ms; ask again later.` };
  };
  const look = async (): Promise<CheckResult> => await check();
  try {
    return await Promise.race([look(), late()]);
  } catch (error) {
    return { ok: false, remedy: messageOf(error) };
  } finally {
    over.abort();
  }
}
