import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { claudeArguments } from '../../../src/agent/claude/arguments.ts';
import { permissionsOf } from '../../../src/agent/claude/permissions.ts';
import { testLog } from '../../support/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { aliveWith, eventsOf, kindOf, openRig, outcomeOf, type Rig } from './rig.ts';
import { startToolServer, type ToolServerStandin } from './tool-server.ts';

const serverOf = async (
  name: string,
  result: () => string | Promise<string>,
): Promise<ToolServerStandin> => {
  const server = await startToolServer(name, result);
  onTestFinished(() => server.close());
  return server;
};

/** A folder outside of the working folder, with a file in it. */
const folderWith = (name: string, content: string): { dir: string; path: string } => {
  const dir = join(temporaryFolder(), name);
  const path = join(dir, 'file.txt');
  mkdirSync(dir);
  writeFileSync(path, content);
  return { dir, path };
};

it('the argument vector holds what a run is given, each value joined to its flag', () => {
  const permissions = permissionsOf({
    tools: ['Read', 'Bash(git log:*)', 'Bash(ls:*)'],
    limit: null,
    mode: 'auto',
    deniedFiles: [],
    folders: null,
    toolServer: { name: 'claudio' },
  });
  expect(
    claudeArguments({
      model: 'opus',
      permissions,
      settingsPath: null,
      systemPromptPath: '/tmp/run/system-prompt.md',
      readableDirs: ['/tmp/one', '/tmp/two, three'],
      toolServer: { name: 'claudio', configPath: '/tmp/run/tools.json' },
    }),
  ).toEqual([
    '-p',
    '--output-format=stream-json',
    '--verbose',
    '--include-partial-messages',
    '--model=opus',
    '--tools=Read,Bash',
    '--allowedTools=Read,Bash(git log:*),Bash(ls:*),mcp__claudio__*',
    '--disable-slash-commands',
    '--no-chrome',
    '--no-session-persistence',
    '--add-dir=/tmp/one',
    '--add-dir=/tmp/two, three',
    '--mcp-config=/tmp/run/tools.json',
    '--append-system-prompt-file=/tmp/run/system-prompt.md',
  ]);
});

