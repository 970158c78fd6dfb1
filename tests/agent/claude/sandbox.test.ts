import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AgentOutcome } from '../../../src/core/agent.ts';
import type { ClaudeAgentOptions } from '../../../src/agent/claude/agent.ts';
import { createSandbox } from '../../../src/agent/claude/sandbox.ts';
import { emptyEnvironment } from '../../environment.ts';
import { textReply } from '../../standins/model/reply.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { aliveWith, failureOf, openRig, outcomeOf, sleepTag, type Rig } from './rig.ts';
import { startToolServer } from './tool-server.ts';

/** Whether this machine lets anybody make a sandbox: where it does not, refusing is what has to work. */
const fault = await createSandbox({ env: { PATH: process.env['PATH'] }, hidden: [] }).fault();

/** The folder of a `bwrap` that does as it is told. */
function programOf(script: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'bwrap'), 0o755);
  return folder;
}

describe('a sandbox that cannot be had', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.model.reset());
  afterAll(() => rig.close());

  const expectRefusal = async (options: Parameters<typeof createSandbox>[0], why: RegExp) => {
    const sandbox = createSandbox(options);
    expect(await sandbox.fault()).toMatch(why);
    rig.model.answer('Run all the same.');
    const agent = rig.agentWith({ sandbox });
    expect(await failureOf(agent, rig.request())).toEqual({ code: 'no-sandbox' });
    expect(rig.model.requests).toEqual([]);
    const { remedy } = await agent.readiness(new AbortController().signal);
    expect(remedy).toMatch(/^Nothing is run, since .*SANDBOX=off/u);
  };

  it('is a reason to run nothing: bwrap is not on the PATH', async () => {
    await expectRefusal({ env: { PATH: temporaryFolder() }, hidden: [] }, /is not installed$/u);
  });

  it('is a reason to run nothing: the system forbids it', async () => {
    const PATH = programOf('echo "bwrap: No permissions to create new namespace" >&2; exit 1');
    await expectRefusal({ env: { PATH }, hidden: [] }, /No permissions to create new namespace/u);
  });

  it('is a reason to run nothing: this is no Linux', async () => {
    const PATH = programOf('exit 0');
    await expectRefusal({ env: { PATH }, hidden: [], platform: 'darwin' }, /Linux alone/u);
  });

  it('is looked for again, so that it counts as soon as it is there', async () => {
    const PATH = temporaryFolder();
    const sandbox = createSandbox({ env: { PATH }, hidden: [] });
    if (process.platform === 'linux') expect(await sandbox.fault()).toMatch(/not installed/u);
    else expect(await sandbox.fault()).toMatch(/Linux alone/u);
    symlinkSync(join(programOf('exit 0'), 'bwrap'), join(PATH, 'bwrap'));
    if (process.platform === 'linux') expect(await sandbox.fault()).toBeNull();
    else expect(await sandbox.fault()).toMatch(/Linux alone/u);
  });
});

