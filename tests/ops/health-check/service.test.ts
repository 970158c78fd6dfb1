import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { keepDatabase } from '../../../src/ops/update/locks.ts';
import { lockHome } from '../../../src/platform/home-lock.ts';
import { healthRig, MINUTE_MS, type HealthRig } from './rig.ts';

/** Each question to systemctl is a program of its own, and there are many. */
vi.setConfig({ testTimeout: 120_000 });

const RUNS = 'exec sleep 60';

/** A unit whose program has ended by itself: systemd says failed. */
async function crashed(rig: HealthRig, script = 'exit 1'): Promise<void> {
  await rig.install(script);
  await rig.services.start();
  await expect
    .poll(async () => (await rig.services.state()).isRunning, { timeout: 20_000 })
    .toBe(false);
  expect(await rig.services.state()).toMatchObject({ wasStopped: false });
}

const countFile = (rig: HealthRig) => join(rig.home, '.restart_fail_count');

test('where no service is installed there is a word, and nothing is told or restarted', async () => {
  const rig = await healthRig();
  expect(await rig.runFor('service')).toMatchObject({
    state: 'off',
    text: 'is not installed for this home',
  });
  await rig.install(RUNS, '/somebody/else/.claudio');
  await rig.services.start();
  await expect.poll(rig.starts).toBe(1);
  expect(await rig.runFor('service')).toMatchObject({ state: 'off' });
  expect(rig.told()).toEqual([]);
  expect(rig.starts()).toBe(1);
});

test('a service that was stopped on purpose, or not started yet, stays as it is', async () => {
  const rig = await healthRig();
  await rig.install(RUNS);
  expect(await rig.runFor('service')).toMatchObject({ state: 'off', text: 'was stopped' });
  await rig.services.start();
  await expect.poll(rig.starts).toBe(1);
  await rig.services.stop();
  expect(await rig.runFor('service')).toMatchObject({ state: 'off', text: 'was stopped' });
  expect(rig.starts()).toBe(1);
  expect(rig.told()).toEqual([]);
});

test('stopping a service ends the alert about it without a word, and what it had of restarts', async () => {
  const rig = await healthRig();
  await crashed(rig);
  for (let count = 0; count < 4; count += 1) {
    await rig.run();
    rig.clock.advance(5 * MINUTE_MS);
  }
  expect(rig.told()).toHaveLength(1);
  await rig.services.stop();
  expect(await rig.runFor('service')).toMatchObject({ state: 'off' });
  expect(existsSync(countFile(rig))).toBe(false);
  expect(rig.told()).toHaveLength(1);
});

test.each(['silent', 'odd'] as const)(
  'a service that crashed and is %s is restarted three times, then told once, until it is well',
  async (kind) => {
    const rig = await healthRig();
    await crashed(rig);
    await rig.answer(kind === 'odd' ? 'odd' : null);
    for (const count of [1, 2, 3]) {
      expect(await rig.runFor('service')).toMatchObject({
        state: 'failed',
        text: expect.stringContaining(`restarted (${count} of 3)`) as string,
      });
      await expect.poll(rig.starts).toBe(1 + count);
      rig.clock.advance(5 * MINUTE_MS);
    }
    expect(rig.told()).toEqual([]);
    for (let run = 0; run < 3; run += 1) {
      await rig.run();
      rig.clock.advance(8 * 60 * MINUTE_MS);
    }
    expect(rig.starts()).toBe(4);
    expect(rig.told()).toHaveLength(1);
    const reason = kind === 'odd' ? 'HTTP 404, and not what Claudio answers' : 'connection refused';
    expect(rig.told()[0]).toBe(
      `⚠️ The service does not answer (${reason}), and 3 restarts did not help.\n` +
        'Since 03:10, for 15 min.\n' +
        '→ claudio log tells why it ended; claudio restart tries once more.',
    );
    await rig.answer({});
    expect(await rig.runFor('service')).toMatchObject({ state: 'ok' });
    expect(rig.told()[1]).toMatch(/^✅ The service is well again, after 24 h 15 min\.$/u);
    expect(existsSync(countFile(rig))).toBe(false);
  },
);

