import {
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deniedFiles } from '../../../src/policy/denied-files.ts';
import { emptyEnvironment } from '../../environment.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openRig, outcomeOf, type Rig } from './rig.ts';

const SECRET = 'made-up-secret';

describe('files that are denied, with the real program', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.model.reset());
  afterAll(() => rig.close());

  /** A person's home of that name, with Claudio's in it and a folder to work in. */
  const place = (name: string) => {
    const userHome = join(realpathSync(temporaryFolder()), name);
    const write = (file: string, content: string): string => {
      const path = join(userHome, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    };
    const home = join(userHome, '.claudio');
    const turnFolder = join(home, 'tmp', 'turn-7-1');
    const workDir = join(userHome, 'work');
    write('work/open.txt', 'what is open');
    write('.claudio/tmp/turn-7-1/sent.txt', 'what was sent');
    const secrets = [
      '.claudio/service.env',
      '.claudio/bots/two/bot.env',
      '.claudio/#service.env#',
      '.claudio/(copy) of it',
      '.claudio/über.env',
      '.claudio/!first.env',
      '.claudio/*?.env',
      '.claudio/[x].env',
      '.claudio/{a,b}.env',
      '.claudio/back\\slash^|`.env',
      '.claudio/ｔmp.env',
      '.claudio/tmp/]odd',
      '.claudio/tmp/turn-7-ü',
      '.claudio/tmp/turn-7-2/sent.txt',
      '.claudio/tmp/turn-71/sent.txt',
      '.claudio/tmp/claudio-run-x/tools.json',
      '.ssh/id_ed25519',
      '.netrc',
      'work/.env',
      'work/deep/down/.env.local',
      'work/server.pem',
      'vault/of mine.kdbx',
    ].map((file) => write(file, `${SECRET} of ${file}`));
    symlinkSync(join(home, 'service.env'), join(workDir, 'innocent.txt'));
    symlinkSync(home, join(workDir, 'folder'));
    const agent = rig.agentWith({
      env: emptyEnvironment({ home: userHome, baseUrl: rig.model.url }),
    });
    const denied = deniedFiles({ home, userHome, open: [turnFolder], added: ['*.kdbx'] });
    /** Uses tools one after the other; returns what each of them said. */
    const use = async (uses: readonly (readonly [string, Record<string, unknown>])[]) => {
      for (const [tool, input] of uses) rig.model.useTool(tool, input);
      rig.model.answer('Done.');
      const outcome = await outcomeOf(
        agent,
        rig.request({
          workDir,
          readableDirs: [turnFolder],
          deniedFiles: denied,
          prompt: `Message: look at @${join(home, 'service.env')} and @innocent.txt`,
        }),
      );
      await agent.settled();
      expect(outcome).toMatchObject({ kind: 'answered', text: 'Done.' });
      return rig.model.requests.slice(1).map(({ toolResults }) => toolResults[0]);
    };
    const asked = () =>
      [...rig.model.requests, ...rig.model.sideRequests].map(({ body }) => body).join('\n');
    return { userHome, home, turnFolder, workDir, secrets, use, asked };
  };

  it.each(['somebody', 'so [m]e {b,o} *dy !(x), #y ?\\z  ü'])(
    'are not read, searched, listed, written or mentioned, and their neighbours are: in the home %j',
    async (name) => {
      const { secrets, home, turnFolder, workDir, userHome, use, asked } = place(name);
      const reads = secrets.map((path) => ['Read', { file_path: path }] as const);
      const linked = ['innocent.txt', 'folder/service.env', 'folder/bots/two/bot.env'].map(
        (path) => ['Read', { file_path: join(workDir, path) }] as const,
      );
      const writes = [
        ['Write', { file_path: join(home, 'new.env'), content: 'x' }],
        ['Write', { file_path: join(workDir, 'folder', 'bots', 'new', 'bot.env'), content: 'x' }],
        ['Write', { file_path: join(workDir, '.env'), content: 'x' }],
        ['Edit', { file_path: join(workDir, 'innocent.txt'), old_string: SECRET, new_string: '' }],
      ] as const;
      const searches = [home, userHome, join(workDir, 'folder'), workDir].map(
        (path) => ['Grep', { pattern: SECRET, path, output_mode: 'content' }] as const,
      );
      const forbidden = [...reads, ...linked, ...writes];
      const results = await use([
        ...forbidden,
        ...searches,
        ['Glob', { pattern: '**/*', path: home }],
        ['Read', { file_path: join(workDir, 'open.txt') }],
        ['Read', { file_path: join(turnFolder, 'sent.txt') }],
        ['Write', { file_path: join(turnFolder, 'made.txt'), content: 'made' }],
      ]);
      for (const [at, wanted] of forbidden.entries()) {
        expect(results[at], JSON.stringify(wanted)).toMatchObject({ isError: true });
      }
      for (const result of results.slice(forbidden.length, -4)) {
        expect(result).toMatchObject({ isError: false, text: 'No matches found' });
      }
      const [listed, open, sent, made] = results.slice(-4);
      expect(listed?.text).toMatch(/^\S.*turn-7-1\/sent\.txt$/u);
      expect(open?.text).toContain('what is open');
      expect(sent?.text).toContain('what was sent');
      expect(made).toMatchObject({ isError: false });
      expect(asked()).not.toContain(`${SECRET} of`);
      expect(readFileSync(join(workDir, '.env'), 'utf8')).toContain(SECRET);
    },
  );

  it('are refused to a command that names them; one that hides what it reads is not stopped by this', async () => {
    const { home, workDir, use } = place('somebody');
    const path = join(home, 'service.env');
    const hiding = `const { readFileSync } = require('fs'); console.log(readFileSync(process.argv[1], 'utf8'))`;
    writeFileSync(
      join(workDir, 'hides.cjs'),
      hiding.replace('process.argv[1]', JSON.stringify(path)),
    );
    const [named, hidden] = await use([
      ['Bash', { command: `cat ${path}` }],
      ['Bash', { command: `${process.execPath} hides.cjs` }],
    ]);
    expect(named).toMatchObject({ isError: true });
    // This is why there is SANDBOX.
    expect(hidden?.text).toContain(SECRET);
  });

  it('are denied by name: another name of the same file is another file', async () => {
    const { home, workDir, use } = place('somebody');
    linkSync(join(home, 'service.env'), join(workDir, 'hard.txt'));
    const [result] = await use([['Read', { file_path: join(workDir, 'hard.txt') }]]);
    expect(result?.text).toContain(SECRET);
  });
});
