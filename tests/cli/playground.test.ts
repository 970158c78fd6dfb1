import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { holdModel } from '../e2e/inspect.ts';
import { BROWSER_ENVIRONMENT, CLAUDE_PATH, emptyEnvironment } from '../environment.ts';
import { processesOf } from '../playground/processes.ts';
import { startProgram } from '../playground/program.ts';
import { startModel } from '../standins/model/model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const LINK = /http:\/\/127\.0\.0\.1:\d+\/enter\?key=[\w-]{30,}/u;

/** Follows the link, as a browser without scripts does. */
async function comeIn(link: string) {
  const { origin } = new URL(link);
  const entered = await fetch(link, { redirect: 'manual' });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  return {
    say: async (text: string): Promise<number> => {
      const body = new FormData();
      body.append('text', text);
      const headers = { origin, cookie };
      const posted = await fetch(`${origin}/send`, {
        method: 'POST',
        body,
        headers,
        redirect: 'manual',
      });
      return posted.status;
    },
    words: async (): Promise<string> =>
      (await (await fetch(origin, { headers: { cookie } })).text()).replaceAll(/<[^>]*>/gu, ''),
  };
}

/** An empty home, a folder for what is temporary, and a browser that only writes down what it is to open. */
function person() {
  const [home, tempDir] = [temporaryFolder(), temporaryFolder()];
  const programs = join(home, 'programs');
  mkdirSync(programs);
  const opened = join(home, 'opened');
  for (const name of ['xdg-open', 'open']) {
    const script = `#!/bin/sh\nprintf %s "$1" >'${opened}.part'\nmv '${opened}.part' '${opened}'\n`;
    writeFileSync(join(programs, name), script, { mode: 0o755 });
  }
  return {
    home,
    tempDir,
    environment: { HOME: home, PATH: `${programs}:/usr/bin:/bin`, TMPDIR: tempDir },
    /** What a browser was opened with; `null`: none was. */
    opened: () => (existsSync(opened) ? readFileSync(opened, 'utf8') : null),
    leftFolders: () => readdirSync(tempDir).filter((name) => name.startsWith('claudio-')),
  };
}

test('says in friendly lines what is happening and prints the link; Ctrl-C ends it with 0 and takes everything away', async () => {
  const { environment, tempDir, leftFolders } = person();
  const program = startProgram(['--no-open'], environment);
  const link = await program.printed(LINK);
  const [folder = ''] = leftFolders();
  const home = join(tempDir, folder, 'home');
  expect(processesOf({ home })).not.toEqual([]);
  expect((await fetch(new URL(link).origin)).status).toBe(401);
  const entered = await fetch(link, { redirect: 'manual' });
  expect(entered.status).toBe(303);

  program.signal('SIGINT');
  const { code, text } = await program.ended;
  expect(code).toBe(0);
  expect(text).toMatch(
    /^The whole service, in a throw-away home .*no bot, no account, no tunnel\.\n/u,
  );
  expect(text).toContain('⚠ The built-in echo answers. Claude Code was not found.');
  expect(text).toContain('Ctrl-C ends it, and takes everything away again.');
  const [untilTheEnd = '', end] = text.split('✔ The playground is over');
  expect(end).toBe(', and nothing of it is left.\n');
  expect(untilTheEnd.trim().split('\n').length).toBeLessThan(8);
  expect(processesOf({ home })).toEqual([]);
  expect(leftFolders()).toEqual([]);
});

test.each(['SIGTERM', 'SIGHUP'] as const)('%s ends it likewise', async (name) => {
  const { environment, leftFolders } = person();
  const program = startProgram(['--agent', 'echo', '--no-open'], environment);
  await program.printed(LINK);
  program.signal(name);
  const { code, text } = await program.ended;
  expect(code).toBe(0);
  expect(text).toContain('✔ The echo answers, as you asked.');
  expect(leftFolders()).toEqual([]);
});

test('Ctrl-C while it starts breaks it off with 130, and nothing is left', async () => {
  const { environment, leftFolders } = person();
  const program = startProgram(['--agent', 'echo', '--no-open'], environment);
  await program.printed(/Starting it/u);
  program.signal('SIGINT');
  const { code, text } = await program.ended;
  expect(code).toBe(130);
  expect(text).toMatch(/Broken off\.\nNothing of the playground is left\.\n$/u);
  expect(leftFolders()).toEqual([]);
});

