import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { textReply } from '../standins/model/reply.ts';
import { questionIn, readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

const GROUP = -1_009;
const MEMBER = { id: 2_001, is_bot: false, first_name: 'Mia' };

test('/deploy production asks first: a member cannot say yes, the owner can, once, and a broken commands.json changes nothing', async () => {
  const world = await createWorld();
  world.environment['TELEGRAM_ALLOWED_USERS'] = String(MEMBER.id);
  const file = join(world.home, 'commands.json');
  await world.start();
  const { api } = world;
  await expect.poll(() => existsSync(file)).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toContain('"name": "deploy"');

  // A second command would be in force at once, if the file were right.
  writeFileSync(file, `${readFileSync(file, 'utf8').trimEnd().slice(0, -1)}, { "name": "x" ]`);
  await api.deliver(api.updates.text('/deploy production', { chat: GROUP }));
  const question = await api.message('the question', ({ text }) => text.startsWith('❓ Deploy'));
  expect(question.text).toBe(
    '❓ Deploy to production?\n\nIn the usual folder, asked for by Owner with /deploy. This counts for five minutes.',
  );
  await api.message(
    'the fault',
    ({ text, chatId }) => chatId === OWNER.id && text.startsWith('commands.json cannot be used.'),
  );

  const pressed = async (from: typeof MEMBER) => {
    const update = api.updates.press(question, 'confirm:1', { from, stale: true });
    await api.deliver(update);
    const { answers } = await api.until('the answer to a press', () => {
      const made = api.presses.get(update.callback_query?.id ?? '');
      return made !== undefined && made.answers.length > 0 ? made : undefined;
    });
    return answers[0]?.text;
  };
  world.model.answer('Version 7 is out.');
  expect(await pressed(MEMBER)).toBe('You may not do that here.');
  expect(world.model.requests).toHaveLength(0);
  expect(await pressed(OWNER)).toBe('On it.');
  await api.message('the answer', ({ text }) => text === 'Version 7 is out.');
  expect(await pressed(OWNER)).toBe('That is no longer possible.');
  await api.message('the decision', ({ text }) => text.endsWith('✅ Confirmed by Owner.'));

  expect(world.model.requests).toHaveLength(1);
  const [request] = world.model.requests;
  if (request === undefined) throw new Error('nothing was asked');
  expect(questionIn(request)).toMatch(
    /^<claudio-command name="deploy">\nDeploy this project to the production environment, [^<]+\n<\/claudio-command>$/u,
  );
  expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
    { status: 'done', personId: String(OWNER.id) },
  ]);
});

test('/git lets Claude run that one command and nothing beside it', async () => {
  const world = await createWorld();
  execFileSync('git', ['init', '-q', world.userHome], { stdio: 'ignore' });
  const { api, model } = world;
  await world.start();
  const results: string[] = [];
  const tell = (prefix: string) =>
    model.answerWith(({ toolResults }) => {
      results.push(toolResults.at(-1)?.text ?? 'nothing');
      return textReply(`${prefix} done.`);
    });
  model.useTool('Bash', { command: 'git status --short --branch' });
  tell('First');
  await api.say('/git status --short --branch');
  await api.message('the answer', ({ text }) => text.startsWith('First done.'));
  model.useTool('Bash', { command: 'git status --short --branch > stolen.txt' });
  tell('Second');
  await api.say('/git status --short --branch');
  await api.message('the second answer', ({ text }) => text.startsWith('Second done.'));
  model.useTool('Bash', { command: 'git log --output=stolen.txt' });
  tell('Third');
  await api.say('/git log');
  await api.message('the third answer', ({ text }) => text.startsWith('Third done.'));
  expect(results[0]).toMatch(/^## /u);
  expect(results.slice(1).join('\n')).toMatch(/permission|approval|not allowed/iu);
  expect(existsSync(join(world.userHome, 'stolen.txt'))).toBe(false);
});
