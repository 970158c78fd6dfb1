import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/http/server.ts';
import { createStage, type Stage } from '../../src/playground/stage.ts';
import { holdModel } from '../e2e/inspect.ts';
import { CLAUDE_PATH, emptyEnvironment } from '../environment.ts';
import { startModel } from '../standins/model/model.ts';
import { textReply } from '../standins/model/reply.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { processesOf } from './processes.ts';
import { startProgram } from './program.ts';
import {
  answerWith,
  killAndWait,
  openStage,
  personEnvironment,
  turnRuns,
  turnsOf,
  until,
} from './world.ts';

function buttonsOf({ api }: Stage) {
  return api
    .sentMessages()
    .flatMap(({ replyMarkup }) => replyMarkup?.inline_keyboard.flat() ?? [])
    .map(({ text }) => text);
}

describe('a message on the stage', () => {
  test('travels the real way: webhook, inbox, turn, the echo as a process, outbox, a call of the Bot API', async () => {
    const { stage } = await openStage();
    expect(stage.service()).toMatchObject({ state: 'running', startCount: 1, lastEnd: null });
    expect(stage.agent).toEqual({ kind: 'echo', remedy: null });
    const report = await stage.api.say('hello there');
    expect(report.attempts).toMatchObject([{ status: 200 }]);

    const answer = await answerWith(stage, 'hello there');
    expect(answer.text).toContain('I am the echo that is built into the playground');
    expect(answer).toMatchObject({ byBot: true, replyTo: 1 });
    expect(stage.api.calls.some(({ method }) => method === 'sendChatAction')).toBe(true);
    const database = stage.database();
    if (database === null) expect.unreachable();
    const { query } = database.orm;
    await until(stage, 'the delivery to be noted', () =>
      query.deliveries
        .findMany()
        .sync()
        .some(({ status }) => status === 'sent'),
    );
    expect(query.updates.findMany().sync()).toHaveLength(1);
    expect(turnsOf(stage)).toMatchObject([{ status: 'done', attemptCount: 1 }]);
    expect(query.toolUses.findMany().sync()).toHaveLength(2);
    expect(stage.api.violations).toEqual([]);
    expect(stage.log().map(({ event }) => event)).toContain('service.started');
  });

  test('may be a document: the echo names it and reads its first line', async () => {
    const { stage } = await openStage();
    const { api } = stage;
    const content = Buffer.from('name,price\nbread,2\n');
    const fileName = 'prices.csv';
    await api.deliver(api.updates.document({ content, fileName, mimeType: 'text/csv' }));
    const answer = await answerWith(stage, 'prices.csv');
    expect(answer.text).toContain('It begins with name,price');
    await until(stage, 'the turn to end', () => turnsOf(stage)[0]?.status === 'done');
  });

  test('is answered by the real Claude Code, which finds the person’s own login and works in an empty folder', async () => {
    const model = await startModel();
    onTestFinished(() => model.close());
    const { stage } = await openStage({
      agent: 'claude',
      environment: (home) => ({
        ...emptyEnvironment({ home, baseUrl: model.url }),
        CLAUDE_BIN: CLAUDE_PATH,
      }),
    });
    expect(stage.agent).toEqual({ kind: 'claude', remedy: null });
    model.useTool('Bash', { command: 'pwd; ls -A' });
    model.answer('I am in a **fresh** folder.');
    await stage.api.say('where are you?');
    await answerWith(stage, 'I am in a fresh folder.');
    const [result] = model.requests[1]?.toolResults ?? [];
    expect(result?.text).toBe(join(dirname(stage.home), 'work'));
    expect(model.requests[0]?.headers['x-api-key']).toBe('not-a-key');
  });
});

describe('what is the person’s own', () => {
  test('is neither read nor touched: not their home of Claudio, nor the settings in their environment', async () => {
    const broken = 'THIS IS="no setting"\nTELEGRAM_BOT_TOKEN="2:not-to-be-read"\n';
    const { stage, userHome, tempDir } = await openStage({
      environment: (home) => {
        mkdirSync(join(home, '.claudio'));
        writeFileSync(join(home, '.claudio/service.env'), broken);
        return {
          ...personEnvironment(home),
          CLAUDIO_HOME: join(home, '.claudio'),
          CLAUDIO_TURN: 'a-turn',
          PORT: '1',
          TELEGRAM_BOT_TOKEN: '3:not-to-be-used',
          TELEGRAM_CHAT_ID: '3',
          PROJECT_ROOTS: 'no path',
        };
      },
    });
    await stage.api.say('hello');
    await answerWith(stage, 'hello');
    expect(readdirSync(join(userHome, '.claudio'))).toEqual(['service.env']);
    expect(readFileSync(join(userHome, '.claudio/service.env'), 'utf8')).toBe(broken);
    expect(readdirSync(userHome)).toEqual(['.claudio']);

    const [folder = '', ...more] = readdirSync(tempDir);
    expect(more).toEqual([]);
    expect(stage.home).toBe(join(tempDir, folder, 'home'));
    expect(statSync(join(tempDir, folder)).mode & 0o777).toBe(0o700);
    expect(stage.api.token).toMatch(/^1:[\w-]{30,}$/u);
    expect(stage.api.webhook?.secretToken).toMatch(/^[\w-]{30,}$/u);
  });
});