test('a second Ctrl-C ends it at once, whatever does not want to end; the next playground takes away what is left', async () => {
  const { environment, tempDir, leftFolders } = person();
  const program = startProgram(['--agent', 'echo', '--no-open'], environment);
  const { origin } = new URL(await program.printed(LINK));
  const home = join(tempDir, leftFolders()[0] ?? '', 'home');
  const service = processesOf({ home }).find((line) => line.includes('bin.js start')) ?? '';
  process.kill(Number.parseInt(service, 10), 'SIGSTOP');
  program.signal('SIGINT');
  // The second comes while the service is still waited for, which is not for long.
  await expect.poll(() => fetch(origin).then(Boolean, () => null), { interval: 10 }).toBeNull();
  program.signal('SIGINT');
  expect((await program.ended).code).toBeNull();
  expect(processesOf({ home })).not.toEqual([]);

  const next = startProgram(['--agent', 'echo', '--no-open'], environment);
  await next.printed(LINK);
  expect(processesOf({ home })).toEqual([]);
  next.signal('SIGINT');
  await next.ended;
  expect(leftFolders()).toEqual([]);
});

test.each([
  ['npm run playground', ['npm', 'run', 'playground', '--']],
  ['npx claudio playground', ['npx', '--no', '--', 'claudio', 'playground']],
])(
  '%s in the folder of the package leads to a first answer; Ctrl-C takes everything away',
  async (_, command) => {
    const { environment, leftFolders } = person();
    const asPerson = {
      ...environment,
      PATH: BROWSER_ENVIRONMENT.path,
      npm_config_offline: 'true',
      // Else npx builds the package anew the first time, which takes the program from the tests beside this one.
      npm_config_ignore_scripts: 'true',
      npm_config_update_notifier: 'false',
    };
    const program = startProgram(['--no-open', '--agent', 'echo'], asPerson, command);
    const { say, words } = await comeIn(await program.printed(LINK));
    expect(await say('hello there')).toBe(303);
    await expect
      .poll(words, { timeout: 40_000, interval: 100 })
      .toContain('I am the echo that is built into the playground');
    program.signal('SIGINT');
    const { text } = await program.ended;
    expect(text).toContain('Ctrl-C ends it, and takes everything away again.');
    expect(leftFolders()).toEqual([]);
  },
  120_000,
);

test('kill -9 of the playground ends its service and the Claude that it runs within seconds', async () => {
  const { home, tempDir, leftFolders } = person();
  const model = await startModel();
  onTestFinished(() => model.close());
  const held = holdModel(model);
  const program = startProgram(['--agent', 'claude', '--no-open'], {
    ...emptyEnvironment({ home, baseUrl: model.url }),
    CLAUDE_BIN: CLAUDE_PATH,
    TMPDIR: tempDir,
  });
  const { say } = await comeIn(await program.printed(LINK));
  await say('take your time');
  await held.asked;
  const place = { home: join(tempDir, leftFolders()[0] ?? '', 'home') };
  expect(processesOf(place).some((line) => line.includes('bin.js start'))).toBe(true);
  expect(processesOf(place).length).toBeGreaterThanOrEqual(2);

  program.signal('SIGKILL');
  await program.ended;
  await expect.poll(() => processesOf(place), { timeout: 10_000, interval: 100 }).toEqual([]);
  expect(model.requests).toHaveLength(1);
});

test('opens the browser with a link that leads in once, and with --no-open does not', async () => {
  const { environment, opened } = person();
  const onScreen = { ...environment, DISPLAY: ':0' };
  const silent = startProgram(['--agent', 'echo', '--no-open'], onScreen);
  await silent.printed(LINK);
  silent.signal('SIGINT');
  await silent.ended;
  expect(opened()).toBeNull();
  const program = startProgram(['--agent', 'echo'], onScreen);
  const link = await program.printed(LINK);
  await expect.poll(opened).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/open\?key=[\w-]{30,}$/u);
  // What a program is started with, every user of the machine can read.
  const there = await fetch(opened() ?? '', { redirect: 'manual' });
  expect(new URL(there.headers.get('location') ?? '', link).href).toBe(link);
});

test('a port that is taken is said before anything is left behind', async () => {
  const { environment, leftFolders } = person();
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const program = startProgram(
    ['--agent', 'echo', '--no-open', '--port', String(port)],
    environment,
  );
  const { code, text } = await program.ended;
  expect(code).toBe(1);
  expect(text).toMatch(
    new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken by .*\\.\nLeave .--port. out,`, 'u'),
  );
  expect(leftFolders()).toEqual([]);
});

test.each([
  [['--agent', 'claude'], 1, 'Claude Code cannot answer in the playground.\nClaude Code was not'],
  [['--agent', 'parrot'], 1, 'Allowed choices are echo, claude.'],
  [['--port', '70000'], 1, 'It must be a whole number from 1 to 65535.'],
])('%j ends with %i and a clear word', async (args, expected, words) => {
  const { environment, leftFolders } = person();
  const { code, text } = await startProgram(args, environment).ended;
  expect(code).toBe(expected);
  expect(text).toContain(words);
  expect(leftFolders()).toEqual([]);
});

test('within a turn it does not start: it is for a person to do', async () => {
  const { environment } = person();
  const { code, text } = await startProgram([], { ...environment, CLAUDIO_TURN: 'x.1.1' }).ended;
  expect(code).toBe(1);
  expect(text).toContain('This runs in a turn of Claude, and is for a person to do.');
});