describe('a run in a sandbox', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.model.reset());
  afterAll(() => rig.close());

  /** A person's home, with Claudio's in it, a project, and an agent whose runs see the project alone. */
  const place = (over: Partial<ClaudeAgentOptions> = {}) => {
    const userHome = temporaryFolder();
    const write = (name: string, content: string): string => {
      const path = join(userHome, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    };
    const home = join(userHome, '.claudio');
    const turnFolder = join(home, 'tmp', 'turn-1-1');
    const project = join(userHome, 'project');
    write('.claudio/service.env', 'TOKEN=made-up-secret');
    write('.claudio/tmp/turn-1-1/sent.txt', 'what was sent');
    write('.claudio/tmp/turn-2-1/sent.txt', 'what another sent');
    write('.claude/settings.json', '{"env":{"OWN":"1"}}');
    write('.claude.json', '{"own":true}');
    write('.ssh/id_ed25519', 'made-up-secret');
    write('.netrc', 'made-up-secret');
    write('notes.txt', 'a note');
    write('project/read.me', 'what the project is');
    const env = emptyEnvironment({ home: userHome, baseUrl: rig.model.url });
    const hidden = [home, join(userHome, '.ssh'), join(userHome, '.netrc'), join(userHome, '.aws')];
    const sandbox = createSandbox({ env, hidden });
    const agent = rig.agentWith({ env, sandbox, tempDir: join(home, 'tmp'), ...over });
    const request = (workDir = project) => rig.request({ workDir, readableDirs: [turnFolder] });
    return { userHome, home, turnFolder, project, agent, request };
  };

  /** What a command prints in there; `null` where there is no sandbox to be had, and all that is right. */
  const printed = async (command: string, made: ReturnType<typeof place>, workDir?: string) => {
    rig.model.useTool('Bash', { command });
    rig.model.answer('Done.');
    const outcome = await outcomeOf(made.agent, made.request(workDir));
    await made.agent.settled();
    if (fault !== null) {
      expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'no-sandbox' } });
      expect(rig.model.requests).toEqual([]);
      return null;
    }
    expect(outcome).toMatchObject({ kind: 'answered', text: 'Done.' });
    return rig.model.requests[1]?.toolResults[0]?.text ?? '';
  };

  it('sees the project and its own configuration, and of Claudio only the folder of the turn', async () => {
    const made = place();
    // The program may just be writing its own configuration: under a lock, into a file beside it.
    const command = `cd ${made.userHome}; ls -A --ignore='.claude.json.lock' --ignore='.claude.json.tmp.*'; cd project; ls -A; cat read.me ../notes.txt ../.ssh/id_ed25519 ../.claudio/service.env; cat ${made.turnFolder}/sent.txt; ls -A ../.claudio ../.claudio/tmp; echo made > ${made.turnFolder}/made; echo made > made; pwd`;
    const text = await printed(command, made);
    if (text === null) return;
    expect(text).toMatch(
      /^\.claude\n\.claude\.json\n\.claudio\nproject\nread\.me\nwhat the project is/u,
    );
    expect(text).toContain('what was sent');
    expect(text).not.toContain('turn-2-1');
    expect(text).not.toContain('service.env\n');
    expect(text).toContain(made.project);
    expect(rig.model.requests.map(({ body }) => body).join()).not.toContain('made-up-secret');
    expect(readFileSync(join(made.project, 'made'), 'utf8')).toBe('made\n');
    expect(readFileSync(join(made.turnFolder, 'made'), 'utf8')).toBe('made\n');
  });

  it('hides Claudio and the usual secrets also where the folder to work in is the whole home', async () => {
    const made = place();
    const command = `cat .claudio/service.env .ssh/id_ed25519 .netrc notes.txt; ls -A .ssh .claudio; cat ${made.turnFolder}/sent.txt`;
    const text = await printed(command, made, made.userHome);
    if (text === null) return;
    expect(text).toContain('a note');
    expect(text).toContain('what was sent');
    expect(text).not.toContain('id_ed25519\n');
    expect(rig.model.requests.map(({ body }) => body).join()).not.toContain('made-up-secret');
    // Nothing was made outside to be hidden inside.
    expect(existsSync(join(made.userHome, '.aws'))).toBe(false);
    expect(readFileSync(join(made.userHome, '.netrc'), 'utf8')).toBe('made-up-secret');
  });

  it('cannot change what the person’s own Claude Code would carry out', async () => {
    const made = place();
    const settings = join(made.userHome, '.claude', 'settings.json');
    // In a script, since Claude Code itself refuses commands that name these files.
    const script = `echo bad > ${settings}; mv ${settings} ${settings}.old; rm -f ${made.userHome}/.claude.json; echo over`;
    writeFileSync(join(made.project, 'attack.sh'), script);
    const command = 'sh attack.sh';
    const text = await printed(command, made);
    if (text === null) return;
    expect(text).toContain('over');
    expect(readFileSync(settings, 'utf8')).toBe('{"env":{"OWN":"1"}}');
    expect(readFileSync(join(made.userHome, '.claude.json'), 'utf8')).toBe('{"own":true}');
  });

  it('sees no process but its own, and so no environment of another', async () => {
    const made = place();
    const text = await printed(
      'ls -d /proc/[0-9]* | wc -l; ls /proc/$PPID > /dev/null && echo own',
      made,
    );
    if (text === null) return;
    expect(Number(text.split('\n')[0])).toBeLessThan(10);
    expect(text).toContain('own');
  });

  it('reaches the tools of Claudio, which are on the network', async () => {
    const toolServer = await startToolServer('claudio', () => 'Seen: 42.');
    onTestFinished(() => toolServer.close());
    const made = place();
    rig.model.useTool('mcp__claudio__look', {});
    rig.model.answer('It is 42.');
    const outcome = await outcomeOf(made.agent, {
      ...made.request(),
      toolServer,
      systemPrompt: 'Hm.',
    });
    await made.agent.settled();
    if (fault !== null) return expect(outcome).toMatchObject({ failure: { code: 'no-sandbox' } });
    expect(outcome).toMatchObject({ kind: 'answered', text: 'It is 42.' });
    expect(rig.model.requests[0]?.body).toContain('Hm.');
    expect(rig.model.requests[1]?.toolResults[0]?.text).toBe('Seen: 42.');
  });

  it('says that the folder is not there, as without one', async () => {
    const made = place();
    const outcome = await outcomeOf(made.agent, made.request(join(made.userHome, 'nowhere')));
    const code = fault === null ? 'no-folder' : 'no-sandbox';
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code } });
  });

  it('is stopped with everything in it, and still tells what it used', async () => {
    const made = place();
    const tag = sleepTag();
    const controller = new AbortController();
    rig.model.useTool('Bash', {
      command: `(setsid sh -c "trap '' TERM INT HUP; sleep ${tag}1; sleep ${tag}2" &); sleep ${tag}3`,
      timeout: 600_000,
    });
    let outcome: AgentOutcome | null = null;
    for await (const event of made.agent.run(made.request(), controller.signal)) {
      if (event.type === 'completed') outcome = event.outcome;
      if (event.type !== 'progress') continue;
      await vi.waitFor(() => {
        expect(aliveWith(`sleep ${tag}1`)).not.toEqual([]);
        expect(aliveWith(`sleep ${tag}3`)).not.toEqual([]);
      }, 25_000);
      controller.abort();
    }
    expect(aliveWith(tag)).toEqual([]);
    if (fault !== null) return expect(outcome).toMatchObject({ failure: { code: 'no-sandbox' } });
    expect(outcome).toMatchObject({ kind: 'stopped', usage: { inputTokenCount: 10 } });
  });

  it('is stopped when it gives no sign of life', async () => {
    const made = place({ idleLimitMs: 5000 });
    const tag = sleepTag();
    rig.model.useTool('Bash', { command: `sleep ${tag}`, timeout: 600_000 });
    const code = fault === null ? 'idle' : 'no-sandbox';
    const isWaitingForPerson = () => aliveWith(`sleep ${tag}`).length === 0;
    const request = { ...made.request(), isWaitingForPerson };
    expect(await failureOf(made.agent, request)).toMatchObject({ code });
    expect(aliveWith(tag)).toEqual([]);
  });

  it('takes what it started with it also after a good answer', async () => {
    const made = place();
    const tag = sleepTag();
    rig.model.useTool('Bash', { command: `(setsid sh -c "trap '' TERM; sleep ${tag}" &)` });
    rig.model.answerWith(() => textReply('The server is up.'));
    const outcome = await outcomeOf(made.agent, made.request());
    await made.agent.settled();
    expect(aliveWith(tag)).toEqual([]);
    if (fault === null) expect(outcome).toMatchObject({ text: 'The server is up.' });
    else expect(outcome).toMatchObject({ failure: { code: 'no-sandbox' } });
  });

  it('is found by its marker by the next instance, and stopped', async () => {
    const made = place();
    const tag = sleepTag();
    rig.model.useTool('Bash', { command: `sleep ${tag}`, timeout: 600_000 });
    const request = made.request();
    const run = outcomeOf(made.agent, request);
    if (fault !== null) return expect(await run).toMatchObject({ failure: { code: 'no-sandbox' } });
    await vi.waitFor(() => expect(aliveWith(`sleep ${tag}`)).not.toEqual([]), 25_000);
    const since = [{ prefix: request.marker, sinceMs: Date.now() - 60_000 }];
    expect(await made.agent.stopLeftovers(since)).toBeGreaterThan(2);
    expect(aliveWith(tag)).toEqual([]);
    expect(await run).toMatchObject({ kind: 'failed' });
  });
});