describe('whoever listens to the stage', () => {
  test('is told of calls, of what is committed and of how the service is, until they have had enough', async () => {
    const { stage } = await openStage();
    let count = 0;
    const end = stage.subscribe(() => {
      count += 1;
    });
    await stage.api.say('hello');
    await turnRuns(stage);
    await answerWith(stage, 'hello');
    expect(count).toBeGreaterThan(5);
    end();
    const before = count;
    await killAndWait(stage);
    expect(count).toBe(before);
  });

  test('is given a link into the console of this service, which counts once', async () => {
    const { stage } = await openStage();
    const link = stage.consoleLink();
    expect(link.startsWith(`${stage.service().url}/enter?key=`)).toBe(true);
    const first = await fetch(link, { redirect: 'manual' });
    expect(first.status).toBe(303);
    expect(first.headers.get('set-cookie')).toContain('HttpOnly');
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(403);
  });
});

describe('kill -9 of the service', () => {
  test('promise 1 and 3: in a turn, it comes back by itself, what ran is offered with Retry and Discard and not run again, what waited is answered once', async () => {
    const { stage } = await openStage();
    const { api } = stage;
    await api.say('slow');
    await turnRuns(stage);
    await api.say('the second');
    stage.kill();
    const lastEnd = 'The service was ended by SIGKILL.';
    await until(
      stage,
      'a word on that',
      () => stage.service().lastEnd === `${lastEnd} It is started again after 1 s.`,
    );
    await until(stage, 'the service to be back', () => stage.service().state === 'running');
    expect(stage.service()).toMatchObject({ startCount: 2, lastEnd: `Before that: ${lastEnd}` });
    const notice = await answerWith(stage, 'I was interrupted');
    expect(notice.replyTo).toBe(1);
    await answerWith(stage, 'the second');
    await api.until(
      'no buttons but these',
      () => buttonsOf(stage).join(' ') === '🔁 Retry 🗑 Discard' || null,
    );
    expect(turnsOf(stage)).toMatchObject([
      { status: 'interrupted', attemptCount: 1 },
      { status: 'done', attemptCount: 1 },
    ]);
    expect(api.sentMessages().filter(({ text }) => text.includes('the second'))).toHaveLength(1);

    await api.deliver(api.updates.press(notice, '🗑 Discard'));
    await until(stage, 'the turn to be let go', () => turnsOf(stage)[0]?.status === 'cancelled');
  });

  test('promise 3: a turn of the real Claude Code that was killed is not run again; Retry runs it once', async () => {
    const model = await startModel();
    onTestFinished(() => model.close());
    const { stage } = await openStage({
      agent: 'claude',
      environment: (home) => ({
        ...emptyEnvironment({ home, baseUrl: model.url }),
        CLAUDE_BIN: CLAUDE_PATH,
      }),
    });
    const held = holdModel(model);
    await stage.api.say('take your time');
    await held.asked;
    await killAndWait(stage);
    const notice = await answerWith(stage, 'I was interrupted');
    expect(model.requests).toHaveLength(1);
    model.always(() => textReply('Here I am.'));
    await stage.api.deliver(stage.api.updates.press(notice, '🔁 Retry'));
    await answerWith(stage, 'Here I am.');
    expect(model.requests).toHaveLength(2);
    expect(turnsOf(stage)).toMatchObject([{ status: 'done', attemptCount: 2 }]);
  });

  test('promise 1: what is sent while it is gone waits at Telegram, and is answered when it is back', async () => {
    const { stage } = await openStage();
    stage.kill();
    await until(stage, 'the service to be gone', () => stage.service().state === 'down');
    expect(stage.service().pid).toBeNull();
    const { attempts } = await stage.api.say('anyone there?');
    expect(attempts.at(0)).toMatchObject({ status: null });
    expect(attempts.at(-1)).toMatchObject({ status: 200 });
    await answerWith(stage, 'anyone there?');
    expect(turnsOf(stage)).toHaveLength(1);
  });

  test('a service that dies at each start is tried again after longer and longer pauses, and says why', async () => {
    const { stage } = await openStage();
    const [file, folder] = [join(stage.home, 'service.env'), join(stage.home, 'tmp')];
    writeFileSync(file, 'MODE="no-such-mode"\n');
    stage.kill();
    const ended = (words: string) =>
      until(stage, `an end with ${words}`, () => {
        const { lastEnd } = stage.service();
        return lastEnd?.includes(words) === true ? lastEnd : null;
      });
    const first = await ended('exit code 78');
    expect(first).toContain('MODE must be one of');
    expect(first).toMatch(/It is started again after 1 s\.$/u);
    rmSync(file);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'no folder');
    const second = await ended('exit code 1.');
    expect(second).toContain('Error: EEXIST: file already exists, mkdir');
    expect(second).toMatch(/It is started again after 2 s\.$/u);
    rmSync(folder);
    await until(stage, 'the service to be back', () => stage.service().state === 'running');
    expect(stage.service().startCount).toBe(4);
    stage.kill();
    expect(await ended('SIGKILL')).toContain('after 1 s.');
  });

  test('a service whose port was taken meanwhile says so, and is back as soon as it is given up', async () => {
    const { stage } = await openStage();
    stage.kill();
    await until(stage, 'the service to be gone', () => stage.service().state === 'down');
    const { port } = new URL(stage.service().url);
    const taker = await listen(new Hono(), Number(port));
    onTestFinished(() => taker.close());
    await until(
      stage,
      'a word on that',
      () => stage.service().lastEnd?.includes(`Port ${port} on 127.0.0.1 is taken by`) === true,
    );
    await taker.close();
    await until(stage, 'the service to be back', () => stage.service().state === 'running');
    expect(stage.service().startCount).toBeGreaterThan(2);
  });
});

