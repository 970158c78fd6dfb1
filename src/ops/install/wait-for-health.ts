import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { HttpClient } from '../../platform/http-client.ts';
import { isSameFolder } from '../../platform/files.ts';
import { askHealth, type HealthAnswer } from '../ask-health.ts';

const PAUSE_MS = 250;
/** A service manager may be about to start it once more. */
const MAX_ENDED_COUNT = 8;

/** How waiting for the service came out. */
export type Awaited =
  | { readonly kind: 'answers'; readonly report: HealthAnswer }
  /** It does not run any more. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'silent'; readonly reason: string };

/** Waits until the service of `home` answers on its port. */
export async function waitForHealth(options: {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly port: number;
  readonly home: string;
  readonly limitMs: number;
  readonly isRunning: () => Promise<boolean>;
}): Promise<Awaited> {
  const { http, clock, port, home, limitMs } = options;
  const startedAtMs = clock.elapsed();
  let endedCount = 0;
  for (;;) {
    const asked = await askHealth(http, port);
    if (asked.kind === 'answered' && isSameFolder(asked.report.home ?? '', home)) {
      return { kind: 'answers', report: asked.report };
    }
    endedCount = (await options.isRunning()) ? 0 : endedCount + 1;
    if (endedCount > MAX_ENDED_COUNT) return { kind: 'ended' };
    if (clock.elapsed() - startedAtMs > limitMs) {
      if (endedCount > 0) return { kind: 'ended' };
      const reason = asked.kind === 'answered' ? 'another Claudio answers there' : asked.reason;
      return { kind: 'silent', reason };
    }
    await setTimeout(PAUSE_MS);
  }
}
