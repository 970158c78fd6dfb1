import { ClaudioError } from '../../core/error.ts';
import type { PortOwner } from '../../platform/process/port-owner.ts';
import type { ProcessTable } from '../../platform/process/entry.ts';

/**
 * Lets a service that runs take its configuration anew: HUP. Returns when it was told, not when it has.
 *
 * @param pid What the service says that it is.
 * @param owner Who really listens on its port: nobody else is ever signalled.
 * @throws ClaudioError `reload.refused` where the two differ or it may not be signalled.
 */
export async function reloadProcess(options: {
  readonly pid: number | undefined;
  readonly owner: PortOwner | null;
  readonly table: ProcessTable;
}): Promise<void> {
  const { pid, owner, table } = options;
  const entry = pid === undefined || pid !== owner?.pid ? null : await table.find(pid);
  if (entry !== null && (await table.signal(entry, 'SIGHUP'))) return;
  throw new ClaudioError({
    code: 'reload.refused',
    message: 'Claudio answers, but which process it is cannot be told for sure.',
    hint: 'It may run as another user, or in a container: send HUP to it there, or restart it.',
  });
}
