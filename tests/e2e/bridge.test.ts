import { expect, test } from 'vitest';
import { createWorld } from './service.ts';

test('a text sent to the bot is answered by Claude Code, as a reply to it', async () => {
  const world = await createWorld();
  world.model.answer('The build is red because **one test** fails.');
  await world.start();
  await world.api.say('why is the build red?');
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe('The build is red because one test fails.');
});
