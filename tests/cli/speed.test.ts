import { expect, test } from 'vitest';
import { packageVersion } from '../../src/platform/package.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { claudio } from './claudio.ts';

async function timed(...args: Parameters<typeof claudio>) {
  const startedAtMs = performance.now();
  return { ...(await claudio(...args)), tookMs: performance.now() - startedAtMs };
}

test('--help lists the commands and version tells the version, each in under 300 ms', async () => {
  const env = { HOME: temporaryFolder(), PATH: '/usr/bin:/bin' };
  const times = { help: [] as number[], version: [] as number[] };
  for (let run = 0; run < 5; run += 1) {
    const help = await timed(['--help'], env);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage: claudio .*\n\nTalk to Claude Code/u);
    expect(help.stdout).toMatch(/^ {2}start +run the service/mu);
    expect(help.stdout).toMatch(/^ {2}version +print the version/mu);
    const version = await timed(['version'], env);
    expect(version).toMatchObject({ code: 0, stderr: '', stdout: `${packageVersion()}\n` });
    times.help.push(help.tookMs);
    times.version.push(version.tookMs);
  }
  expect(median(times.help)).toBeLessThan(300);
  expect(median(times.version)).toBeLessThan(300);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
