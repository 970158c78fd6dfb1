import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claudio } from '../cli/claudio.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { createBotsWorld } from './bots-world.ts';

test('a further bot is installed, used, changed and taken away from the shell while the service runs', async () => {
  const world = await createBotsWorld({ claude: 'instant' });
  const { environment: env } = world;
  const service = await world.start();
  const { api, folder } = await world.addBot('work', 2, OWNER.id);
  const file = join(folder, 'bot.env');
  const run = async (args: string, stdin = '') => {
    const ended = await claudio(args.split(' '), env, stdin);
    return { code: ended.code, told: `${ended.stdout}\n${ended.stderr}` };
  };
  const install = (name: string, token: string) =>
    run(`install --bot ${name} --token-stdin --chat-id ${OWNER.id} --yes`, token);

  // Neither a name that is none, nor a bot that is one already.
  expect(await install('../work', api.token)).toMatchObject({
    code: 1,
    told: expect.stringContaining('is no name for a bot') as string,
  });
  expect(await install('work', world.api.token)).toMatchObject({
    code: 1,
    told: expect.stringContaining('@claudio_test_bot is the bot main already') as string,
  });
  expect(existsSync(file)).toBe(false);

  const installed = await install('work', api.token);
  expect(installed.told).toContain('The service answers as the bot work too.');
  expect(installed.code).toBe(0);
  expect(installed.told).not.toContain(api.token);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readFileSync(file, 'utf8')).toContain(
    `WEBHOOK_SECRET="${api.webhook?.secretToken ?? ''}"`,
  );
  await api.say('hello');
  await api.sent(2);
  expect((await install('work', api.token)).told).toContain('is the bot work already');

  const { told } = await run('status');
  expect(told).toMatch(new RegExp(`bot main +owner ${OWNER.id}: registered, nothing waits`, 'u'));
  expect(told).toMatch(new RegExp(`bot work +owner ${OWNER.id}: registered, nothing waits`, 'u'));
  expect((await run('doctor')).told).toContain('@work_test_bot');

  expect((await run('send --bot work from-the-shell')).code).toBe(0);
  expect((await api.sent(3)).at(-1)?.text).toBe('from-the-shell');
  expect((await run('send --bot nobody x')).told).toContain('There is: main, work.');
  expect((await run('config set PORT 1 --bot work')).code).toBe(1);
  expect((await run('config set MODEL opus --bot work')).told).toContain('`claudio reload`');
  expect((await run('config get MODEL --bot work')).told).toContain('opus');
  expect((await run('reload')).code).toBe(0);
  await service.logged('config.reloaded', ({ changed }) => String(changed) === 'work');

  expect((await run('uninstall --bot main --yes')).code).toBe(1);
  expect((await run('uninstall --bot work --yes')).code).toBe(0);
  expect(existsSync(folder)).toBe(false);
  expect(api.webhook).toBeNull();
  await world.api.say('and you?');
  await world.api.sent(1);
});
