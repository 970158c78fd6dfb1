import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { packageRoot } from '../../../src/platform/package.ts';
import { healthRig, type HealthRig } from './rig.ts';

vi.setConfig({ testTimeout: 120_000 });

const SHELLCHECK = 'shellcheck';
const SCRIPT = join(packageRoot(), 'deploy/health-check.sh');
const hasProgram = (name: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const runFile = promisify(execFile);

/** Runs the script as cron does: with hardly any environment. */
async function runScript(rig: HealthRig): Promise<{ code: number; said: string }> {
  const env = { HOME: join(rig.home, '..'), PATH: rig.system.path, CLAUDIO_ASK_AGAIN_SECONDS: '0' };
  try {
    const { stdout, stderr } = await runFile(SCRIPT, [], { env });
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  }
}

const note = (rig: HealthRig, name: string): string => join(rig.home, name);
const noted = (rig: HealthRig): string =>
  readFileSync(note(rig, '.restart_fail_count'), 'utf8').trim();

/** Lets the last restart have been long ago. */
const later = (rig: HealthRig): void => writeFileSync(note(rig, '.last_restart_attempt'), '1000\n');

async function rigWithPort(): Promise<HealthRig> {
  const rig = await healthRig();
  writeFileSync(
    join(rig.home, 'service.env'),
    `# PORT=1\nPORT=2\nexport PORT="${rig.environment['PORT']}"\nREPORT=3\n`,
  );
  return rig;
}

test.runIf(hasProgram(SHELLCHECK))('shellcheck finds nothing in the script', () => {
  const { stdout, status } = spawnSync(SHELLCHECK, [SCRIPT], { encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});

test.runIf(hasProgram('curl'))(
  'a service that is well is left alone, and its notes are taken away',
  async () => {
    const rig = await rigWithPort();
    await rig.answer({});
    writeFileSync(note(rig, '.restart_fail_count'), '3\n');
    later(rig);
    expect(await runScript(rig)).toEqual({ code: 0, said: '' });
    expect(existsSync(note(rig, '.restart_fail_count'))).toBe(false);
    expect(existsSync(note(rig, '.last_restart_attempt'))).toBe(false);
  },
);

test.runIf(hasProgram('curl'))('a service that says 503 is not restarted', async () => {
  const rig = await rigWithPort();
  await rig.install('exec sleep 60');
  await rig.services.start();
  await expect.poll(rig.starts).toBe(1);
  await rig.answer({ checks: { database: { ok: false } } });
  const { code, said } = await runScript(rig);
  expect({ code, starts: rig.starts() }).toEqual({ code: 1, starts: 1 });
  expect(said).toContain('`claudio status` tells what');
});

test.runIf(hasProgram('curl'))(
  'a service that does not answer is restarted, at most once in three minutes and three times',
  async () => {
    const rig = await rigWithPort();
    await rig.install('exec sleep 60');
    await rig.services.start();
    await expect.poll(rig.starts).toBe(1);
    expect(await runScript(rig)).toEqual({
      code: 1,
      said: 'claudio: the service does not answer. Restarting it (1 of 3).\n',
    });
    await expect.poll(rig.starts).toBe(2);
    expect((await runScript(rig)).said).toContain('less than 3 minutes ago');
    for (const count of [2, 3]) {
      later(rig);
      await runScript(rig);
      expect(noted(rig)).toBe(String(count));
      await expect.poll(rig.starts).toBe(1 + count);
    }
    later(rig);
    expect((await runScript(rig)).said).toContain('3 restarts did not help');
    expect(rig.starts()).toBe(4);
  },
);

test.runIf(hasProgram('curl'))(
  'one that crashed is started again, one that was stopped stays stopped',
  async () => {
    const rig = await rigWithPort();
    await rig.install('exit 1');
    await rig.services.start();
    await expect
      .poll(async () => (await rig.services.state()).isRunning, { timeout: 20_000 })
      .toBe(false);
    await runScript(rig);
    await expect.poll(rig.starts).toBe(2);

    const stopped = await rigWithPort();
    await stopped.install('exec sleep 60');
    await stopped.services.start();
    await expect.poll(stopped.starts).toBe(1);
    await stopped.services.stop();
    expect(await runScript(stopped)).toEqual({ code: 0, said: '' });
    expect(stopped.starts()).toBe(1);
  },
);

test.runIf(hasProgram('curl'))(
  'notes that hold rubbish, or a time to come, do not block it',
  async () => {
    const rig = await rigWithPort();
    await rig.install('exec sleep 60');
    await rig.services.start();
    await expect.poll(rig.starts).toBe(1);
    writeFileSync(note(rig, '.restart_fail_count'), '0010 rubbish $(exit)');
    writeFileSync(note(rig, '.last_restart_attempt'), '99999999999\n');
    await runScript(rig);
    await expect.poll(rig.starts).toBe(2);
    expect(noted(rig)).toBe('1');
  },
);
