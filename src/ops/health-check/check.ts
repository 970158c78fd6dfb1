import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SendOutcome } from '../../core/channel.ts';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/error.ts';
import type { Inspection } from '../../platform/configuration/load.ts';
import { SECRET_SETTINGS } from '../../platform/configuration/schema.ts';
import type { Host } from '../../platform/host.ts';
import type { HttpClient } from '../../platform/http-client.ts';
import { redactor } from '../../platform/log.ts';
import { within } from '../../platform/process/within.ts';
import { askHealth, type AskedHealth, type HealthAnswer } from '../ask-health.ts';
import type { ServiceManager } from '../service/service-manager.ts';
import { lookAtBackups } from './backups.ts';
import { tellOwner } from './alerts.ts';
import { lookAtAudit } from './audit.ts';
import { lookAtLog } from './bursts.ts';
import { lookAtDisks } from './disks.ts';
import { lookBehind } from './behind.ts';
import { createNotes } from './notes.ts';
import { notLooked, type Observation } from './observation.ts';
import { lookAtReport, reportedName } from './reported.ts';
import { isOwn, watchService } from './service.ts';

/** A disk that is gone may never answer. */
const LOOK_LIMIT_MS = 20_000;
/** A service that has much to do, or is just starting, gets a second chance. */
const ASK_AGAIN_MS = 5000;

/** What the health check works with. */
export interface HealthCheckParts {
  readonly host: Host;
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly configuration: Inspection;
  /** `null` where there is neither a systemd of the user's own nor launchd. */
  readonly services: ServiceManager | null;
  /** The owner's chat; `null` where the settings do not say which it is. */
  readonly tell: ((markdown: string) => Promise<SendOutcome>) | null;
  /** Where notes go while the home cannot be written; see {@link createNotes}. */
  readonly spareFolder: string;
  /** Gets a sentence that is for whoever reads the output: cron mails it. */
  readonly complain: (sentence: string) => void;
  /**
   * Brings an update to its end that was cut off, and may have left the service stopped. Resolves with
   * the version that it was to, or `null` where there was none.
   */
  readonly finishUpdate: () => Promise<string | null>;
  readonly askAgainMs?: number;
}

/**
 * Looks at everything once, mends what can be mended, and tells the owner of the rest. To be called by
 * one process at a time. Needs neither the service nor the network nor a sound configuration.
 *
 * @returns What was found, in the order in which it is to be read, without secrets.
 */
export async function checkHealth(parts: HealthCheckParts): Promise<readonly Observation[]> {
  const { configuration, clock } = parts;
  const { home, settings } = configuration;
  const notes = createNotes(home, parts.spareFolder);
  // Before all else: it leaves the service as if somebody had stopped it on purpose.
  const update = await lookAtUpdate(parts.finishUpdate);
  const asked = await askTwice(parts);
  const report = asked.kind === 'answered' && isOwn(asked.report, home) ? asked.report : null;
  // Before anything is restarted: while the service is down, nobody else needs what it left.
  const behind = existsSync(home)
    ? await inTime('leftovers', 'What a dead service left behind', () =>
        lookBehind({ home, isUp: report !== null, maxLogBytes: settings.LOG_MAX_SIZE, clock }),
      )
    : [];
  const service = await watchService({
    asked,
    configuration,
    services: parts.services,
    notes,
    clock,
  });
  // Nothing was ever set up here: nothing is to be looked after, and nothing to be noted.
  if (service.state === 'off' && !existsSync(home)) return [service];
  const [disks, log, backup] = await Promise.all([
    inTime('disk', 'The disk', () =>
      lookAtDisks(
        parts.host,
        [
          { name: 'disk', path: home },
          { name: 'disk of work', path: settings.CLAUDE_WORK_DIR ?? parts.host.userHome },
          { name: 'disk of backups', path: settings.BACKUP_DEST },
        ],
        settings.DISK_USAGE_THRESHOLD,
      ),
    ),
    inTime('errors', 'The log', () => lookAtLog(join(home, 'claudio.log'), clock)),
    inTime('backup', 'The backup', async () => [await lookAtBackups(parts.host, settings, clock)]),
  ]);
  const audit = await inTime('audit', 'The audit log', () => Promise.resolve(lookAtAudit(home)));
  const all = [
    service,
    update,
    ...settingsFound(configuration, report),
    ...withoutDoubles(report === null ? [] : lookAtReport(report), disks),
    ...disks,
    ...backup,
    ...log,
    ...behind,
    ...audit,
  ];
  const redact = redactor(
    [configuration, ...configuration.bots].flatMap(({ given }) =>
      SECRET_SETTINGS.flatMap((name) => given[name] ?? []),
    ),
  );
  const found = all.map((observation) => redacted(observation, redact));
  return [...found, ...(await tellOwner({ ...parts, notes, found }))];
}

