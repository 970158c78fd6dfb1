import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { createWorld, runService, type RunningService, type World } from '../e2e/service.ts';
import { processesOf } from '../e2e/inspect.ts';
import { createPeople, type People } from './people.ts';
import { expectPromiseKept, type Account } from './promise.ts';

const COUNTING_CLAUDE_PATH = fileURLToPath(new URL('../fixtures/claude/counting', import.meta.url));

/** A world to be killed in: an agent that counts its runs, and several people who write. */
export interface CountingWorld extends World {
  readonly people: People;
  /** Starts the service and waits for nothing. */
  launch(): RunningService;
  kill(service: RunningService): Promise<void>;
  /** Starts the service, lets it send what it owes, retries what was interrupted, and stops it. */
  finish(): Promise<Account>;
  /** Ends the service with TERM, after it has sent what it has to send. */
  stop(service: RunningService): Promise<void>;
}

export async function createCountingWorld(peopleCount: number): Promise<CountingWorld> {
  // The second of Telegram's pauses between two deliveries becomes a millisecond.
  const world = await createWorld({ claude: COUNTING_CLAUDE_PATH, pauseScale: 0.001 });
  const people = createPeople(world.api, peopleCount);
  Object.assign(world.environment, {
    TELEGRAM_ALLOWED_USERS: people.ids.join(','),
    MAX_QUEUE_SIZE: '1000',
    // They write more than members may.
    RATE_LIMIT_PER_HOUR: '0',
    MAX_WAITING_PER_PERSON: '0',
    MAX_HISTORY_LINES: '0',
    MAX_CONCURRENT_TURNS: '4',
  });
  const launch = () => runService(world.environment, world.port);
  return {
    ...world,
    people,
    launch,
    kill: async (service) => {
      service.signal('SIGKILL');
      expect(await service.exit).toEqual({ code: null, signal: 'SIGKILL' });
    },
    stop,
    finish: async () => {
      const service = launch();
      await people.acknowledged();
      await people.retryUntilAllAreAnswered();
      await people.acknowledged();
      await stop(service);
      expect(processesOf(world.home)).toEqual([]);
      return expectPromiseKept(world, people.asked);
    },
  };
}

async function stop(service: RunningService): Promise<void> {
  await service.logged('service.started');
  service.signal('SIGTERM');
  expect(await service.exit).toEqual({ code: 0, signal: null });
}

/** Makes the agent wait before it answers, until the gate is opened for one run or removed. */
export function closeGate(world: World): void {
  execFileSync('mkfifo', [gateOf(world)]);
}

/** Lets the run that waits, or the next one that comes, go on. */
export async function openGate(world: World): Promise<void> {
  await writeFile(gateOf(world), '\n');
}

export function removeGate(world: World): void {
  rmSync(gateOf(world));
}

function gateOf(world: World): string {
  return join(world.userHome, 'gate');
}
