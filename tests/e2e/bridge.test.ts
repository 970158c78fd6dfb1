import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { textReply } from '../standins/model/reply.ts';
import { holdModel, readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

test('a text sent to the bot is answered by Claude Code, as a reply to it, with signs of life all the while (promise 5: the typing sign stays and goes)', async () => {
  const world = await createWorld();
  mkdirSync(world.home);
  writeFileSync(join(world.home, 'CLAUDE.md'), 'Call the person Captain.');
  const held = holdModel(world.model);
  const service = await world.start();
  const { message } = world.api.updates.text('an earlier message');
  const update = world.api.updates.text('why is the build red?');
  await world.api.deliver(update);

  const request = await held.asked;
  expect(request.prompt).toContain('why is the build red?');
  expect(request.system).toContain('You are answering through Claudio');
  expect(request.system).toContain('Call the person Captain.');
  await world.api.until('eyes on the message', () =>
    world.api
      .messages()
      .find(
        ({ messageId, reaction }) =>
          reaction[0] === '👀' && messageId === update.message?.message_id,
      ),
  );
  // Telegram shows each for five seconds.
  await world.api.until('the typing sign, renewed', () => world.api.chatActions[1]);

  held.reply(textReply('The build is red because **one test** fails.', { outputTokenCount: 33 }));
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe('The build is red because one test fails.');
  expect(answer?.entities).toMatchObject([{ type: 'bold', offset: 25, length: 8 }]);
  expect(answer?.replyTo).toBe(update.message?.message_id);
  expect(answer?.replyTo).not.toBe(message?.message_id);

  await service.logged('delivery.sent');
  const [turn, ...others] = readDatabase(world.home).query.turns.findMany().sync();
  expect(others).toEqual([]);
  expect(turn).toMatchObject({
    status: 'done',
    requestedModel: 'haiku',
    failure: null,
    attemptCount: 1,
  });
  expect(turn?.model).toMatch(/^claude-haiku/u);
  expect(turn?.sessionId).toMatch(/^[\da-f-]{36}$/u);
  expect(turn).toMatchObject({ inputTokenCount: 10, outputTokenCount: 33 });
  expect(turn?.costUsd).toBeGreaterThan(0);
  expect((turn?.endedAtMs ?? 0) - (turn?.startedAtMs ?? 0)).toBeGreaterThan(4000);

  service.signal('SIGTERM');
  expect(await service.exit).toEqual({ code: 0, signal: null });
  expect(new Set(world.api.chatActions.map(({ action }) => action))).toEqual(new Set(['typing']));
  const lastSign = world.api.chatActions.at(-1);
  expect(lastSign?.atMs).toBeLessThanOrEqual(answer?.atMs ?? 0);
});
