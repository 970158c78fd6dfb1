import { expect, test } from 'vitest';
import { errorReply, textReply } from '../standins/model/reply.ts';
import { questionIn, readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

test('where the chosen model fails Haiku answers and says so; what another model cannot help is not tried again', async () => {
  const world = await createWorld();
  Object.assign(world.environment, { MODEL: 'opus', TELEGRAM_ALLOWED_USERS: '2001,2002' });
  const statuses = new Map([
    ['unknown', 404],
    ['overloaded', 529],
    ['forbidden', 403],
  ]);
  world.model.always((request) =>
    request.model.includes('haiku')
      ? textReply(`Haiku on ${questionIn(request)}`)
      : errorReply(statuses.get(questionIn(request)) ?? 500),
  );
  await world.start();
  const write = (text: string, id: number) =>
    world.api.deliver(
      world.api.updates.text(text, { from: { id, is_bot: false, first_name: 'Someone' } }),
    );
  await write('overloaded', 2001);
  await write('unknown', 1001);
  await write('forbidden', 2002);

  const [unknown] = await world.api.sent(1, 1001);
  expect(unknown?.text).toMatch(
    /^Answered by claude-haiku[\w-]*, because opus failed: The model opus is not known, or not open to your account\.[^\n]*\n\nHaiku on unknown$/u,
  );
  const [overloaded] = await world.api.sent(1, 2001);
  expect(overloaded?.text).toMatch(
    /^Answered by claude-haiku[\w-]*, because opus failed: Claude is overloaded right now\.[^\n]*\n\nHaiku on overloaded$/u,
  );
  const [forbidden] = await world.api.sent(1, 2002);
  expect(forbidden?.text).toMatch(/^⚠️ Your account may not use this model/u);
  const asked = world.model.requests.map(
    (request) => [questionIn(request), request.model] as const,
  );
  expect(asked.filter(([question]) => question === 'forbidden')).toHaveLength(1);
  const unknowns = asked.flatMap(([question, model]) => (question === 'unknown' ? [model] : []));
  expect(unknowns.at(-1)).toContain('haiku');
  expect(unknowns.slice(0, -1)).not.toEqual([]);
  for (const model of unknowns.slice(0, -1)) expect(model).toContain('opus');

  const turns = readDatabase(world.home).query.turns.findMany().sync();
  expect(turns).toMatchObject([
    { requestedModel: 'opus', model: expect.stringContaining('haiku'), status: 'done' },
    { requestedModel: 'opus', model: expect.stringContaining('haiku'), status: 'done' },
    {
      requestedModel: 'opus',
      model: expect.stringContaining('opus'),
      status: 'failed',
      failure: 'forbidden',
    },
  ]);
});
