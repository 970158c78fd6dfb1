import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Mode } from '../../../src/core/mode.ts';
import { emptyEnvironment } from '../../environment.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openRig, outcomeOf, type Rig } from './rig.ts';
import { startToolServer } from './tool-server.ts';

const SECRET = 'made-up-secret';

function put(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const reads = (folder: string) =>
  [
    ['Read', { file_path: join(folder, 'deep', 'known.txt') }],
    ['Grep', { pattern: 'known-', path: folder, output_mode: 'content' }],
    ['Glob', { pattern: '**/*.txt', path: folder }],
  ] as const;
const write = (path: string) => ['Write', { file_path: path, content: 'made' }] as const;
const edit = (path: string) =>
  ['Edit', { file_path: path, old_string: 'known', new_string: 'changed' }] as const;

describe('a run that is kept to its folders, with the real program', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.model.reset());
  afterAll(() => rig.close());

  /** A folder to work in, one beside it, that of the turn, and what is none of theirs. */
  const setUp = async () => {
    const claudio = await startToolServer(
      'claudio',
      () => 'Seen.',
      () => ({ behavior: 'deny', message: 'Nobody can be asked.' }),
    );
    onTestFinished(() => claudio.close());
    const user = realpathSync(temporaryFolder());
    const [workDir, docs, turn, outside] = ['work', 'docs é', 'turn', 'private'].map((name) => {
      put(join(user, name, 'deep', 'known.txt'), `known-${name === 'private' ? SECRET : 'open'}`);
      return join(user, name);
    }) as [string, string, string, string];
    put(join(`${workDir}s`, 'known.txt'), SECRET);
    symlinkSync(outside, join(workDir, 'folder'));
    symlinkSync(join(outside, 'deep', 'known.txt'), join(workDir, 'innocent.txt'));
    symlinkSync(join(outside, 'not-yet.txt'), join(workDir, 'dangling.txt'));
    const agent = rig.agentWith({ env: emptyEnvironment({ home: user, baseUrl: rig.model.url }) });
    const use = async (
      mode: Mode,
      uses: readonly (readonly [string, Record<string, unknown>])[],
      tools?: readonly string[],
    ) => {
      for (const [tool, input] of uses) rig.model.useTool(tool, input);
      rig.model.answer('Done.');
      const request = rig.request({
        workDir,
        readableDirs: [docs, turn],
        toolServer: claudio,
        mode,
        isConfined: true,
        ...(tools === undefined ? {} : { tools }),
      });
      expect(await outcomeOf(agent, request)).toMatchObject({ kind: 'answered', text: 'Done.' });
      return rig.model.requests.slice(1).map(({ toolResults }) => toolResults[0]);
    };
    return { user, workDir, docs, turn, outside, use };
  };

  it.each(['auto', 'plan'] as const)(
    '%s: what is outside is neither read, searched, listed nor written, by no way; the folders are',
    async (mode) => {
      const { user, workDir, docs, turn, outside, use } = await setUp();
      const inside = [workDir, docs, turn].flatMap(reads);
      const forbidden = [
        ...[outside, join(workDir, 'folder'), `${workDir}/../private`].flatMap(reads),
        ['Read', { file_path: join(workDir, 'innocent.txt') }],
        ['Read', { file_path: `${workDir}s/known.txt` }],
        ['Read', { file_path: '~/private/deep/known.txt' }],
        ['Read', { file_path: join('/proc/self/cwd', '..', 'private', 'deep', 'known.txt') }],
        ['Grep', { pattern: SECRET, path: user, output_mode: 'content' }],
        ['Grep', { pattern: SECRET, path: '/proc/self/cwd/../private', output_mode: 'content' }],
        ['Grep', { pattern: SECRET, glob: '../**', output_mode: 'content' }],
        ['Grep', { pattern: SECRET, path: workDir, glob: 'folder/**', output_mode: 'content' }],
        ['Glob', { pattern: `${outside}/**/*.txt` }],
        ['Glob', { pattern: '../private/**/*.txt' }],
        ['Glob', { pattern: 'folder/**/*.txt' }],
        ['Glob', { pattern: '{../private,x}/**/*.txt' }],
      ] as const;
      const results = await use(mode, [...inside, ...forbidden]);
      for (const [at, wanted] of inside.entries()) {
        expect(results[at], JSON.stringify(wanted)).toMatchObject({ isError: false });
        expect(results[at]?.text, JSON.stringify(wanted)).toContain('known');
      }
      const refused = results.slice(inside.length);
      expect(refused).toHaveLength(forbidden.length);
      for (const [at, wanted] of forbidden.entries()) {
        expect(refused[at]?.text, JSON.stringify(wanted)).not.toMatch(/made-up|known\.txt\n|deep/u);
      }
    },
  );

  it('auto: files are written in the folders and nowhere else, and the folder can say nothing to it', async () => {
    const { workDir, docs, turn, outside, use } = await setUp();
    const poison = {
      permissions: { allow: ['Write', 'Edit', 'Read'], additionalDirectories: [outside] },
    };
    put(join(workDir, '.claude', 'settings.json'), JSON.stringify(poison));
    const target = join(outside, 'deep', 'known.txt');
    const allowed = [workDir, docs, turn].map((folder) => join(folder, 'new.txt'));
    const forbidden = [
      join(outside, 'new.txt'),
      join(workDir, 'folder', 'new.txt'),
      join(workDir, 'dangling.txt'),
      `${workDir}/../private/new.txt`,
      `${workDir}s/new.txt`,
    ];
    const results = await use('auto', [
      ...allowed.map(write),
      ...forbidden.map(write),
      edit(target),
      edit(join(workDir, 'innocent.txt')),
    ]);
    expect(results.map((result) => result?.isError)).toEqual([
      ...allowed.map(() => false),
      ...forbidden.map(() => true),
      true,
      true,
    ]);
    for (const path of allowed) expect(readFileSync(path, 'utf8')).toBe('made');
    for (const path of forbidden) expect(existsSync(path), path).toBe(false);
    expect(existsSync(join(outside, 'not-yet.txt'))).toBe(false);
    expect(readFileSync(target, 'utf8')).toContain('known');
  });

  it('a list of tools narrows it down further, and a part that it names by itself counts as it stands', async () => {
    const { workDir, outside, use } = await setUp();
    const open = put(join(outside, 'shown', 'known.txt'), 'known-open');
    const results = await use(
      'auto',
      [
        ['Read', { file_path: join(workDir, 'deep', 'known.txt') }],
        ['Read', { file_path: open }],
        ['Read', { file_path: join(outside, 'deep', 'known.txt') }],
      ],
      ['Read', `Read(/${join(outside, 'shown')}/**)`],
    );
    expect(results.map((result) => result?.isError)).toEqual([false, false, true]);
    expect(rig.model.requests[0]?.tools).not.toContain('Write');
  });
});
