import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as schema from '../../drizzle/schema.ts';
import type { Role } from '../../src/core/role.ts';
import type { TurnOptions } from '../../src/core/turn.ts';
import { defaultPolicy, type Policy } from '../../src/policy/policy-file.ts';
import { createPlaces, type Placed, type TurnPlace } from '../../src/turns/place.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { EVERYBODY, testBots } from '../support/people.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { turnWorld } from '../support/turns.ts';

/** A person's home with Claudio's in it, and the places of turns. */
function world(
  options: {
    readonly role?: Role;
    readonly policy?: Partial<Policy>;
    readonly isSandboxed?: boolean;
  } = {},
) {
  const parts = turnWorld();
  const user = realpathSync(temporaryFolder());
  const home = join(user, '.claudio');
  for (const name of ['.claudio/tmp', 'code/app', 'docs', 'work']) {
    mkdirSync(join(user, name), { recursive: true });
  }
  const warnings: object[] = [];
  const places = createPlaces({
    home,
    userHome: user,
    bots: testBots({ workDir: join(user, 'work') }),
    access: { ...EVERYBODY, roleOf: () => options.role ?? 'owner' },
    conversations: parts.conversations,
    projects: parts.projects,
    bounds: { home, roots: [user] },
    policy: { current: () => ({ ...defaultPolicy('permissive'), ...options.policy }) },
    modes: parts.modes,
    isSandboxed: options.isSandboxed ?? false,
    log: { warn: (fields, message) => void warnings.push({ ...fields, message }) },
  });
  const { projects, conversations, queue, records } = parts;
  let updateId = 0;
  const placed = (given: TurnOptions = {}): Placed => {
    const message = inboundMessage((updateId += 1), 'x');
    conversations.ensure(message.conversation);
    const outcome = queue.enqueue(message, 'haiku', given);
    if (outcome.kind !== 'queued') throw new Error('full');
    return places(records.turn(outcome.turnId), message.conversation);
  };
  return {
    ...parts,
    user,
    home,
    warnings,
    places,
    placed,
    place: (given?: TurnOptions): TurnPlace => {
      const found = placed(given);
      if (found.kind === 'refused') throw new Error(found.sentence);
      return found.place;
    },
    sentence: (given?: TurnOptions): string => {
      const found = placed(given);
      if (found.kind === 'placed') throw new Error(`placed in ${found.place.workDir}`);
      return found.sentence;
    },
    choose: (name: string, path: string): void => {
      conversations.ensure(conversation());
      projects.add({ name, path });
      conversations.chooseProject(conversation().id, name);
    },
  };
}

test('a turn works where its conversation was put, by the real path; one of its own goes before', () => {
  const { place, choose, projects, user } = world();
  expect(place()).toMatchObject({ project: null, workDir: join(user, 'work'), folders: [] });
  symlinkSync(join(user, 'code', 'app'), join(user, 'link'));
  choose('app', join(user, 'link'));
  expect(place()).toMatchObject({ project: 'app', workDir: join(user, 'code', 'app') });
  projects.add({ name: 'docs', path: join(user, 'docs') });
  expect(place({ project: 'docs' })).toMatchObject({
    project: 'docs',
    workDir: join(user, 'docs'),
  });
});

test('a project that is a link to / by now runs nothing, and the person reads why', () => {
  const { sentence, place, choose, user, warnings } = world();
  choose('app', join(user, 'code', 'app'));
  place();
  renameSync(join(user, 'code', 'app'), join(user, 'code', 'former'));
  symlinkSync('/', join(user, 'code', 'app'));
  expect(sentence()).toBe(
    'The folder of the project `app` is outside of the folders that may be worked in, so nothing was run. Another one can be chosen with /project.',
  );
  expect(warnings).toEqual([
    { project: 'app', reason: 'outside', message: 'turn.project-refused' },
  ]);
  rmSync(join(user, 'code', 'app'));
  expect(sentence()).toContain('is not there');
  symlinkSync(join(user, '.claudio', 'tmp'), join(user, 'code', 'app'));
  expect(sentence()).toContain('is Claudio’s own folder');
});

