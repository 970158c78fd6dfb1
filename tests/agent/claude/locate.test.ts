import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateClaude } from '../../../src/agent/claude/locate.ts';
import { readinessOf } from '../../../src/agent/claude/readiness.ts';
import { INSTANT_CLAUDE_PATH } from '../../environment.ts';
import { fixturePath } from './rig.ts';

describe('where Claude Code is looked for', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'claudio-locate-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const put = (path: string, mode = 0o755): string => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, '#!/bin/sh\n');
    chmodSync(full, mode);
    return full;
  };
  const env = () => ({ HOME: join(root, 'home'), PATH: `relative:${root}/path-1:${root}/path-2` });

  it('its own installer comes before the PATH, and the PATH before the usual places', () => {
    const usual = put('home/.bun/bin/claude');
    expect(locateClaude(null, env())).toBe(usual);
    const second = put('path-2/claude');
    expect(locateClaude(null, env())).toBe(second);
    const first = put('path-1/claude');
    expect(locateClaude(null, env())).toBe(first);
    const own = put('home/.local/bin/claude');
    expect(locateClaude(null, env())).toBe(own);
  });

  it('what a package has pinned is not the person’s own, though npx puts it first on the PATH', () => {
    const pinned = put('clone/node_modules/.bin/claude');
    const PATH = `${dirname(pinned)}:${root}/path-1`;
    expect(locateClaude(null, { ...env(), PATH })).toBeNull();
    const own = put('path-1/claude');
    expect(locateClaude(null, { ...env(), PATH })).toBe(own);
  });

  it('a file that may not be run, and a folder, are passed over', () => {
    put('home/.local/bin/claude', 0o644);
    put('path-1/claude/in-it');
    const found = put('path-2/claude');
    expect(locateClaude(null, env())).toBe(found);
  });

  it('where CLAUDE_BIN is set nothing else is tried', () => {
    put('path-1/claude');
    const chosen = put('elsewhere/claude');
    expect(locateClaude(chosen, env())).toBe(chosen);
    expect(locateClaude(join(root, 'gone'), env())).toBeNull();
  });
});

describe('the state of the program', () => {
  const signal = new AbortController().signal;
  const env = { PATH: '/usr/bin:/bin' };

  it('is good for one that answers', async () => {
    expect(await readinessOf(INSTANT_CLAUDE_PATH, env, '/', signal)).toEqual({
      found: true,
      version: '0.0.0',
      loggedIn: true,
      remedy: null,
    });
  });

  it('tells what to do where it is not found, and where it is something else', async () => {
    expect(await readinessOf(null, env, '/', signal)).toEqual({
      found: false,
      version: null,
      loggedIn: null,
      remedy: expect.stringContaining('CLAUDE_BIN'),
    });
    expect(await readinessOf(fixturePath('silent'), env, '/', signal)).toMatchObject({
      found: true,
      version: null,
      remedy: expect.stringContaining('--version'),
    });
  });

  it('is given up on when the signal aborts', async () => {
    const asked = readinessOf(fixturePath('ignores-signals'), env, '/', AbortSignal.timeout(100));
    expect(await asked).toMatchObject({ found: true, version: null, loggedIn: null });
  });
});
