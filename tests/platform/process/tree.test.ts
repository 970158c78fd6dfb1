import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { start, type Child } from '../../../src/platform/process/spawn.ts';
import { createProcessTable } from '../../../src/platform/process/table.ts';
import { parseProcessLine } from '../../../src/platform/process/table-darwin.ts';
import { createTree } from '../../../src/platform/process/tree.ts';

const VARIABLE = 'CLAUDIO_TEST_MARK';
const TIMES = { graceMs: 200, limitMs: 5000 };

/** Starts a shell that is killed after the test in any case, and waits for its first line. */
async function startMarked(script: string, mark: string): Promise<Child> {
  const env = { PATH: '/usr/bin:/bin', [VARIABLE]: mark };
  const child = start({ file: '/bin/sh', args: ['-c', script], cwd: '/', env, stdin: '' });
  onTestFinished(() => child.signal('SIGKILL'));
  await child.lines[Symbol.asyncIterator]().next();
  return child;
}

const treeOf = (mark: string, times = TIMES) =>
  createTree({ root: null, variable: VARIABLE, isOurs: (value) => value === mark }, times);

describe('a tree of processes', () => {
  it('is found by the mark in its environment, and nothing else is', async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    const child = await startMarked('sleep 30 & echo; wait', mine);
    await startMarked('sleep 30 & echo; wait', other);
    const found = await treeOf(mine).look();
    expect(found.map((entry) => entry.pid)).toContain(child.pid);
    expect(found).toHaveLength(2);
    for (const entry of found)
      expect(Math.abs(entry.startedAtMs - Date.now())).toBeLessThan(10_000);
  });

  it('is stopped whole: sessions of their own, orphans, children without the mark, and those that ignore TERM', async () => {
    const mark = randomUUID();
    const child = await startMarked(
      `trap '' TERM
       (setsid sh -c "trap '' TERM; sleep 30 & wait; sleep 30" &)
       env -u ${VARIABLE} sh -c "sleep 30 & wait" &
       echo; wait; sleep 30`,
      mark,
    );
    const tree = treeOf(mark);
    await vi.waitFor(
      async () => expect((await tree.look()).length).toBeGreaterThanOrEqual(5),
      10_000,
    );
    expect(await tree.stop()).toEqual({ stoppedCount: expect.any(Number), leftCount: 0 });
    expect(await tree.look()).toEqual([]);
    expect((await child.ended).kind).toBe('signalled');
  });

  it('gets TERM first, so that it can put its things in order', async () => {
    const mark = randomUUID();
    const child = await startMarked(`trap 'exit 42' TERM; echo; sleep 30 & wait`, mark);
    await treeOf(mark, { graceMs: 5000, limitMs: 10_000 }).stop();
    expect(await child.ended).toEqual({ kind: 'exited', code: 42 });
  });

  it('stays known after its parent is gone, and where nobody bears the mark', async () => {
    const child = await startMarked(`env -u ${VARIABLE} sh -c 'setsid sleep 30 & echo; wait'`, 'x');
    const root = await createProcessTable().find(child.pid ?? 0);
    const tree = createTree({ root, variable: VARIABLE, isOurs: () => false }, TIMES);
    await vi.waitFor(
      async () => expect((await tree.look()).length).toBeGreaterThanOrEqual(2),
      10_000,
    );
    child.signal('SIGKILL');
    await child.ended;
    expect(await tree.stop()).toEqual({ stoppedCount: expect.any(Number), leftCount: 0 });
    expect(await tree.look()).toEqual([]);
  });

  it('does not take in a descendant that bears the mark of another', async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    await startMarked(`env ${VARIABLE}=${other} sleep 30 & echo; wait`, mine);
    await vi.waitFor(async () => expect(await treeOf(other).look()).toHaveLength(1), 10_000);
    await treeOf(mine).stop();
    expect(await treeOf(other).look()).toHaveLength(1);
    await treeOf(other).stop();
  });

  it('that is gone already takes no time', async () => {
    expect(await treeOf(randomUUID()).stop()).toEqual({ stoppedCount: 0, leftCount: 0 });
  });
});

describe('the table of processes', () => {
  const table = createProcessTable();

  it('does not signal a process that has taken over the pid of another', async () => {
    const child = await startMarked('echo; sleep 30', randomUUID());
    const entry = await table.find(child.pid ?? 0);
    if (entry === null) expect.unreachable();
    expect(await table.signal({ ...entry, startToken: 'another start' }, 'SIGKILL')).toBe(false);
    expect(await table.find(entry.pid)).toEqual(entry);
    expect(await table.signal(entry, 'SIGKILL')).toBe(true);
    expect(await child.ended).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
    expect(await table.signal(entry, 'SIGKILL')).toBe(false);
  });

  it('leaves out the dead that nobody has reaped', async () => {
    const mark = randomUUID();
    // exec replaces the shell by a program that never waits for the child that it inherits.
    const child = await startMarked('(exit 0) & dead=$!; echo "$dead"; exec sleep 30', mark);
    await vi.waitFor(async () => {
      const ours = (await table.list()).filter((entry) => entry.parentPid === child.pid);
      expect(ours).toEqual([]);
    }, 10_000);
    expect((await table.list()).map((entry) => entry.pid)).toContain(child.pid);
  });

  it('reads the lines of ps on macOS', () => {
    expect(parseProcessLine('  501   1   501 Ss   Sat Nov 21 06:07:47 2026    ')).toEqual({
      pid: 501,
      parentPid: 1,
      groupId: 501,
      startToken: 'Sat Nov 21 06:07:47 2026',
      startedAtMs: Date.UTC(2026, 10, 21, 6, 7, 47),
    });
    expect(parseProcessLine('501 1 501 Z Sat Nov 21 06:07:47 2026')).toBeNull();
    expect(parseProcessLine('  PID  PPID')).toBeNull();
  });
});
