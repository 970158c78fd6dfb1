import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSandbox } from '../../src/agent/claude/sandbox.ts';
import { claudio } from '../cli/claudio.ts';
import { press, said, write } from './person.ts';
import { createWorld } from './service.ts';

const SECRET = 'made-up-secret-of-the-file';

/** A service with a project, and a secret in its `service.env`. */
async function placesWorld() {
  const world = await createWorld();
  const { userHome, home, environment } = world;
  mkdirSync(home);
  writeFileSync(join(home, 'service.env'), `# ${SECRET}\n`, { mode: 0o600 });
  const code = join(userHome, 'code');
  mkdirSync(code);
  writeFileSync(join(code, 'read.me'), 'what the project is');
  return {
    ...world,
    code,
    project: (...args: string[]) => claudio(['project', ...args], environment),
  };
}

test('a conversation works in its project, sees nothing of Claudio’s files, and nowhere once the project leads to /', async () => {
  const world = await placesWorld();
  const { code, home, model, project } = world;
  symlinkSync(join(home, 'service.env'), join(code, 'innocent.txt'));
  await world.start();
  expect((await project('add', 'app', code)).code).toBe(0);
  await write(world, '/project');
  const list = await world.api.message('the list', ({ text }) => text.includes('app'));
  expect(await press(world, list, 'app')).toBe('Project app.');

  model.useTool('Bash', { command: 'pwd; ls' });
  model.useTool('Read', { file_path: join(home, 'service.env') });
  model.useTool('Read', { file_path: join(code, 'innocent.txt') });
  model.useTool('Grep', {
    pattern: 'made.up.secret',
    path: world.userHome,
    output_mode: 'content',
  });
  model.answer('There is nothing.');
  await write(world, 'what is in there?');
  await world.api.message('the answer', ({ text }) => text.startsWith('There is nothing.'));
  const [where, named, linked, found] = model.requests
    .slice(1)
    .map(({ toolResults }) => toolResults[0]);
  expect(where?.text).toBe(`${code}\ninnocent.txt\nread.me`);
  expect([named?.isError, linked?.isError]).toEqual([true, true]);
  expect(found?.text).toBe('No matches found');
  const asked = [...model.requests, ...model.sideRequests].map(({ body }) => body);
  expect(asked.join()).not.toContain(SECRET);

  const count = model.requests.length;
  renameSync(code, join(world.userHome, 'former'));
  symlinkSync('/', code);
  await write(world, 'and now?');
  const refused = await world.api.message('the refusal', ({ text }) => text.includes('outside'));
  expect(refused.text).toContain(
    'The folder of the project app is outside of the folders that may be worked in, so nothing was run.',
  );
  expect(model.requests).toHaveLength(count);
});

test('in a sandbox a command finds the project and not Claudio; without one nothing is run', async () => {
  const world = await placesWorld();
  const { code, home, model, environment, project } = world;
  environment['SANDBOX'] = 'bubblewrap';
  const fault = await createSandbox({ env: environment, hidden: [] }).fault();
  expect((await project('list')).code).not.toBe(78);
  await world.start();
  await project('add', 'app', code);
  await write(world, '/project app');
  await world.api.message('the choice', ({ text }) => text.includes('I work in app'));

  const file = join(home, 'service.env');
  writeFileSync(join(code, 'look.sh'), `cat ${file}; ls -A ${world.userHome}; cat read.me`);
  model.useTool('Bash', { command: 'sh look.sh' });
  model.answer('Looked.');
  await write(world, 'look around');
  if (fault !== null) {
    await world.api.message('the refusal', ({ text }) => text.startsWith('The sandbox that'));
    expect(model.requests).toEqual([]);
    return;
  }
  await said(world, 'Looked.');
  const text = model.requests[1]?.toolResults[0]?.text ?? '';
  expect(text).toContain('No such file or directory');
  expect(text).toContain('what the project is');
  expect(text).not.toContain(SECRET);
  expect(text.split('\n')).toEqual(expect.arrayContaining(['.claudio', 'code']));
});
