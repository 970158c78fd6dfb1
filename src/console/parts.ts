import type { Bots } from '../core/bot.ts';
import type { Clock } from '../core/clock.ts';
import type { Mask } from '../core/mask.ts';
import type { Health } from '../http/health.ts';
import type { Queue } from '../inbox/queue.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Subscribe } from '../pages/live.ts';
import type { Configuration, Environment } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import type { Audit } from '../policy/audit.ts';
import type { KeptFile } from '../policy/kept-file.ts';
import type { Policy } from '../policy/policy-file.ts';
import type { Acts } from './acts.ts';
import type { HealthHistory } from './health-history.ts';
import type { ConsoleSessions } from './sessions.ts';

/** What the pages of the console show, and what they do it with. */
export interface ConsoleParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'error'>;
  /** Absolute path of `$CLAUDIO_HOME`. */
  readonly home: string;
  /** What the configuration is read anew from. */
  readonly environment: Environment;
  /** What the service runs with. */
  readonly settings: Configuration['settings'];
  /** On which the service listens. */
  readonly port: () => number;
  readonly bots: Bots;
  readonly queue: Queue;
  /** `null` where the memory is turned off. */
  readonly memory: MemoryStore | null;
  readonly audit: Audit;
  readonly policy: Pick<KeptFile<Policy>, 'current'>;
  readonly mask: Mask;
  readonly health: Health;
  readonly history: HealthHistory;
  readonly sessions: ConsoleSessions;
  readonly acts: Acts;
  /** Tells of whatever is committed, by whom it may be. */
  readonly subscribe: Subscribe;
  /** The service stops. */
  readonly ended: AbortSignal;
}
