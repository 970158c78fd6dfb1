import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { turns } from '../../drizzle/schema.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { textReply } from '../standins/model/reply.ts';
import { createBotsWorld } from './bots-world.ts';
import { holdModel, questionIn, readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

const COLLEAGUE = { id: 777, is_bot: false, first_name: 'Colleague' } as const;

test('a home of the version before, with service.env alone, goes on with its bot as main', async () => {
  const world = await createWorld();
  const { environment, home } = world;
  mkdirSync(home, { recursive: true });
  // What was in the environment of the test is in the file, as an installation has it.
  const names = Object.keys(environment).filter((name) =>
    /^(?:TELEGRAM|WEBHOOK|PORT|PROGRESS|MEMORY_ENABLED|CLAUDE_BIN|LOG_LEVEL)/u.test(name),
  );
  writeFileSync(
    join(home, 'service.env'),
    names.map((name) => `${name}="${environment[name] ?? ''}"\n`).join(''),
  );
  for (const name of names) delete environment[name];
  world.model.answer('Still here.');
  await world.start();
  await world.api.say('are you there?');
  expect((await world.api.sent(1)).map(({ text }) => text)).toEqual(['Still here.']);
});

test('bots come, change and go with HUP while a turn runs; each has its own owner, model, history and instructions, and no turn and no update is lost', async () => {
  const world = await createBotsWorld();
  const { api: main, model, home } = world;
  const work = await world.addBot('work', 2, OWNER.id);
  work.writeSettings({ MODEL: 'opus' });
  writeFileSync(join(work.folder, 'CLAUDE.md'), 'Answer as the bot of the office.');
  const service = await world.start();
  await work.api.call('the webhook of work', ({ method }) => method === 'setWebhook');
  expect(work.api.webhook?.secretToken).not.toBe(main.webhook?.secretToken);
  expect(work.api.webhook?.url).toBe(main.webhook?.url);

  // Each is answered by its own bot, with what is its own.
  model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  await main.say('from home');
  await main.sent(1);
  await work.api.say('from work');
  await work.api.sent(1);
  const [home1, work1] = model.requests;
  expect(home1?.model).toContain('haiku');
  expect(home1?.system).not.toContain('bot of the office');
  expect(work1?.model).toContain('opus');
  expect(work1?.system).toContain('Answer as the bot of the office.');
  expect(work1?.prompt).not.toContain('from home');

  // With a turn of work under way, a third bot comes, and updates come meanwhile.
  const held = holdModel(model);
  await work.api.say('take your time');
  await held.asked;
  const third = await world.addBot('third', 3, COLLEAGUE.id);
  third.writeSettings({ MODEL: 'sonnet' });
  work.writeSettings({ MODEL: 'haiku', WEBHOOK_SECRET: work.api.webhook?.secretToken ?? '' });
  const during = main.say('during it');
  service.signal('SIGHUP');
  await during;
  expect(await service.logged('config.reloaded')).toMatchObject({
    added: ['third'],
    changed: ['work'],
    removed: [],
  });
  await third.api.call('the webhook of third', ({ method }) => method === 'setWebhook');
  await third.api.deliver(third.api.updates.text('hello', { from: COLLEAGUE }));
  expect((await third.api.sent(1)).at(-1)?.text).toBe('Answer to hello');
  expect((await main.sent(2)).at(-1)?.text).toBe('Answer to during it');
  held.reply(textReply('It took a while.'));
  expect((await work.api.sent(2)).at(-1)?.text).toBe('It took a while.');
  await work.api.say('and now?');
  await work.api.sent(3);
  expect(model.requests.at(-1)?.model).toContain('haiku');

  // A fault changes nothing, and is told.
  third.writeSettings({ WEBHOOK_SECRET: 'e2e-secret' });
  service.signal('SIGHUP');
  const told = (await main.sent(3)).at(-1)?.text;
  expect(told).toContain('I go on with those from before.');
  expect(told).toContain('has the same WEBHOOK_SECRET as main: delete that line');
  expect(told).not.toContain('e2e-secret');
  await third.api.deliver(third.api.updates.text('still there?', { from: COLLEAGUE }));
  await third.api.sent(2);

  // One goes while its turn runs: the turn ends, and what it cannot say any more is a row.
  third.writeSettings();
  const last = holdModel(model);
  await work.api.say('the last one');
  await last.asked;
  await work.api.say('behind it');
  rmSync(work.folder, { recursive: true });
  service.signal('SIGHUP');
  await service.logged('config.reloaded', ({ removed }) => String(removed) === 'work');
  await work.api.call('the end of its webhook', ({ method }) => method === 'deleteWebhook');
  last.reply(textReply('To nobody.'));
  await service.logged('delivery.failed', ({ reason }) => reason === 'its bot is no longer set up');
  await main.say('are you well?');
  await main.sent(4);
  expect(work.api.sentMessages()).toHaveLength(3);
  expect(service.log.filter(({ event }) => event === 'turn.broken')).toEqual([]);

  service.signal('SIGTERM');
  expect(await service.exit).toEqual({ code: 0, signal: null });
  const rows = readDatabase(home).select().from(turns).all();
  expect(rows.map(({ status }) => status)).not.toContain('running');
  expect(rows.map(({ status }) => status)).not.toContain('queued');
  expect(JSON.stringify(service.log)).not.toContain('test-token');
});