async function lookAtUpdate(finish: () => Promise<string | null>): Promise<Observation> {
  const about = { name: 'update', subject: 'An update' };
  try {
    const version = await finish();
    if (version === null) return { ...about, state: 'ok', text: 'none was cut off' };
    const text = `the one to ${version} was cut off, and is brought to its end now`;
    return { ...about, state: 'ok', text };
  } catch (error) {
    return {
      ...about,
      state: 'failed',
      text: `was cut off, and cannot be brought to its end: ${messageOf(error).replace(/\.$/u, '')}`,
      remedy: 'Run `claudio update` in a terminal: it begins with that.',
    };
  }
}

async function askTwice(parts: HealthCheckParts): Promise<AskedHealth> {
  const { PORT } = parts.configuration.settings;
  const first = await askHealth(parts.http, PORT);
  if (first.kind === 'answered') return first;
  await delay(parts.askAgainMs ?? ASK_AGAIN_MS);
  return await askHealth(parts.http, PORT);
}

/** A look that is not waited for for ever. What it throws is what was found. */
async function inTime(
  name: string,
  subject: string,
  look: () => Promise<readonly Observation[]>,
): Promise<readonly Observation[]> {
  const found: Observation[][] = [];
  try {
    await within(
      LOOK_LIMIT_MS,
      look().then((observations) => found.push([...observations])),
    );
  } catch (error) {
    return [notLooked(name, subject, messageOf(error))];
  }
  return found[0] ?? [notLooked(name, subject, `no answer within ${LOOK_LIMIT_MS / 1000} s`)];
}

/** Where the service is down for its settings, that is told of the service. */
function settingsFound(
  configuration: Inspection,
  report: HealthAnswer | null,
): readonly Observation[] {
  if (report === null) return [];
  const { faults, file } = configuration;
  const about = { name: 'settings', subject: 'The settings' };
  const [fault] = faults;
  if (fault === undefined) return [{ ...about, state: 'ok', text: 'are sound' }];
  const more = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`;
  return [
    {
      ...about,
      state: 'failed',
      text: `have a fault, with which the service will not start again: ${fault.replace(/\.$/u, '')}${more}`,
      remedy: `Correct ${file}; \`claudio doctor\` names every fault.`,
    },
  ];
}

/** One full disk is one thing to be told. */
function withoutDoubles(
  reported: readonly Observation[],
  disks: readonly Observation[],
): readonly Observation[] {
  if (!disks.some(({ state }) => state === 'failed')) return reported;
  return reported.map((observation) =>
    observation.name === reportedName('disk') ? { ...observation, state: 'off' } : observation,
  );
}

function redacted(observation: Observation, redact: (text: string) => string): Observation {
  const { text, said, remedy } = observation;
  return {
    ...observation,
    text: redact(text),
    ...(said === undefined ? {} : { said: redact(said) }),
    ...(remedy === undefined ? {} : { remedy: redact(remedy) }),
  };
}
