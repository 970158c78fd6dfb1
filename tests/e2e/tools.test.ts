import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { textReply } from '../standins/model/reply.ts';
import { readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

test('a turn with a real Bash call keeps what it did, tells the next turn, and shows the command none of the secrets', async () => {
  const world = await createWorld();
  Object.assign(world.environment, {
    GITHUB_TOKEN: 'a-token-of-somebody',
    AWS_SECRET_ACCESS_KEY: 'a-key',
  });
  world.model.useTool('Bash', { command: 'echo red > proof.txt; env', description: 'Look' });
  world.model.answer('It is red.');
  const service = await world.start();
  await world.api.say('which colour is it?');
  await world.api.sent(1);
  expect(readFileSync(join(world.userHome, 'proof.txt'), 'utf8')).toBe('red\n');

  const environment = world.model.requests[1]?.toolResults[0]?.text ?? '';
  const names = environment.split('\n').map((line) => line.split('=')[0]);
  expect(names).toEqual(expect.arrayContaining(['HOME', 'PATH', 'CLAUDIO_TURN']));
  const secret = /TELEGRAM|WEBHOOK|GITHUB_TOKEN|AWS|CLAUDIO_HOME|test-token|e2e-secret|a-token-of/u;
  expect(environment).not.toMatch(secret);

  const database = readDatabase(world.home);
  const [turn] = database.query.turns.findMany().sync();
  const uses = database.query.toolUses.findMany().sync();
  expect(uses).toMatchObject([
    { turnId: turn?.id, attempt: 1, tool: 'Bash', summary: 'Running echo red > proof.txt; env' },
  ]);
  const said = database.query.messages.findMany().sync();
  expect(said).toMatchObject([
    { role: 'person', author: 'Owner', text: 'which colour is it?', toolSummary: null },
    { role: 'claude', text: 'It is red.', toolSummary: '- Running echo red > proof.txt; env' },
  ]);

  world.model.answer('Because I painted it.');
  await world.api.say('why?');
  await world.api.sent(2);
  expect(world.model.requests[2]?.prompt).toContain(
    '<claudio-tools>\n- Running echo red > proof.txt; env\n</claudio-tools>\nIt is red.\n</claudio-message>',
  );
  // Of what people write and Claude does, the log says nothing by itself.
  expect(JSON.stringify(service.log)).not.toMatch(
    /which colour|proof\.txt|painted|test-token|e2e-secret/u,
  );
});

test('what Claude said last is delivered, also where it said it before a tool and nothing after it (promise 14: the bridge itself delivers the final text)', async () => {
  const world = await createWorld();
  const service = await world.start();
  world.model.useTool('Bash', { command: 'true' }, 'Let me look.');
  world.model.useTool('Bash', { command: 'true' }, 'It is red, and I clean up.');
  world.model.always(() => textReply(''));
  await world.api.say('which colour is it?');
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe('It is red, and I clean up.');
  await service.logged('turn.done');
  expect(readDatabase(world.home).query.deliveries.findMany().sync()).toHaveLength(1);
});
