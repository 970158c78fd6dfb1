import { rmSync } from 'node:fs';
import { messageOf } from '../../core/error.ts';
import type { Host } from '../../platform/host.ts';
import type { HttpClient } from '../../platform/http-client.ts';
import type { ServiceManager, ServiceUnit } from '../service/service-manager.ts';
import { guardDatabase, type GuardedDatabase } from './database.ts';
import type { Checkout } from './git.ts';
import { awaitHealth, expectedChecks, type Wellness } from './health.ts';
import { journalOf, type Journal, type JournalFile } from './journal.ts';
import { foldersOf } from './mend.ts';

/** A service that starts has to be well within this. */
const WELL_WITHIN_MS = 60_000;

/** What an update works with. */
export interface UpdateParts {
  readonly host: Host;
  readonly http: HttpClient;
  /** `null` where this machine has none that is known. */
  readonly service: ServiceManager | null;
  /** This installation as a service, with the PATH that it has already. */
  readonly unit: (installedPath: string | null) => ServiceUnit;
  /** The folder of the installation, absolute. */
  readonly root: string;
  /** `$CLAUDIO_HOME`, which need not be there. */
  readonly home: string;
  readonly port: number;
  /** Whether the service could start with the settings that there are. */
  readonly isConfigured: boolean;
  /** The Node that runs this. */
  readonly nodePath: string;
  /** The version that is installed. */
  readonly version: string;
  /** Breaks it off as long as nothing was touched. */
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly wellWithinMs?: number;
}

/** How an update ended. */
export type UpdateOutcome =
  | { readonly kind: 'up-to-date'; readonly version: string }
  | {
      readonly kind: 'updated';
      readonly from: string;
      readonly to: string;
      readonly isRunning: boolean;
    }
  /** The new release was not well, and the old one is there again. */
  | {
      readonly kind: 'went-back';
      readonly from: string;
      readonly to: string;
      readonly reason: string;
    }
  /** The new release is not well, and going back would lose what it took in. */
  | {
      readonly kind: 'stayed';
      readonly from: string;
      readonly to: string;
      readonly reason: string;
    };

/** An update under way. */
export interface UpdateRun extends UpdateParts {
  readonly checkout: Checkout;
  readonly database: GuardedDatabase;
  readonly journal: JournalFile;
  readonly folders: ReturnType<typeof foldersOf>;
}

export function openRun(parts: UpdateParts, checkout: Checkout): UpdateRun {
  return {
    ...parts,
    checkout,
    database: guardDatabase(parts.home),
    journal: journalOf(parts.root),
    folders: foldersOf(parts.root),
  };
}

/** Starts the service where it ran before, and sees that it is well. */
export async function startAgain(
  run: UpdateRun,
  { wasRunning, wellBefore, home }: Journal,
  version: string,
): Promise<Wellness | { readonly kind: 'not-started' }> {
  if (!wasRunning || run.service === null) return { kind: 'not-started' };
  try {
    await run.service.restart();
  } catch (error) {
    return { kind: 'ill', report: null, reason: messageOf(error).replace(/\.$/u, '') };
  }
  return await awaitHealth(run.http, run.port, {
    home,
    version,
    checks: expectedChecks(wellBefore, 'after'),
    withinMs: run.wellWithinMs ?? WELL_WITHIN_MS,
  });
}

/** Writes the unit of the service anew where the releases have different ones. */
export async function renewUnit(run: UpdateRun, { home }: Journal): Promise<void> {
  const { service } = run;
  if (service === null) return;
  try {
    const { isInstalled, claudioHome, path } = await service.state();
    if (!isInstalled || claudioHome !== home) return;
    const { outcome } = await service.install(run.unit(path));
    if (outcome !== 'unchanged') run.tell('The unit of the service was renewed.');
  } catch (error) {
    run.warn(
      `The unit of the service could not be renewed: ${messageOf(error)} Run \`claudio install\`.`,
    );
  }
}

/** Removes all that an update leaves; the copy of the database stays. The journal goes last. */
export async function cleanUp(run: UpdateRun): Promise<void> {
  await run.checkout.removeTree(run.folders.stage);
  rmSync(run.folders.old, { recursive: true, force: true });
  run.journal.remove();
}
