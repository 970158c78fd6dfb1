import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { ClaudioError } from '../../core/error.ts';
import { isSame, type ProcessTable } from '../../platform/process/entry.ts';
import type { PortOwner } from '../../platform/process/port-owner.ts';

const PAUSE_MS = 200;

/**
 * Stops a service that no service manager watches over, politely, and waits until it is gone.
 *
 * @param pid What the service says that it is.
 * @param owner Who really listens on its port: nobody else is ever signalled.
 * @throws ClaudioError `stop.refused` where the two differ or it may not be signalled,
 * `stop.under-way` where it has not ended within `limitMs`.
 */
export async function stopProcess(options: {
  readonly pid: number | undefined;
  readonly owner: PortOwner | null;
  readonly table: ProcessTable;
  readonly clock: Clock;
  readonly limitMs: number;
}): Promise<void> {
  const { pid, owner, table, clock, limitMs } = options;
  const entry = pid === undefined || pid !== owner?.pid ? null : await table.find(pid);
  if (entry === null || !(await table.signal(entry, 'SIGTERM'))) {
    throw new ClaudioError({
      code: 'stop.refused',
      message: 'Claudio answers, but which process it is cannot be told for sure.',
      hint: 'It may run as another user, or in a container: stop it where it was started.',
    });
  }
  const startedAtMs = clock.elapsed();
  while (isSame(entry, (await table.find(entry.pid)) ?? undefined)) {
    if (clock.elapsed() - startedAtMs > limitMs) {
      throw new ClaudioError({
        code: 'stop.under-way',
        message: `Claudio (process ${entry.pid}) was asked to stop and has not ended yet.`,
        hint: 'Give it some more time; `claudio log` tells what it does.',
      });
    }
    await setTimeout(PAUSE_MS);
  }
}
