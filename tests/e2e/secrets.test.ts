import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

/** Put together here, so that nothing in the repository looks like one. */
const KEY = ['gh', 'p_', 'aB3dE5fG7h'.repeat(4)].join('');

test('neither the own token nor a key that Claude comes upon ever reaches the chat or the database', async () => {
  const world = await createWorld();
  world.environment['STREAM_ANSWERS'] = 'draft';
  const { token } = world.api;
  world.model.useTool(
    'Bash',
    { command: `echo ${KEY} ${token} >/dev/null`, description: 'Look' },
    `First I see ${KEY} and ${token}.`,
  );
  world.model.answer(
    `They are \`${KEY}\` and **${token}**, and ${btoa(`x:${token}:y`)} in base64.`,
  );
  await world.start();
  await world.api.say('which keys are there?');
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toContain('They are ‹masked: GitHub token› and ‹masked: my own secret›');
  expect(answer?.text).toContain('🔒 I masked 3 things that look like keys.');

  const secret = token.slice(token.indexOf(':') + 1);
  const calls = JSON.stringify(world.api.calls);
  expect(world.api.calls.length).toBeGreaterThan(1);
  const uses = readDatabase(world.home).query.toolUses.findMany().sync();
  expect(uses).toMatchObject([
    { summary: 'Running echo ‹masked: GitHub token› ‹masked: my own secret› >/dev/null' },
  ]);
  const files = readdirSync(world.home).filter((name) => name.startsWith('claudio.db'));
  expect(files).toContain('claudio.db-wal');
  for (const content of [
    calls,
    ...files.map((name) => readFileSync(join(world.home, name), 'latin1')),
  ]) {
    expect(content).not.toContain(KEY);
    expect(content).not.toContain(secret);
  }
});
