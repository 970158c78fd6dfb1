import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileAppears, processesOf, readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

// One child in a session of its own, one in the background, one in front.
const COMMAND =
  "setsid sh -c 'echo $$ > apart; sleep 4000' & sleep 4001 & echo $$ > ready; sleep 4002";

test('/stop ends a Bash call at once with all of its children, and the next message is answered (promises 7 and 9: /stop never waits behind the run, and no orphan stays behind)', async () => {
  const world = await createWorld();
  world.model.useTool('Bash', { command: COMMAND });
  await world.start();
  await world.api.say('watch the build');
  await Promise.all(
    ['apart', 'ready'].map((name) => fileAppears(join(world.userHome, name))),
  );
  expect(processesOf(world.home).length).toBeGreaterThanOrEqual(5);

  await world.api.say('/stop');
  const [stopping, stopped] = await world.api.sent(2);
  expect(stopping?.text).toBe('⏹ Stopping: watch the build');
  expect(stopped?.text).toMatch(/^⏹ Stopped\.\n\nUntil then:\n\n• Running setsid sh -c/u);
  expect(processesOf(world.home)).toEqual([]);
  const database = readDatabase(world.home);
  expect(database.query.turns.findMany().sync()).toMatchObject([{ status: 'cancelled', failure: null }]);

  world.model.answer('Still here.');
  await world.api.say('are you there?');
  const [, , answer] = await world.api.sent(3);
  expect(answer?.text).toBe('Still here.');
  expect(world.model.requests.at(-1)?.prompt).toContain('⏹ Stopped.');
});
