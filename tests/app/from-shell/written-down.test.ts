import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askFromShell } from '../../../src/app/from-shell/ask.ts';
import { withShell, type Shell } from '../../../src/app/from-shell/open.ts';
import { addProject } from '../../../src/app/from-shell/project.ts';
import { sendFromShell } from '../../../src/app/from-shell/send.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A home that is set up, on which no service runs. */
function restingHome(settings: Readonly<Record<string, string>> = {}) {
  const userHome = realpathSync(temporaryFolder());
  const home = join(userHome, '.claudio');
  mkdirSync(home, { mode: 0o700 });
  mkdirSync(join(userHome, 'code'));
  openDatabase(join(home, 'claudio.db')).close();
  const environment = {
    HOME: userHome,
    PORT: '1',
    TELEGRAM_BOT_TOKEN: '1:test-token',
    TELEGRAM_CHAT_ID: '42',
    WEBHOOK_SECRET: 'test-secret',
    TELEGRAM_API_ROOT: 'http://127.0.0.1:9',
    ...settings,
  };
  return {
    userHome,
    environment,
    shell: <T>(work: (shell: Shell) => Promise<T>) => withShell(environment, work),
  };
}

const written = ({ database }: Shell) => database.orm.query.audit.findMany().sync();

test('what a script sends to the chat is written down, and not what it says', async () => {
  const { shell } = restingHome({ AUDIT_TEXT: '1' });
  await shell(async (open) => {
    await sendFromShell(open, { markdown: 'The backup is done.' }, 0);
    expect(written(open)).toMatchObject([
      { event: 'shell.send', conversationId: 'telegram:1:42', details: { hasFile: false } },
    ]);
    expect(JSON.stringify(written(open))).not.toContain('backup');
  });
});

test('a project is written down as everything is: no secret stays in it', async () => {
  const { shell, environment, userHome } = restingHome({
    ANTHROPIC_AUTH_TOKEN: 'opensesame-7f3a9b',
  });
  await addProject(environment, 'opensesame-7f3a9b', join(userHome, 'code'));
  await shell((open) => {
    expect(written(open)).toMatchObject([{ event: 'project.added', personId: 'shell' }]);
    expect(JSON.stringify(written(open))).not.toContain('opensesame');
    return Promise.resolve();
  });
});

test('claudio ask stops where the budget of all is used up, says so and leaves a line', async () => {
  const { shell } = restingHome({ BUDGET_PER_DAY: '1', RATE_LIMIT_PER_HOUR: '1' });
  const left = AbortSignal.abort();
  await shell(async (resting) => {
    const open: Shell = { ...resting, isServiceUp: () => Promise.resolve(true) };
    const ask = () =>
      askFromShell(
        open,
        { text: 'how are you?', author: 'cron' },
        { signal: left, goneAfterMs: 1000, onProgress: () => undefined },
      );
    // Scripts are under no other limit.
    expect([(await ask()).kind, (await ask()).kind]).toEqual(['left', 'left']);
    open.database.orm.$client
      .prepare("update turns set status = 'done', ended_at_ms = ?, cost_usd = 0.5")
      .run(Date.now());
    const refused = await ask();
    expect(refused).toMatchObject({
      kind: 'refused',
      text: expect.stringMatching(
        /^💸 The common budget for today is used up: \$1\.00 of \$1\.00\./u,
      ) as string,
    });
    expect(open.database.orm.query.turns.findMany().sync()).toHaveLength(2);
    expect(written(open).at(-1)).toMatchObject({
      event: 'gate.refused',
      decision: 'refused',
      details: { rule: 'budget' },
    });
  });
});
