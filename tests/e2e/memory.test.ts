import { expect, test } from 'vitest';
import { memoryCalls } from '../../drizzle/schema.ts';
import { readDatabase } from './inspect.ts';
import { createMemoryWorld, databaseHolds, stopped } from './memory-world.ts';
import { labelsOf, press } from './person.ts';

const TOPIC = { thread: 7 };
const GROUP = { chat: -1_001 };
/** Stands in a memory alone: neither in what was said nor in what the commands show, which is cut before it. */
const OWN_WORD = 'Zyzzogeton';
const CONTEXT = `The former one was rented together with the two rooms in the old building at the harbour, and the contract for all of that could not be prolonged again this year. The new machine is called ${OWN_WORD}.`;

function ownOf(tools: readonly string[]): readonly string[] {
  return tools.filter((tool) => /__(?:remember|recall|forget)$/u.test(tool));
}

test('what was told in one conversation is in the prompt of the next one after a restart, and gone after /forget', async () => {
  const world = await createMemoryWorld();
  world.finds({
    kind: 'episodic',
    text: 'The staging server was moved to another machine.',
    context: CONTEXT,
    outcome: 'It runs there since.',
    importance: 0.8,
  });
  const first = await world.start();
  await world.ask('I have moved the staging server today', TOPIC);
  await first.logged('memory.consolidated');
  expect(world.looks.map(({ tools }) => tools)).toEqual([[]]);
  expect(world.looks[0]?.prompt).toContain('I have moved the staging server today');
  await stopped(first);
  expect(databaseHolds(world.home, OWN_WORD)).toBe(true);

  const second = await world.start();
  const { prompt } = await world.ask('where does the staging server run?');
  expect(prompt).toMatch(
    new RegExp(
      [
        '<claudio-memories>',
        String.raw`<claudio-memory id="1" kind="episode" at="\d{4}-\d{2}-\d{2}">`,
        String.raw`The staging server was moved to another machine\.`,
        `Context: ${CONTEXT}`,
        String.raw`Outcome: It runs there since\.`,
        '</claudio-memory>',
        String.raw`</claudio-memories>\n\nThe message to answer:`,
      ].join(String.raw`\n`),
      'u',
    ),
  );
  const told = (await world.command('/memory')).text;
  expect(told).toContain('The staging server was moved to another machine.');
  expect(told).toMatch(/^From: “I have moved the staging server today” \(Owner, \d\d:\d\d\)$/mu);
  expect(told).toMatch(/^Why: shares words with your message/mu);
  expect(told).not.toContain(OWN_WORD);

  const question = await world.command('/forget staging');
  expect(question.text).toContain('The staging server was moved to another machine.');
  expect(await press(world, question, labelsOf(question)[0] ?? '')).toBe('Forgotten.');
  const afterwards = await world.ask('and where does the staging server run now?');
  expect(afterwards.prompt).not.toContain('claudio-memor');
  expect(afterwards.text).not.toContain(OWN_WORD);
  expect((await world.command('/memory')).text).not.toContain('moved to another machine');
  await stopped(second);
  expect(databaseHolds(world.home, OWN_WORD)).toBe(false);
});

test('what is told with /remember is known at once, in every topic of the chat', async () => {
  const world = await createMemoryWorld();
  await world.start();
  expect((await world.command('/remember Deploys go out on Tuesdays')).text).toContain('remember');
  const { prompt, system } = await world.ask('when do deploys go out?', TOPIC);
  expect(prompt).toMatch(
    /<claudio-memory id="1" kind="fact" at="[\d-]{10}" confidence="0\.95">\nDeploys go out on Tuesdays\n</u,
  );
  expect(system).toContain('<claudio-memories> holds');
  expect((await world.command('/memory', TOPIC)).text).toContain('Deploys go out on Tuesdays');
});

test('with MEMORY_ENABLED=0 nothing is looked through or recalled, no tool is offered, and the commands say so', async () => {
  const world = await createMemoryWorld();
  const on = await world.start();
  await world.command('/remember Deploys go out on Tuesdays');
  const { tools: toolsBefore } = await world.ask('when do deploys go out?');
  expect(ownOf(toolsBefore)).toHaveLength(3);
  await on.logged('memory.consolidated');
  await stopped(on);

  world.environment['MEMORY_ENABLED'] = '0';
  const service = await world.start();
  const { prompt, system, tools } = await world.ask('when do deploys go out?', TOPIC);
  expect(prompt).not.toMatch(/claudio-memor|Tuesdays/u);
  expect(system).not.toContain('claudio-memor');
  expect(ownOf(tools)).toEqual([]);
  for (const command of ['/memory', '/remember tea', '/forget tea']) {
    expect((await world.command(command)).text, command).toContain('MEMORY_ENABLED');
  }
  await stopped(service);
  expect(world.looks).toHaveLength(1);
  expect(readDatabase(world.home).select().from(memoryCalls).all()).toHaveLength(1);
});

test('after /memory off a conversation is neither reminded of anything nor learned from; the others are', async () => {
  const world = await createMemoryWorld();
  const service = await world.start();
  await world.command('/remember Deploys go out on Tuesdays');
  expect((await world.command('/memory off')).text).toContain('off in this conversation');
  const off = await world.ask('when do deploys go out?');
  expect(off.prompt).not.toMatch(/claudio-memor|Tuesdays/u);
  expect(off.system).not.toContain('claudio-memor');

  const on = await world.ask('when do deploys go out, in this topic?', TOPIC);
  expect(on.prompt).toContain('Deploys go out on Tuesdays');
  await service.logged('memory.consolidated');
  await stopped(service);
  expect(world.looks).toHaveLength(1);
  expect(world.looks[0]?.prompt).toContain('in this topic?');
  expect(world.looks[0]?.prompt).not.toContain('when do deploys go out?');
});

test('a group never hears what was told in private, nor the other way round', async () => {
  const world = await createMemoryWorld();
  world.finds({ kind: 'semantic', text: 'Deploys of the owner wait for Sundays.' });
  const service = await world.start();
  await world.ask('mine wait for Sundays');
  await service.logged('memory.consolidated');
  await world.command('/remember Deploys go out on Tuesdays');
  await world.command('/remember Deploys of this group go out on Fridays', GROUP);

  const inGroup = await world.ask('@claudio_test_bot when do deploys go out?', GROUP);
  expect(inGroup.prompt).toContain('on Fridays');
  expect(inGroup.text).not.toMatch(/Tuesdays|Sundays/u);
  const inPrivate = await world.ask('when do deploys go out?');
  expect(inPrivate.prompt).toMatch(/Tuesdays/u);
  expect(inPrivate.prompt).toContain('Sundays');
  expect(inPrivate.text).not.toContain('Fridays');
  for (const command of ['/memory', '/memory search deploys', '/forget deploys']) {
    const { text } = await world.command(command, GROUP);
    expect(text, command).toContain('on Fridays');
    expect(text, command).not.toMatch(/Tuesdays|Sundays/u);
  }
});
