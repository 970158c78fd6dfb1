import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { textReply } from '../standins/model/reply.ts';
import { questionIn, readDatabase } from './inspect.ts';
import { labelsOf, press, said, write } from './person.ts';
import { createWorld, type World } from './service.ts';

const STRANGER = { id: 666, is_bot: false, first_name: 'Stranger' };
const RUN_ANYWAY = '▶️ Run it anyway';

/** Writes the policy as if that had been a minute ago: one that is just being written is not yet told of. */
function writePolicy({ home }: World, text: string): void {
  const path = join(home, 'policy.json');
  writeFileSync(path, text, { mode: 0o600 });
  const at = new Date(Date.now() - 60_000);
  utimesSync(path, at, at);
}

test('a policy with a syntax error leaves the one before in force and the owner is told; what a rule stops runs once, when its owner says so, and for no stranger', async () => {
  const world = await createWorld();
  world.environment['POLICY'] = 'strict';
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  await world.start();
  writePolicy(world, '{"allow": ["^sing "], "block": ["loudly"]}');
  await write(world, 'sing a song');
  await said(world, 'Answer to sing a song');

  writePolicy(world, '{"allow": ["^sing ", "^dance "],\n "block": [}');
  await write(world, 'dance a dance');
  const told = await world.api.message('the fault', ({ text }) => text.startsWith('policy.json'));
  expect(told.text).toBe(
    'policy.json cannot be used. Line 2, column 12: there is } where a value has to be. The version before stays in force until you correct it.',
  );
  const strict = await world.api.message('the rule', ({ text }) => text.includes('strict'));
  expect(labelsOf(strict)).toEqual([RUN_ANYWAY]);
  await write(world, 'sing loudly');
  const blocked = await world.api.message('the rule', ({ text }) => text.includes('block 1'));
  expect(blocked.text).toBe(
    '🚫 I do not take this: rule block 1 (loudly) stands against it. Please put it another way.',
  );

  const forged = world.api.updates.press(blocked, RUN_ANYWAY, { stale: true, from: STRANGER });
  await world.api.deliver(forged);
  const replayed = world.api.updates.press(blocked, RUN_ANYWAY);
  await expect(press(world, blocked, RUN_ANYWAY)).resolves.toBe('Running it anyway.');
  await said(world, 'Answer to sing loudly');
  await world.api.deliver(replayed);

  writePolicy(world, '{"allow": ["^dance "]}');
  await write(world, 'dance a dance');
  await said(world, 'policy.json is right again, and in force.');
  await said(world, 'Answer to dance a dance');
  expect(world.model.requests.map(questionIn)).toEqual([
    'sing a song',
    'sing loudly',
    'dance a dance',
  ]);
  const tellings = world.api.sentMessages().filter(({ text }) => text.startsWith('policy.json'));
  expect(tellings).toHaveLength(2);
  const audit = readDatabase(world.home).query.audit.findMany().sync();
  expect(audit.filter(({ event }) => event === 'gate.refused')).toHaveLength(2);
  expect(audit.filter(({ event }) => event === 'press.insist')).toMatchObject([
    { personId: '1001', decision: 'allowed', details: { rule: 'block 1', asker: '1001' } },
    { personId: '1001', decision: null },
  ]);
});
