import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { messages } from '../../drizzle/schema.ts';
import { toolWorld } from './world.ts';

test('a restart is scheduled once for a turn, whichever attempt asks for it', async () => {
  const { run, restarts } = await toolWorld();
  const { call, again, turn } = run();
  expect(await call('schedule_restart', { reason: 'new code' })).toMatchObject({
    isError: false,
    text: expect.stringMatching(/^Scheduled/u),
  });
  const second = { reason: 'once more' };
  expect((await call('schedule_restart', second)).text).toMatch(/already scheduled/u);
  expect(restarts.begin(turn.turnId)).toBe(true);
  expect((await again().call('schedule_restart', second)).text).toMatch(/already done/u);
});

test('a search finds what was said in this conversation, with who and when', async () => {
  const { arrive, queue, run, database } = await toolWorld();
  for (const [text, chat] of [
    ['the address is Elm Street 5', '42'],
    ['my address is a secret of 43', '43'],
  ] as const) {
    arrive(text, chat);
    const turn = queue.claim('boot');
    database.orm.$client
      .prepare('update turns set status = ? where id = ?')
      .run('done', turn?.turnId);
  }
  const { call, turn } = run('what was that address?');
  await call('send_message', { text: 'I look for the address.' });
  const { text, isError } = await call('search_history', { query: 'address' });
  expect(isError).toBe(false);
  expect(text).toBe(
    [
      'Newest first:',
      '2026-01-15T12:00:00.003Z, Claude:\nI look for the **address**.',
      '2026-01-15T12:00:00.001Z, Owner:\nthe **address** is Elm Street 5',
    ].join('\n\n'),
  );
  expect(await call('search_history', { query: 'address', limit: 1 })).toMatchObject({
    text: expect.not.stringContaining('Elm'),
  });
  expect((await call('search_history', { query: 'nowhere' })).text).toMatch(/^Nothing was found/u);
  expect(await call('search_history', { query: '?!' })).toMatchObject({ isError: true });
  const own = database.orm.select().from(messages).where(eq(messages.id, turn.messageId)).get();
  expect(text).not.toContain(own?.text);
});
