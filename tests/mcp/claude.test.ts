import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openRig, outcomeOf } from '../agent/claude/rig.ts';
import { toolWorld } from './world.ts';

test('the real Claude Code finds the tools and uses them: a word, a file, a question that is answered later', async () => {
  const rig = await openRig();
  onTestFinished(rig.close);
  const world = await toolWorld({ keepAliveMs: 50 });
  const { server, isWaitingForPerson, turn } = world.run();
  writeFileSync(join(world.workDir, 'report.txt'), 'all is well');

  rig.model.useTool('mcp__claudio__send_message', { text: 'I am on it.' });
  rig.model.useTool('mcp__claudio__send_file', { paths: ['report.txt'], caption: 'Here.' });
  rig.model.useTool('mcp__claudio__send_file', { paths: ['/etc/passwd'] });
  rig.model.useTool('mcp__claudio__ask_user', { question: 'Go on?', options: ['Yes', 'No'] });
  rig.model.answer('Done.');
  const running = outcomeOf(
    rig.agent,
    rig.request({ workDir: world.workDir, toolServer: server, isWaitingForPerson }),
  );
  await expect.poll(isWaitingForPerson, { timeout: 60_000 }).toBe(true);
  const id = world.questions.openFor(turn.conversationId)?.id ?? 0;
  world.questions.answer(id, { text: 'Yes', by: 'Owner' });
  world.questions.wake();

  expect(await running).toMatchObject({ kind: 'answered', text: 'Done.', deniedTools: [] });
  const offered = rig.model.requests[0]?.tools ?? [];
  expect(offered.filter((name) => name.startsWith('mcp__claudio__'))).toHaveLength(6);
  expect(rig.model.requests.slice(1).map(({ toolResults }) => toolResults)).toEqual([
    [{ text: 'The message is on its way.', isError: false, pictures: [] }],
    [{ text: 'On its way: report.txt.', isError: false, pictures: [] }],
    [{ text: expect.stringMatching(/is outside of the folders/u), isError: true, pictures: [] }],
    [{ text: 'Owner answered: Yes', isError: false, pictures: [] }],
  ]);
  expect(world.deliveries().map(({ part }) => part['markdown'])).toEqual([
    'I am on it.',
    'Here.',
    '❓ Go on?',
  ]);
});

test('the real Claude Code goes on when the tools are closed under its question', async () => {
  const rig = await openRig();
  onTestFinished(rig.close);
  const world = await toolWorld();
  const { server, isWaitingForPerson, close } = world.run();
  rig.model.useTool('mcp__claudio__ask_user', { question: 'Go on?' });
  rig.model.answer('Nobody there.');
  const running = outcomeOf(
    rig.agent,
    rig.request({ workDir: world.workDir, toolServer: server, isWaitingForPerson }),
  );
  await expect.poll(isWaitingForPerson, { timeout: 60_000 }).toBe(true);
  close();
  expect(await running).toMatchObject({ kind: 'answered', text: 'Nobody there.' });
  expect(rig.model.requests[1]?.toolResults).toEqual([
    { text: expect.stringMatching(/turn is over/u), isError: true, pictures: [] },
  ]);
});
