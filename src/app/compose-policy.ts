import { join } from 'node:path';
import type { Bots } from '../core/bot.ts';
import type { Clock } from '../core/clock.ts';
import type { Mask } from '../core/mask.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import { createAccess } from '../policy/access.ts';
import { createAppointments } from '../policy/appointments.ts';
import { sealAudit } from '../policy/audit-chain.ts';
import { createAudit } from '../policy/audit.ts';
import { boundsOf } from '../policy/folders.ts';
import { createGate } from '../policy/gate.ts';
import { createLimits } from '../policy/limits.ts';
import { createPolicy, POLICY_FILE } from '../policy/policy-file.ts';
import { createProjectStore } from '../policy/projects.ts';

/** Who may do what, where and how much, and what is written down of it. */
export type ServicePolicy = ReturnType<typeof composePolicy>;

/**
 * Puts together what all else asks before it does anything. To be called before anything is written:
 * what there is of the audit log is sealed here.
 *
 * @param parts.tellOwner Says something to the owner, in the transaction under way.
 */
export function composePolicy(parts: {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly clock: Clock;
  readonly bots: Bots;
  readonly mask: Mask;
  readonly tellOwner: (markdown: string) => void;
  readonly log: Logger;
}) {
  const { configuration, database, clock, bots, mask, tellOwner, log } = parts;
  const { settings, home } = configuration;
  sealAudit(database);
  const audit = createAudit({ database, clock, mask, keepsText: settings.AUDIT_TEXT });
  const policy = createPolicy({
    database,
    clock,
    path: join(home, POLICY_FILE),
    setting: settings.POLICY,
    onFault: tellOwner,
    onMended: tellOwner,
    audit,
  });
  return {
    audit,
    access: createAccess({ database, clock, bots, audit, log }),
    appointments: createAppointments({ database, clock, bots, audit }),
    policy,
    gate: createGate({
      database,
      limits: createLimits(database, clock, settings),
      policy,
      audit,
      clock,
      log,
    }),
    projects: createProjectStore(database, clock),
    /** What may be worked in. */
    bounds: boundsOf(configuration),
  };
}
