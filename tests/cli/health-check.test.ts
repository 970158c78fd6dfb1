import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CliContext } from '../../src/cli/context.ts';
import { healthCheck } from '../../src/cli/health-check.ts';
import { lockHome } from '../../src/platform/home-lock.ts';
import { healthRig, type HealthRig } from '../ops/health-check/rig.ts';
import { terminal, uiAt } from '../support/terminal.ts';

/** What the command gets from cron, and what it printed. */
function atCron(rig: HealthRig) {
  const at = terminal();
  const printed: string[] = [];
  const context: CliContext = {
    environment: rig.environment,
    host: rig.host,
    ui: uiAt(at, false),
    print: (text) => printed.push(text),
    stdin: process.stdin,
  };
  return { context, printed };
}

test('where all is well it says nothing and ends with 0: cron mails nothing', async () => {
  const rig = await healthRig();
  await rig.answer({});
  const { context, printed } = atCron(rig);
  expect(await healthCheck(context, {})).toBe(0);
  expect(printed).toEqual([]);
});

test('what is wrong is a line each with its remedy, and the exit code is 1', async () => {
  const rig = await healthRig();
  await rig.answer({});
  rig.environment['BACKUP_DEST'] = '/nowhere/at/all';
  const { context, printed } = atCron(rig);
  expect(await healthCheck(context, {})).toBe(1);
  expect(printed).toEqual([
    '✖ backup  has nowhere to go: /nowhere/at/all is not mounted\n' +
      '          → Plug in or mount its disk. `claudio backup status /nowhere/at/all` tells more.',
  ]);
  expect(rig.told()).toHaveLength(1);
});

test('--json prints every finding', async () => {
  const rig = await healthRig();
  await rig.answer({ checks: { database: { ok: true } } });
  const { context, printed } = atCron(rig);
  expect(await healthCheck(context, { json: true })).toBe(0);
  const { findings } = JSON.parse(printed.join('')) as { findings: { name: string }[] };
  expect(findings).toContainEqual({ name: 'service', state: 'ok', text: 'is well' });
  expect(findings).toContainEqual({ name: 'health: database', state: 'ok', text: 'is well' });
});

test('a second one at the same time ends at once with the code for it, and looks at nothing', async () => {
  const rig = await healthRig();
  const lock = lockHome(rig.home, 'health-check');
  await expect(healthCheck(atCron(rig).context, {})).rejects.toMatchObject({
    code: 'health-check.under-way',
  });
  expect(existsSync(join(rig.home, '.health_check.json'))).toBe(false);
  lock.release();
  await rig.answer({});
  expect(await healthCheck(atCron(rig).context, {})).toBe(0);
});

test('a home where no lock can be made is looked after all the same', async () => {
  const rig = await healthRig();
  await rig.answer({});
  mkdirSync(join(rig.home, 'health-check.lock'));
  rig.environment['BACKUP_DEST'] = '/nowhere/at/all';
  expect(await healthCheck(atCron(rig).context, {})).toBe(1);
  expect(rig.told()).toHaveLength(1);
});

test('where nothing is set up there is nothing to do', async () => {
  const rig = await healthRig();
  await rig.answer({ home: '/somebody/else' });
  rmSync(rig.home, { recursive: true });
  const { context, printed } = atCron(rig);
  expect(await healthCheck(context, {})).toBe(0);
  expect(printed).toEqual([]);
  expect(existsSync(rig.home)).toBe(false);
});