test('an answer of 503 is no reason to restart, and does not give the restarts back before a quarter of an hour', async () => {
  const rig = await healthRig();
  await rig.install(RUNS);
  await rig.services.start();
  await expect.poll(rig.starts).toBe(1);
  const failing = { database: { ok: false, remedy: 'Look at the disk.' } };
  writeFileSync(countFile(rig), '3\n');
  await rig.answer({ checks: failing, uptimeSeconds: 14 * 60 });
  expect(await rig.runFor('service')).toMatchObject({ state: 'ok' });
  expect(readFileSync(countFile(rig), 'utf8')).toBe('3\n');
  await rig.answer({ checks: failing, uptimeSeconds: 16 * 60 });
  await rig.run();
  expect(existsSync(countFile(rig))).toBe(false);
  expect(rig.starts()).toBe(1);
  // What fails is told, once it has failed twice in a row.
  rig.clock.advance(5 * MINUTE_MS);
  await rig.run();
  expect(rig.told()).toEqual([
    '⚠️ The database does not take what is to be kept.\nSince 03:10, for 5 min.\n→ Look at the disk.',
  ]);
});

test('removing the notes by hand gives the restarts back, and what does not help is told again', async () => {
  const rig = await healthRig();
  await crashed(rig);
  const climb = async (startsBefore: number) => {
    for (let count = 1; count <= 4; count += 1) {
      await rig.run();
      await expect.poll(rig.starts).toBe(startsBefore + Math.min(count, 3));
      rig.clock.advance(10 * MINUTE_MS);
    }
  };
  await climb(1);
  expect(rig.told()).toHaveLength(1);
  rmSync(countFile(rig));
  rmSync(join(rig.home, '.last_restart_attempt'));
  await climb(4);
  expect(rig.starts()).toBe(7);
  expect(rig.told()).toHaveLength(2);
});

test('with settings that no service starts with nothing is restarted, and the fault is told at once', async () => {
  const rig = await healthRig();
  await crashed(rig, 'exit 78');
  writeFileSync(join(rig.home, 'service.env'), 'MODEL="not a model"\nbroken line\n');
  expect(await rig.runFor('service')).toMatchObject({ state: 'failed' });
  expect(rig.starts()).toBe(1);
  expect(rig.told()).toHaveLength(1);
  expect(rig.told()[0]).toMatch(/would not start: Line 2 .*\(and 1 more\)\.\n[^]*claudio doctor/u);
});

test('while it is set up, restored or updated nothing is restarted, and nothing told for an hour', async () => {
  const rig = await healthRig();
  await crashed(rig);
  const setup = lockHome(rig.home, 'install');
  const busy = { text: expect.stringContaining('it is being') as string };
  expect(await rig.runFor('service')).toMatchObject(busy);
  setup.release();
  const update = await keepDatabase(rig.home);
  rig.clock.advance(59 * MINUTE_MS);
  expect(await rig.runFor('service')).toMatchObject(busy);
  expect(rig.told()).toEqual([]);
  rig.clock.advance(MINUTE_MS);
  await rig.run();
  expect(rig.told()).toHaveLength(1);
  update.release();
  expect(rig.starts()).toBe(1);
  // A snapshot needs no service to be down, and may hang on its disk.
  const backup = lockHome(rig.home, 'backup');
  await rig.run();
  backup.release();
  await expect.poll(rig.starts).toBe(2);
});

test('a service that is just being stopped is let go, and nothing is told', async () => {
  const rig = await healthRig();
  const [ready, done] = [join(rig.home, 'ready'), join(rig.home, 'done')];
  await rig.install(
    `trap 'until [ -e ${done} ]; do sleep 0.05; done; exit 0' TERM\n: > ${ready}\nsleep 60 & wait`,
  );
  await rig.services.start();
  await expect.poll(() => existsSync(ready)).toBe(true);
  const stopping = rig.services.stop();
  await expect.poll(async () => (await rig.services.state()).isStopping).toBe(true);
  expect(await rig.runFor('service')).toMatchObject({
    text: expect.stringContaining('it is being stopped') as string,
  });
  writeFileSync(done, '');
  await stopping;
  expect(await rig.services.state()).toMatchObject({ isStopping: false, wasStopped: true });
  expect(rig.starts()).toBe(1);
  expect(rig.told()).toEqual([]);
});

test('a port that another Claudio has is told, and no restart is tried', async () => {
  const rig = await healthRig();
  await crashed(rig);
  await rig.answer({ home: '/somebody/else/.claudio' });
  expect(await rig.runFor('service')).toMatchObject({ state: 'failed' });
  expect(rig.starts()).toBe(1);
  expect(rig.told()[0]).toContain('belongs to the Claudio of /somebody/else/.claudio');
});

test('a systemd that cannot be reached costs a restart each time, and is told', async () => {
  const rig = await healthRig();
  await rig.install(RUNS);
  rig.system.behave({ bus: 'missing' });
  for (let count = 0; count < 4; count += 1) {
    await rig.run();
    rig.clock.advance(5 * MINUTE_MS);
  }
  expect(rig.told()).toHaveLength(1);
});