describe('at the end', () => {
  test('nothing is left: no process and no folder, also where a turn ran', async () => {
    const { stage, tempDir } = await openStage();
    await stage.api.say('slow');
    await turnRuns(stage);
    await until(stage, 'the echo to say something', () =>
      stage.database()?.orm.query.toolUses.findMany().sync().at(0),
    );
    expect(processesOf(stage).length).toBeGreaterThanOrEqual(2);
    await stage.close();
    expect(processesOf(stage)).toEqual([]);
    expect(readdirSync(tempDir)).toEqual([]);
    await stage.close();
  });

  test('nothing is left of what a killed service had running, and it is not started again', async () => {
    const { stage, tempDir } = await openStage();
    await stage.api.say('slow');
    await turnRuns(stage);
    await until(stage, 'the echo to run', () =>
      stage.database()?.orm.query.toolUses.findMany().sync().at(0),
    );
    stage.kill();
    await until(stage, 'the service to be gone', () => stage.service().state === 'down');
    expect(processesOf(stage)).not.toEqual([]);
    await stage.close();
    expect(processesOf(stage)).toEqual([]);
    expect(readdirSync(tempDir)).toEqual([]);
    expect(stage.service().startCount).toBe(1);
  });

  test('what a killed playground left behind, its service too, is removed by the next one; one that lives keeps everything', async () => {
    const { stage: living, userHome, tempDir } = await openStage();
    const environment = { ...personEnvironment(userHome), TMPDIR: tempDir };
    const before = new Set(readdirSync(tempDir));
    const killed = startProgram(['--agent', 'echo', '--no-open'], environment);
    await killed.printed(/http:\/\/\S+/u);
    const isNew = (name: string) => name.startsWith('claudio-playground-') && !before.has(name);
    const left = readdirSync(tempDir).find(isNew) ?? '';
    // It would end by itself, with the playground.
    const service = processesOf({ home: join(tempDir, left, 'home') }).find((line) =>
      line.includes('bin.js start'),
    );
    process.kill(Number.parseInt(service ?? '', 10), 'SIGSTOP');
    killed.signal('SIGKILL');
    await killed.ended;
    expect(processesOf({ home: join(tempDir, left, 'home') })).not.toEqual([]);

    const next = await createStage({ agent: 'echo', environment, tempDir });
    onTestFinished(() => next.close());
    expect(processesOf({ home: join(tempDir, left, 'home') })).toEqual([]);
    expect(readdirSync(tempDir)).not.toContain(left);
    await living.api.say('still there?');
    await answerWith(living, 'still there?');
  });

  test('a stage that cannot be set leaves nothing either', async () => {
    const [userHome, tempDir] = [temporaryFolder(), temporaryFolder()];
    // No service starts where there is no home folder to be told.
    const environment = { ...personEnvironment(userHome), HOME: 'nowhere' };
    await expect(createStage({ agent: 'echo', environment, tempDir })).rejects.toMatchObject({
      code: 'playground.not-started',
      message: expect.stringContaining('exit code 78') as string,
    });
    expect(readdirSync(tempDir)).toEqual([]);
  });
});
