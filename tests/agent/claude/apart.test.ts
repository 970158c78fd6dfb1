import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claudeArguments } from '../../../src/agent/claude/arguments.ts';
import { permissionsOf } from '../../../src/agent/claude/permissions.ts';
import { emptyEnvironment } from '../../environment.ts';
import { textReply } from '../../standins/model/reply.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openRig, outcomeOf, type Rig } from './rig.ts';
import { startToolServer } from './tool-server.ts';

it('the argument vector of a run apart names no tool and none of what the person has set up', () => {
  expect(
    claudeArguments({
      model: 'haiku',
      permissions: permissionsOf({
        tools: [],
        limit: null,
        mode: 'auto',
        deniedFiles: [],
        folders: null,
        toolServer: null,
      }),
      settingsPath: null,
      isApart: true,
      systemPromptPath: '/tmp/run/system-prompt.md',
      readableDirs: [],
      toolServer: null,
    }),
  ).toEqual([
    '-p',
    '--output-format=stream-json',
    '--verbose',
    '--include-partial-messages',
    '--model=haiku',
    '--tools=',
    '--disable-slash-commands',
    '--no-chrome',
    '--no-session-persistence',
    '--system-prompt-file=/tmp/run/system-prompt.md',
    '--strict-mcp-config',
    '--setting-sources=user',
    '--settings={"disableAllHooks":true}',
  ]);
});

describe('the real program', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig({ tools: [] });
  });
  beforeEach(() => rig.model.reset());
  afterAll(() => rig.close());

  /** A home and a working folder in which everything is set up that there is. */
  const setUp = async () => {
    const server = await startToolServer('own', () => 'Never seen.');
    const [home, workDir] = [temporaryFolder(), temporaryFolder()];
    const mcpServers = { own: { type: 'http', url: server.url, alwaysLoad: true } };
    const hooked = (name: string) => ({
      hooks: {
        UserPromptSubmit: [
          { hooks: [{ type: 'command', command: `touch ${join(home, name)}; echo A hook.` }] },
        ],
      },
    });
    mkdirSync(join(home, '.claude'));
    mkdirSync(join(workDir, '.claude'));
    writeFileSync(join(home, '.claude.json'), JSON.stringify({ mcpServers }));
    writeFileSync(join(home, '.claude', 'CLAUDE.md'), 'What the person wants always.');
    writeFileSync(
      join(home, '.claude', 'settings.json'),
      JSON.stringify({ ...hooked('own-hook'), apiKeyHelper: 'echo made-up-key' }),
    );
    writeFileSync(join(workDir, 'CLAUDE.md'), 'What the folder wants.');
    writeFileSync(join(workDir, '.mcp.json'), JSON.stringify({ mcpServers }));
    writeFileSync(join(workDir, '.claude', 'settings.json'), JSON.stringify(hooked('folder-hook')));
    const { ANTHROPIC_API_KEY: _, ...env } = emptyEnvironment({ home, baseUrl: rig.model.url });
    return { server, home, workDir, env };
  };

  it('apart has no tool, no server, no hook and no word but those it is given, and is still logged in', async () => {
    const { server, home, workDir, env } = await setUp();
    rig.model.answerSide(() => textReply('An answer.'));
    const agent = rig.agentWith({ env, isApart: true });
    const request = rig.request({ workDir, systemPrompt: 'You sort notes.', prompt: 'One note.' });
    expect(await outcomeOf(agent, request)).toMatchObject({
      kind: 'answered',
      text: 'An answer.',
      deniedTools: [],
    });
    await agent.settled();
    await server.close();
    expect(rig.model.requests).toEqual([]);
    expect(rig.model.sideRequests).toHaveLength(1);
    const [asked] = rig.model.sideRequests;
    expect(asked?.tools).toEqual([]);
    expect(asked?.system).toMatch(/You sort notes\.$/u);
    expect(asked?.system.length).toBeLessThan(500);
    expect(asked?.prompt).toContain('One note.');
    expect(asked?.body).not.toContain('What the person wants always.');
    expect(asked?.body).not.toContain('What the folder wants.');
    expect(asked?.body).not.toContain('A hook.');
    expect(asked?.headers['x-api-key']).toBe('made-up-key');
    expect(server.authorizations).toEqual([]);
    expect([existsSync(join(home, 'own-hook')), existsSync(join(home, 'folder-hook'))]).toEqual([
      false,
      false,
    ]);
  });

  it('not apart has all of that, so that the test above looks at something', async () => {
    const { server, home, workDir, env } = await setUp();
    rig.model.always(() => textReply('An answer.'));
    const agent = rig.agentWith({ env });
    const request = rig.request({ workDir, systemPrompt: 'You sort notes.', prompt: 'One note.' });
    expect(await outcomeOf(agent, request)).toMatchObject({ text: 'An answer.' });
    await agent.settled();
    await server.close();
    const [asked] = rig.model.requests;
    expect(asked?.tools).toEqual(['mcp__own__look']);
    expect(asked?.body).toContain('What the person wants always.');
    expect(asked?.body).toContain('What the folder wants.');
    expect(asked?.body).toContain('A hook.');
    expect(existsSync(join(home, 'own-hook'))).toBe(true);
  });
});