describe('what the real program is given', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.model.reset());
  afterAll(() => rig.close());

  const runFolders = (): string[] =>
    readdirSync(rig.home).filter((name) => name.startsWith('claudio-run-'));

  describe('folders to read', () => {
    const tools = ['Read(./notes/**)'];

    it('may be read in, whatever their names, where only some of the working folder may', async () => {
      const folders = ['plain', 'of two words', '--model', 'a,b'].map((name) =>
        folderWith(name, `what ${name} holds`),
      );
      for (const { path } of folders) rig.model.useTool('Read', { file_path: path });
      rig.model.answer('Read.');
      const readableDirs = folders.map(({ dir }) => dir);
      const outcome = await outcomeOf(rig.agentWith({ tools }), rig.request({ readableDirs }));
      expect(outcome).toMatchObject({ kind: 'answered', text: 'Read.', deniedTools: [] });
      const results = rig.model.requests.slice(1).map(({ toolResults }) => toolResults[0]?.text);
      for (const [at, name] of ['plain', 'of two words', '--model', 'a,b'].entries()) {
        expect(results[at]).toContain(`what ${name} holds`);
      }
    });

    it('are the only ones: another folder is refused', async () => {
      const given = folderWith('given', 'what is given');
      const other = folderWith('other', 'what is not');
      rig.model.useTool('Read', { file_path: other.path });
      rig.model.answer('Refused.');
      const request = rig.request({ readableDirs: [given.dir] });
      expect(await outcomeOf(rig.agentWith({ tools }), request)).toMatchObject({
        deniedTools: ['Read'],
      });
      expect(rig.model.requests[1]?.toolResults).toMatchObject([{ isError: true }]);
    });
  });

  describe('a server of tools', () => {
    it('has its tool called with the token, unasked, and its result reaches the model', async () => {
      const toolServer = await serverOf('claudio', () => 'Seen: 42.');
      rig.model.useTool('mcp__claudio__look', {});
      rig.model.answer('It is 42.');
      const events = await eventsOf(rig.agent, rig.request({ toolServer }));
      expect(events.map(kindOf)).toEqual([
        'started',
        'tool-began',
        'tool-ended',
        'text',
        'completed',
      ]);
      expect(rig.model.requests[0]?.tools).toContain('mcp__claudio__look');
      expect(rig.model.requests[1]?.toolResults).toEqual([
        { text: 'Seen: 42.', isError: false, pictures: [] },
      ]);
      expect(toolServer.callCount).toBe(1);
      expect(new Set(toolServer.authorizations)).toEqual(new Set([`Bearer ${toolServer.token}`]));
    });

    it('keeps its token to itself: not in an argument, the environment, the log or a file that others read', async () => {
      const { log, lines } = testLog();
      let wasSeen = false;
      const toolServer = await serverOf('claudio', () => {
        const folder = runFolders().find((name) => name.includes(`-${request.marker}-`)) ?? '';
        const path = join(rig.home, folder);
        const config = join(path, 'tools.json');
        expect(statSync(path).mode & 0o777).toBe(0o700);
        expect(readdirSync(path)).toEqual(['tools.json']);
        expect(statSync(config).mode & 0o777).toBe(0o600);
        expect(JSON.parse(readFileSync(config, 'utf8'))).toEqual({
          mcpServers: {
            claudio: {
              type: 'http',
              url: toolServer.url,
              headers: { Authorization: `Bearer ${toolServer.token}` },
              alwaysLoad: true,
              timeout: 2_147_483_647,
            },
          },
        });
        expect(aliveWith(request.marker)).not.toEqual([]);
        expect(aliveWith(toolServer.token)).toEqual([]);
        wasSeen = true;
        return 'Seen.';
      });
      const request = rig.request({ toolServer });
      rig.model.useTool('mcp__claudio__look', {});
      rig.model.useTool('Bash', { command: 'env' });
      rig.model.answer('Done.');
      const agent = rig.agentWith({ log });
      expect(await outcomeOf(agent, request)).toMatchObject({ text: 'Done.' });
      expect(wasSeen).toBe(true);
      const [environment] = rig.model.requests[2]?.toolResults ?? [];
      expect(environment?.text).toContain(`CLAUDIO_TURN=${request.marker}`);
      expect(environment?.text).not.toContain(toolServer.token);
      expect(JSON.stringify(lines)).not.toContain(toolServer.token);
      await agent.settled();
      expect(runFolders()).toEqual([]);
    });

    it('stands beside the servers that the person has set up, which are asked about as before', async () => {
      const own = await serverOf('own', () => 'Never seen.');
      const toolServer = await serverOf('claudio', () => 'Seen.');
      const home = temporaryFolder();
      const mcpServers = { own: { type: 'http', url: own.url, alwaysLoad: true } };
      writeFileSync(join(home, '.claude.json'), JSON.stringify({ mcpServers }));
      rig.model.useTool('mcp__own__look', {});
      rig.model.useTool('mcp__claudio__look', {});
      rig.model.answer('Done.');
      const agent = rig.agentWith({ extraEnvironment: { HOME: home } });
      expect(await outcomeOf(agent, rig.request({ toolServer }))).toMatchObject({
        deniedTools: ['mcp__own__look'],
      });
      expect(rig.model.requests[0]?.tools).toEqual(
        expect.arrayContaining(['mcp__own__look', 'mcp__claudio__look']),
      );
      expect([own.callCount, toolServer.callCount]).toEqual([0, 1]);
    });

    it('that cannot be reached does not keep the answer away', async () => {
      const toolServer = await startToolServer('claudio', () => '');
      await toolServer.close();
      rig.model.answer('Without tools.');
      expect(await outcomeOf(rig.agent, rig.request({ toolServer }))).toMatchObject({
        text: 'Without tools.',
      });
      expect(rig.model.requests[0]?.tools).not.toContain('mcp__claudio__look');
    });

    it('may take as long as it likes while a person is waited for', async () => {
      const idleLimitMs = 4000;
      let isWaiting = false;
      let askedCount = 0;
      const answered = Promise.withResolvers<string>();
      const toolServer = await serverOf('claudio', () => {
        isWaiting = true;
        return answered.promise;
      });
      // The program may take longer than the limit to start, too.
      const isWaitingForPerson = (): boolean => {
        if (isWaiting && (askedCount += 1) === 2) {
          isWaiting = false;
          answered.resolve('Blue.');
        }
        return true;
      };
      rig.model.useTool('mcp__claudio__look', {});
      rig.model.answer('Blue it is.');
      const agent = rig.agentWith({ idleLimitMs });
      const request = rig.request({ toolServer, isWaitingForPerson });
      expect(await outcomeOf(agent, request)).toMatchObject({ text: 'Blue it is.' });
      expect(askedCount).toBe(2);
    });
  });

  it('a part that is delegated has its tools told as well, and its words not', async () => {
    writeFileSync(join(rig.home, 'notes.md'), 'A note.');
    rig.model.useTool('Task', {
      description: 'Read the notes',
      prompt: 'Read notes.md.',
      subagent_type: 'general-purpose',
    });
    rig.model.useTool('Read', { file_path: join(rig.home, 'notes.md') }, 'I read them.');
    rig.model.answer('They hold a note.');
    rig.model.answer('A note it is.');
    const events = await eventsOf(rig.agent, rig.request());
    const progress = events.flatMap((event) => (event.type === 'progress' ? [event.progress] : []));
    expect(progress.map(({ kind }) => kind)).toEqual([
      'tool-began',
      'tool-began',
      'tool-ended',
      'tool-ended',
      'text',
    ]);
    expect(progress).toMatchObject([
      { toolUse: { summary: 'Delegating: Read the notes' } },
      { toolUse: { summary: 'Reading notes.md' } },
      {},
      {},
      { text: 'A note it is.' },
    ]);
  });
});
