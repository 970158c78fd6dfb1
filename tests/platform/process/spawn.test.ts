import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runToEnd } from '../../../src/platform/process/capture.ts';
import { childEnvironment } from '../../../src/platform/process/environment.ts';
import { start, type Child, type Command } from '../../../src/platform/process/spawn.ts';

const shell = (script: string, over: Partial<Command> = {}): Command => ({
  file: '/bin/sh',
  args: ['-c', script],
  cwd: '/',
  env: { PATH: '/usr/bin:/bin' },
  stdin: '',
  ...over,
});

async function textsOf(child: Child): Promise<string[]> {
  const texts: string[] = [];
  for await (const line of child.lines) texts.push(line.kind === 'line' ? line.text : line.kind);
  return texts;
}

describe('a child process', () => {
  it('gets its input, its environment and its arguments as they are, without a shell', async () => {
    const args = ['-c', 'printf "%s\\n" "$1" "$(cat)"; env', 'sh', '$HOME `id` "q" *'];
    const child = start(
      shell('', { args, env: { PATH: '/usr/bin:/bin', ONLY: 'ü' }, stdin: 'in: 日' }),
    );
    const texts = await textsOf(child);
    expect(texts.slice(0, 2)).toEqual(['$HOME `id` "q" *', 'in: 日']);
    expect(texts).toContain('ONLY=ü');
    expect(texts.filter((text) => /^(HOME|USER|NODE_\w+|VITEST\w*)=/.test(text))).toEqual([]);
    expect(await child.ended).toEqual({ kind: 'exited', code: 0 });
  });

  it('leads a process group of its own', async () => {
    const child = start(shell('ps -o pgid= -p $$'));
    expect((await textsOf(child)).map(Number)).toEqual([child.pid]);
  });

  it('tells an exit from a signal', async () => {
    expect(await start(shell('exit 7')).ended).toEqual({ kind: 'exited', code: 7 });
    expect(await start(shell('kill -HUP $$')).ended).toEqual({
      kind: 'signalled',
      signal: 'SIGHUP',
    });
  });

  it('takes no harm from a program that does not read its input', async () => {
    const child = start(shell('exec 0<&-; echo done', { stdin: 'x'.repeat(5_000_000) }));
    expect(await textsOf(child)).toEqual(['done']);
  });

  it('has its output read to the end even where the reader takes its time', async () => {
    const child = start(shell('i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done'));
    const texts: string[] = [];
    for await (const line of child.lines) {
      if (texts.length === 0) await Promise.all([child.ended, start(shell('sleep 1')).ended]);
      if (line.kind === 'line') texts.push(line.text);
    }
    expect(texts).toHaveLength(3000);
    expect(texts.at(-1)).toBe('line 2999');
  });

  it('has ended reading when it is gone, although its own child holds the pipe', async () => {
    const child = start(shell('sleep 20 & echo "$!"'));
    const [pid] = await textsOf(child);
    expect(process.kill(Number(pid), 'SIGKILL')).toBe(true);
  });

  it('stops being read on demand', async () => {
    const child = start(shell('echo one; exec sleep 20'));
    const texts: string[] = [];
    for await (const line of child.lines) {
      if (line.kind === 'line') texts.push(line.text);
      child.stopReading();
    }
    expect(texts).toEqual(['one']);
    child.signal('SIGKILL');
    expect(await child.ended).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
  });

  it('keeps the end of its complaints', async () => {
    const child = start(shell('head -c 300000 /dev/zero | tr "\\0" e >&2; echo last >&2'));
    await textsOf(child);
    await child.stderrEnded;
    expect(child.stderrTail()).toMatch(/^e+last\n$/);
    expect(child.stderrTail().length).toBe(64 * 1024);
  });

  it('is heard out no longer than a moment where a child of its own keeps its standard error open', async () => {
    const child = start(shell('echo last >&2; sleep 4000 > /dev/null &'));
    expect(await child.ended).toEqual({ kind: 'exited', code: 0 });
    await child.stderrEnded;
    expect(child.stderrTail()).toBe('last\n');
    process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
  });

  it('is heard out also where this process itself did not run meanwhile', async () => {
    const child = start(shell('echo out; echo last >&2; sleep 4000 > /dev/null 2>&1 &'));
    const texts = textsOf(child);
    await child.ended;
    // What it said lies in the pipes; the time for silence is over when the next turn begins.
    const untilMs = performance.now() + 400;
    while (performance.now() < untilMs);
    expect(await texts).toEqual(['out']);
    await child.stderrEnded;
    expect(child.stderrTail()).toBe('last\n');
    process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
  });

  describe('that cannot be started', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'claudio-spawn-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.each([
      ['a program that is not there', { file: '/no/such/program' }, 'not-found'],
      ['a folder that is not there', { cwd: '/no/such/folder' }, 'no-folder'],
      ['a folder that is a file', { cwd: '/bin/sh' }, 'no-folder'],
      [
        'an argument longer than the system takes',
        { args: ['-c', 'x'.repeat(5_000_000)] },
        'too-long',
      ],
      ['a NUL in an argument', { args: ['-c', 'a\0b'] }, 'other'],
    ])('says so as a value: %s', async (_name, over, reason) => {
      const child = start(shell('', over));
      expect(await textsOf(child)).toEqual([]);
      expect(await child.ended).toMatchObject({ kind: 'spawn-failed', reason });
      expect(child.pid).toBeNull();
      await child.stderrEnded;
    });

    it('says so as a value: a file that may not be run', async () => {
      const file = join(folder, 'plain');
      writeFileSync(file, 'text');
      chmodSync(file, 0o644);
      expect(await start(shell('', { file })).ended).toMatchObject({ reason: 'not-executable' });
    });

    it('says so as a value: a machine that is out of file descriptors', () => {
      const spawnPath = import.meta.resolve('../../../src/platform/process/spawn.ts');
      const script = `
        import { openSync } from 'node:fs';
        import { start } from ${JSON.stringify(spawnPath)};
        try { for (;;) openSync('/dev/null'); } catch {}
        const child = start(${JSON.stringify(shell('echo one', { stdin: 'in' }))});
        for await (const line of child.lines) console.log(line);
        child.signal('SIGKILL');
        child.stopReading();
        console.log(JSON.stringify({ ...(await child.ended), pid: child.pid }));
      `;
      const node = [process.execPath, '--input-type=module', '-e', script];
      const limited = ['-c', 'ulimit -n 64; exec "$@"', 'sh', ...node];
      expect(JSON.parse(execFileSync('/bin/sh', limited, { encoding: 'utf8' }))).toEqual({
        kind: 'spawn-failed',
        reason: 'other',
        message: expect.stringContaining('EMFILE'),
        pid: null,
      });
    });
  });
});

describe('a program that is only asked', () => {
  const never = new AbortController().signal;

  it('has its output returned, whatever its exit code', async () => {
    expect(await runToEnd(shell('echo a; echo b; exit 3'), 5000, never)).toBe('a\nb');
  });

  it('is given up on after its time, and on demand', async () => {
    expect(await runToEnd(shell('exec sleep 20'), 50, never)).toBeNull();
    expect(await runToEnd(shell('exec sleep 20'), 5000, AbortSignal.timeout(50))).toBeNull();
    expect(await runToEnd(shell('echo a'), 5000, AbortSignal.abort())).toBeNull();
  });
});

describe('the environment of a child', () => {
  it('holds what is allowed, by name or by beginning, and what is set', () => {
    const source = { A: '1', AB: '2', LC_ALL: '3', XLC_: '4', SECRET: '5', GONE: undefined };
    expect(childEnvironment(source, ['A', 'LC_*', 'GONE'], { A: '6', NEW: '7' })).toEqual({
      A: '6',
      LC_ALL: '3',
      NEW: '7',
    });
  });
});
