import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileAppears, processesOf, readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

// One child in a session of its own, one in the background, one in front. A shell that has written its
// file is certain to be there; what follows the sleeps keeps the shells from becoming them.
const COMMAND = [
  "setsid sh -c 'echo $$ > apart; sleep 4000; :' &",
  "sh -c 'echo > behind; sleep 4001; :' &",
  "sh -c 'echo $$ > ready; sleep 4002; :'; :",
].join(' ');

test('/status tells which tool runs, and /stop ends it at once with all of its children (promises 6, 7 and 9: what runs can be seen, nothing waits behind it, no orphan stays)', async () => {
  const world = await createWorld();
  world.model.useTool('Bash', { command: COMMAND });
  const service = await world.start();
  await world.api.say('watch the build');
  await Promise.all(
    ['apart', 'behind', 'ready'].map((name) => fileAppears(join(world.userHome, name))),
  );
  expect(processesOf(world.home).length).toBeGreaterThanOrEqual(5);

  await service.logged('turn.progress');
  await world.api.say('/status');
  const [status] = await world.api.sent(1);
  expect(status?.text).toMatch(/^Now: running for .+ \(Running setsid sh -c .+\), 0 waiting$/mu);

  await world.api.say('/stop');
  const [, stopping, stopped] = await world.api.sent(3);
  expect(stopping?.text).toBe('⏹ Stopping: watch the build');
  expect(stopped?.text).toMatch(/^⏹ Stopped\.\n\nSteps so far:\n\n• Running setsid sh -c/u);
  expect(processesOf(world.home)).toEqual([]);
  const database = readDatabase(world.home);
  expect(database.query.turns.findMany().sync()).toMatchObject([
    { status: 'cancelled', failure: null },
  ]);

  world.model.answer('Still here.');
  await world.api.say('are you there?');
  const [, , , answer] = await world.api.sent(4);
  expect(answer?.text).toBe('Still here.');
  expect(world.model.requests.at(-1)?.prompt).toContain('⏹ Stopped.');
});
