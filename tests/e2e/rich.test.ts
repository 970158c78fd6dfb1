import { expect, test } from 'vitest';
import { createWorld } from './service.ts';

const TABLE = '| test | result |\n| --- | --- |\n| price | red |';

test('with RICH_MESSAGES=1 a table goes out as a rich message, and as text where Telegram refuses that', async () => {
  const world = await createWorld();
  world.environment['RICH_MESSAGES'] = '1';
  await world.start();
  world.model.answer(TABLE);
  await world.api.say('which tests are red?');
  const [rich] = await world.api.sent(1);
  expect(rich).toMatchObject({ rich: true, text: TABLE });

  world.api.fault(
    { method: 'sendRichMessage' },
    { kind: 'error', status: 400, description: 'Bad Request: RICH_MESSAGE_INVALID' },
  );
  world.model.answer(TABLE);
  await world.api.say('and now?');
  const [, plain] = await world.api.sent(2);
  expect(plain).toMatchObject({ rich: false, text: expect.stringContaining('price') });
});

test('without it a table is text', async () => {
  const world = await createWorld();
  await world.start();
  world.model.answer(TABLE);
  await world.api.say('which tests are red?');
  const [plain] = await world.api.sent(1);
  expect(plain).toMatchObject({ rich: false, text: expect.stringContaining('price') });
});
