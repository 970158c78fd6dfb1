import { askClaude, findingOf } from '../status/claude.ts';
import { verdictOf, viewOf, type Site, type Verdict, type View } from '../status/site.ts';
import { backupDiagnoses } from './backup.ts';
import { careDiagnoses } from './care.ts';
import { configurationDiagnoses } from './configuration.ts';
import { dataDiagnoses } from './data.ts';
import { groupOf, type Diagnosis, type Group } from './diagnosis.ts';
import { machineDiagnoses } from './machine.ts';
import { memoryDiagnoses } from './memory.ts';
import { type OwnFile, ownFileDiagnosis, policyFile } from './own-file.ts';
import { placeDiagnoses } from './places.ts';
import { serviceDiagnoses } from './service.ts';
import { telegramDiagnoses } from './telegram.ts';
import { tunnelDiagnoses } from './tunnel.ts';

/** For one group; they are looked at side by side. */
const LIMIT_MS = 15_000;

/** What an examination came to. */
export interface Examination {
  readonly verdict: Verdict;
  readonly groups: readonly Group[];
}

/**
 * Looks at everything in depth. Changes nothing. Takes seconds, and a quarter of a minute at most.
 *
 * @param ownFiles Files of the person's own that only others can read.
 */
export async function examine(site: Site, ownFiles: readonly OwnFile[] = []): Promise<Examination> {
  const view = await viewOf(site);
  const look = (title: string, work: (view: View) => Promise<readonly Diagnosis[]>) =>
    groupOf(title, LIMIT_MS, () => work(view));
  const groups = await Promise.all([
    look('Machine', machineDiagnoses),
    look('Configuration', async (seen) => [
      ...configurationDiagnoses(seen),
      ...[policyFile(seen.configuration.settings.POLICY ?? 'permissive'), ...ownFiles].map((file) =>
        ownFileDiagnosis(seen, file),
      ),
      ...(await placeDiagnoses(seen)),
    ]),
    look('Claude Code', async (seen) => [findingOf(await askClaude(seen))]),
    look('Telegram', telegramDiagnoses),
    look('Tunnel', tunnelDiagnoses),
    look('Service', async (seen) => [
      ...(await serviceDiagnoses(seen)),
      ...(await careDiagnoses(seen)),
    ]),
    look('Data', dataDiagnoses),
    look('Memory', memoryDiagnoses),
    look('Backup', backupDiagnoses),
  ]);
  const all = groups.flatMap(({ diagnoses }) => diagnoses);
  return { verdict: verdictOf(view, all), groups };
}