test('a project that was removed runs nothing; neither is it quietly another folder', () => {
  const { sentence, choose, projects, user } = world();
  choose('website', join(user, 'code', 'app'));
  projects.remove('website');
  projects.add({ name: 'websites', path: join(user, 'docs') });
  expect(sentence()).toBe(
    'There is no project `website`, so nothing was run. Did you mean `websites`? /project shows those that there are.',
  );
});

test('the folder that is configured needs no root, and where it is not there the agent says so', () => {
  const { place, user } = world();
  rmSync(join(user, 'work'), { recursive: true });
  expect(place().workDir).toBe(join(user, 'work'));
  symlinkSync('/', join(user, 'work'));
  expect(place().workDir).toBe('/');
});

test('a role with folders works within them and nowhere else; those outside of the roots are left out', () => {
  const folder = realpathSync(temporaryFolder());
  const roles = { member: { folders: [folder] } };
  const { sentence, warnings } = world({ role: 'member', policy: { roles } });
  expect(sentence()).toBe(
    'As a member you may not work in the folder of this conversation, so nothing was run. Its owner decides which folders that is: `policy.json`, or /project.',
  );
  const message = 'turn.folder-left-out';
  expect(warnings).toEqual([{ role: 'member', folder, reason: 'outside', message }]);
  expect(world({ role: 'owner', policy: { roles } }).place().folders).toEqual([]);
});

test('whoever may only look, or has folders, keeps to them with the tools for files', () => {
  expect(world().place().isConfined).toBe(false);
  expect(world({ role: 'member' }).place().isConfined).toBe(false);
  expect(world({ role: 'viewer' }).place().isConfined).toBe(true);
  const roles: Record<string, { folders: string[] }> = {};
  const { user, place } = world({ role: 'member', policy: { roles } });
  roles['member'] = { folders: [user] };
  expect(place()).toMatchObject({ isConfined: true, folders: [user] });
});

test('folders of a role are given with links resolved, beside the one that is worked in', () => {
  const roles: Record<string, { folders: string[] }> = {};
  const { place, user } = world({ role: 'member', policy: { roles } });
  symlinkSync(join(user, 'docs'), join(user, 'link'));
  roles['member'] = { folders: [join(user, 'work'), join(user, 'link'), join(user, 'nowhere')] };
  expect(place()).toMatchObject({ workDir: join(user, 'work'), folders: [join(user, 'docs')] });
});

test('of the tools of a role and those of a turn, a turn gets what both have', () => {
  const tools = { tools: ['Read', 'Bash'] };
  const { place } = world({ role: 'member', policy: { roles: { member: tools } } });
  expect(place().tools).toEqual(['Read', 'Bash']);
  expect(place({ tools: ['Bash(git log:*)', 'Write'] }).tools).toEqual(['Bash(git log:*)']);
  expect(world().place().tools).toBeNull();
  const viewer = world({ role: 'viewer' }).place({ mode: 'auto' });
  expect(viewer.mode).toBe('plan');
  expect(viewer.tools).not.toContain('Bash');
});

test('Claudio’s own files are denied to each turn, but for the folder of that one', () => {
  const { place, home } = world({ policy: { deniedFiles: ['*.kdbx'] } });
  const { deniedFiles } = place();
  expect(deniedFiles).toContain(`/${home}/tmp?*`);
  expect(deniedFiles).toContain(`/${home}/tmp/turn-1-0?*`);
  expect(deniedFiles).not.toContain(`/${home}/tmp/turn-1-0`);
  expect(deniedFiles).toContain('//**/*.kdbx');
  expect(deniedFiles).toContain('//**/.env');
});

test.each<[string | null, Role | null]>([
  ['shell', 'owner'],
  [null, 'member'],
  ['77', 'viewer'],
])('a turn of %j runs as %s: of nobody knows whom no more than as a member', (personId, role) => {
  const { placed, records, database, places } = world({ role: 'viewer' });
  placed();
  database.orm.update(schema.turns).set({ personId }).run();
  const found = places(records.turn(1), conversation());
  expect(found).toMatchObject({ kind: 'placed', place: { role } });
});
