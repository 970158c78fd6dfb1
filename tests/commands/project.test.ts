import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPressHandler } from '../../src/commands/presses.ts';
import { projectCommand, projectPresses } from '../../src/commands/project.ts';
import { statusCommands } from '../../src/commands/status.ts';
import { mayDo } from '../../src/policy/roles.ts';
import { createUsageReport } from '../../src/turns/usage.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { EVERYBODY } from '../support/people.ts';
import { turnWorld } from '../support/turns.ts';

function world() {
  const parts = turnWorld();
  const { conversations, projects, database } = parts;
  const root = realpathSync(parts.home);
  const bounds = { home: join(root, '.claudio'), roots: [root] };
  const places = { ...parts, bounds, defaultFolder: () => '/the/default' };
  const command = projectCommand(places);
  const usage = createUsageReport(database);
  const status = statusCommands({ ...places, usage, defaultModel: () => 'haiku' })[0];
  for (const name of ['app', 'website']) {
    mkdirSync(join(root, name));
    projects.add({ name, path: join(root, name) });
  }
  conversations.ensure(conversation());
  conversations.ensure(conversation('43'));
  return {
    ...parts,
    root,
    say: (args: string, chat?: string) =>
      command.run(inboundMessage(1, `/project ${args}`, chat), args),
    chosen: (chat?: string) => conversations.project(conversation(chat).id),
    status: () => status?.run(inboundMessage(1, '/status'), '').markdown.split('\n') ?? [],
    press: (data: string, mayChoose = true) =>
      createPressHandler({
        ...parts,
        acts: projectPresses(places),
        access: { ...EVERYBODY, may: (_, __, needs) => mayChoose || mayDo('viewer', needs) },
      })({
        kind: 'press',
        updateId: 1,
        conversation: conversation(),
        sender: { id: '42', name: 'Owner_1' },
        messageId: '7',
        messageText: 'the list',
        data,
        pressId: 'p',
      }),
    lastPart: () => database.orm.query.deliveries.findMany().sync().at(-1)?.part,
    audit: () => database.orm.query.audit.findMany().sync(),
  };
}

test('the list shows all projects, the present one, and a button for each other place', () => {
  const { say, root } = world();
  expect(say('')).toEqual({
    markdown: `• app: \`${root}/app\`\n• website: \`${root}/website\`\n➡️ **none**: \`/the/default\`\n\nTo change it: a button, or \`/project NAME\`.`,
    buttons: [
      [
        { label: 'app', data: 'project:app' },
        { label: 'website', data: 'project:website' },
      ],
    ],
  });
  say('app');
  expect(say('').markdown).toContain(`➡️ **app**: \`${root}/app\``);
  expect(
    say('')
      .buttons?.flat()
      .map(({ label }) => label),
  ).toEqual(['website', 'none']);
});

test('a name chooses for the conversation alone, none goes back, and nothing said is lost', () => {
  const { say, chosen, root, database } = world();
  expect(say(' App ').markdown).toBe(
    `From your next message on I work in **app**: \`${root}/app\`. What was said stays known.`,
  );
  expect([chosen(), chosen('43')]).toEqual(['app', null]);
  const [row] = database.orm.query.conversations.findMany().sync();
  expect(row?.historyAfterMessageId).toBe(0);
  expect(say('none').markdown).toBe('From your next message on I work in `/the/default`.');
  expect(chosen()).toBeNull();
});

test('an unknown name changes nothing and gets the one that was meant', () => {
  const { say, chosen } = world();
  expect(say('websit').markdown).toBe(
    'There is no project `websit`. Did you mean `/project website`? /project lists them.',
  );
  expect(say('quite `another`\nthing').markdown).toBe(
    'There is no project `quite another thing`. /project lists them.',
  );
  expect(chosen()).toBeNull();
});

test('a project whose folder may not be worked in is chosen with a warning', () => {
  const { say, projects, root } = world();
  symlinkSync('/', join(root, 'link'));
  projects.add({ name: 'all', path: join(root, 'link') });
  expect(say('all').markdown).toContain(
    '⚠️ It is outside of the folders that may be worked in, so nothing can run in it.',
  );
});

test('where there is no project, it says how one is added; one that was removed is told of', () => {
  const { say, projects } = world();
  say('app');
  projects.remove('app');
  projects.remove('website');
  expect(say('').markdown).toMatch(/^⚠️ This conversation is in the project `app`, which is no/u);
  expect(say('').buttons).toEqual([[{ label: 'none', data: 'project:none' }]]);
  say('none');
  expect(say('')).toMatchObject({ buttons: [] });
  expect(say('').markdown).toContain('`claudio project add NAME PATH` adds one');
});

test('a button chooses, shows the list anew, and is written down; who may not choose is refused', () => {
  const { press, chosen, lastPart, audit, projects } = world();
  expect(press('project:app', false)).toBe('You may not do that here.');
  expect(chosen()).toBeNull();
  expect(press('project:app')).toBe('Project app.');
  expect(chosen()).toBe('app');
  expect(lastPart()).toMatchObject({
    messageId: '7',
    markdown: expect.stringContaining('**app**'),
  });
  expect(press('project:none')).toBe('No project.');
  expect(chosen()).toBeNull();
  projects.remove('app');
  expect(press('project:app')).toBe('That is no longer possible.');
  expect(press('project:none')).toBe('No project.');
  expect(audit().map(({ event, decision, details }) => ({ event, decision, details }))).toEqual([
    { event: 'press.project', decision: 'refused', details: null },
    { event: 'press.project', decision: null, details: { project: 'app' } },
    { event: 'press.project', decision: null, details: { project: 'none' } },
    { event: 'press.project', decision: null, details: { project: 'none' } },
  ]);
});

test('the status shows project, folder and mode', () => {
  const { say, status, conversations, projects, root } = world();
  expect(status()).toEqual(
    expect.arrayContaining(['**Folder:** `/the/default`', '**Mode:** auto']),
  );
  say('app');
  conversations.chooseMode(conversation().id, 'ask', '42');
  expect(status().slice(1, 4)).toEqual([
    '**Project:** app',
    `**Folder:** \`${root}/app\``,
    '**Mode:** ask',
  ]);
  projects.remove('app');
  expect(status()).toContain('**Folder:** none, /project chooses one');
});
