import { setTimeout as pause } from 'node:timers/promises';
import { onTestFailed } from 'vitest';
import type { RunningService } from '../e2e/service.ts';
import { createRandom, type Random } from '../support/random.ts';
import { createCountingWorld, type CountingWorld } from './counting-world.ts';
import type { Account } from './promise.ts';

const PEOPLE_COUNT = 8;
/** After which the service is killed, a little later. */
const MOMENTS = [
  'service.started',
  'update.accepted',
  'turn.started',
  'turn.done',
  'turn.interrupted',
  'delivery.sent',
  'webhook.unchanged',
] as const;
/** When the moment does not come: in starts, so that a slow machine gets as far as a quick one. */
const LONGEST_LIFE = 0.25;
const LONGEST_START_MS = 600;
const LONGEST_AFTER_MOMENT_MS = 30;

/**
 * Kills the service again and again while people write, then lets it live and has all that was
 * interrupted retried.
 *
 * @param seed Decides what is written and when the service is killed; printed when the test fails.
 */
export async function storm(killCount: number, seed: number): Promise<Account> {
  onTestFailed(() => void process.stderr.write(`the seed of the storm was ${seed}\n`));
  const random = createRandom(seed);
  const world = await createCountingWorld(PEOPLE_COUNT);
  const retried = new Set<string>();
  for (let kill = 0; kill < killCount; kill += 1) {
    const service = world.launch();
    for (let count = random.below(4); count > 0; count -= 1) {
      world.people.write(2001 + random.below(PEOPLE_COUNT), `message ${world.people.asked.length}`);
    }
    retryOne(world, retried, random);
    await momentOf(service, random);
    await world.kill(service);
  }
  return await world.finish();
}

/** One in six dies while it starts, the others after something has happened. */
async function momentOf(service: RunningService, random: Random): Promise<void> {
  if (random.below(6) === 0) {
    const tooLate = service.logged('service.started');
    await Promise.race([pause(random.fraction() * LONGEST_START_MS), tooLate]);
    return;
  }
  const moment = random.pick(MOMENTS);
  const launchedAtMs = performance.now();
  const lived = service
    .logged('service.started')
    .then(() => pause(LONGEST_LIFE * (performance.now() - launchedAtMs)));
  await Promise.race([service.logged(moment), lived]);
  await pause(random.fraction() * LONGEST_AFTER_MOMENT_MS);
}

/** Presses Retry once a message at most: three interruptions would be too many. */
function retryOne(world: CountingWorld, retried: Set<string>, random: Random): void {
  if (random.below(2) === 0) return;
  const offer = world.people
    .offers()
    .find(({ chatId, replyTo }) => !retried.has(`${chatId} ${String(replyTo)}`));
  if (offer === undefined) return;
  retried.add(`${offer.chatId} ${String(offer.replyTo)}`);
  void world.people.retry(offer);
}
