import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createConsoleSessions } from '../../src/console/sessions.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase, type Database } from '../../src/platform/database/open.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { createWorld, type RunningService, type World } from '../e2e/service.ts';
import { seedHistory } from './seed.ts';

const NOON = 12;

/** A service whose console a test looks at. */
export interface ConsoleWorld extends World {
  /** Of the console, without a path. */
  readonly url: string;
  readonly service: RunningService;
  /** A connection of the test's own. */
  readonly database: Database;
  /** A new link that leads in, as `claudio console` prints one. */
  link(): string;
}

/**
 * Starts the built service with two weeks behind it.
 *
 * @param options.claude As in {@link createWorld}; `instant` unless given.
 * @param options.isEmpty Nothing has happened there yet.
 */
export async function createConsoleWorld(
  options: { readonly claude?: string; readonly isEmpty?: boolean } = {},
): Promise<ConsoleWorld> {
  const world = await createWorld({ claude: options.claude ?? 'instant' });
  // A memory that learns nothing meanwhile.
  Object.assign(world.environment, { MEMORY_ENABLED: '1', MEMORY_CONSOLIDATION_DELAY: '3600' });
  // Its day does not end within a test.
  world.environment['TZ'] = zoneAtNoon();
  mkdirSync(world.home, { mode: 0o700 });
  const database = openDatabase(join(world.home, 'claudio.db'));
  onTestFinished(() => database.close());
  // A test waits for what the service is writing.
  database.orm.$client.pragma('busy_timeout = 10000');
  if (options.isEmpty !== true) {
    seedHistory(database, { ownerId: OWNER.id, nowMs: systemClock.now() });
  }
  const service = await world.start();
  const audit = createAudit({ database, clock: systemClock });
  const sessions = createConsoleSessions(database, systemClock, audit);
  return {
    ...world,
    url: service.url,
    service,
    database,
    link: () => `${service.url}/enter?key=${sessions.invite()}`,
  };
}

/** A time zone in which it is about noon. Those behind UTC have a plus in their names. */
function zoneAtNoon(): string {
  const behindHours = new Date(systemClock.now()).getUTCHours() - NOON;
  return `Etc/GMT${behindHours < 0 ? '' : '+'}${behindHours}`;
}
