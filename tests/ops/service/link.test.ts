import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linkProgram, unlinkProgram } from '../../../src/ops/service/link.ts';
import { packageRoot } from '../../../src/platform/package.ts';
import { systemStandins } from '../../standins/system/standins.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const LAUNCHER = join(packageRoot(), 'deploy/claudio');

function user(environment: Record<string, string> = {}, platform: NodeJS.Platform = 'linux') {
  const userHome = temporaryFolder();
  const folder = join(userHome, '.local/bin');
  const path = join(folder, 'claudio');
  const host = systemStandins({ programs: [] }).host({
    userHome,
    platform,
    environment: { PATH: `/usr/bin:${folder}/`, ...environment },
  });
  return { host, folder, path, userHome };
}

test('the link is made, left as it is the second time, and taken away', () => {
  const { host, path, folder } = user();
  expect(linkProgram(host)).toEqual({ outcome: 'made', path, findings: [] });
  expect(readlinkSync(path)).toBe(LAUNCHER);
  const before = lstatSync(path).ino;
  expect(linkProgram(host).outcome).toBe('unchanged');
  expect(lstatSync(path).ino).toBe(before);
  expect(unlinkProgram(host)).toBe('removed');
  expect(readdirSync(folder)).toEqual([]);
  expect(unlinkProgram(host)).toBe('absent');
});

test('a link to another copy of Claudio, there or gone, is set anew', () => {
  const { host, path, folder } = user();
  mkdirSync(folder, { recursive: true });
  symlinkSync('/gone/claudio/deploy/claudio', path);
  expect(linkProgram(host).outcome).toBe('updated');
  expect(readlinkSync(path)).toBe(LAUNCHER);
});

test.each(['a file', 'a link to elsewhere', 'a folder', 'the launcher of another program'])(
  '%s that is not ours is never replaced nor removed',
  (what) => {
    const { host, path, folder, userHome } = user();
    mkdirSync(folder, { recursive: true });
    const other = join(userHome, 'other');
    mkdirSync(join(other, 'deploy'), { recursive: true });
    writeFileSync(join(other, 'package.json'), '{ "name": "another" }');
    if (what === 'a file') writeFileSync(path, 'mine');
    else if (what === 'a folder') mkdirSync(path);
    else
      symlinkSync(
        what === 'a link to elsewhere' ? '/usr/bin/true' : join(other, 'deploy/claudio'),
        path,
      );
    const before = lstatSync(path).ino;
    const { outcome, findings } = linkProgram(host);
    expect(outcome).toBe('foreign');
    expect(findings).toEqual([
      {
        name: 'link',
        state: 'warning',
        text: `${path} is there already and is not Claudio's`,
        remedy: `Move it away and install again, or run ${LAUNCHER} by its own name.`,
      },
    ]);
    expect(unlinkProgram(host)).toBe('foreign');
    expect(lstatSync(path).ino).toBe(before);
  },
);

test.each([
  ['/bin/bash', 'linux', '~/.bashrc', 'export PATH="$HOME/.local/bin:$PATH"'],
  ['/bin/bash', 'darwin', '~/.bash_profile', 'export PATH="$HOME/.local/bin:$PATH"'],
  ['/usr/bin/zsh', 'darwin', '~/.zshrc', 'export PATH="$HOME/.local/bin:$PATH"'],
  ['/usr/local/bin/fish', 'linux', '~/.config/fish/config.fish', 'fish_add_path ~/.local/bin'],
  ['', 'linux', '~/.profile', 'export PATH="$HOME/.local/bin:$PATH"'],
] as const)(
  'a folder that is not on the PATH of %s on %s is said with the line to add',
  (SHELL, platform, file, line) => {
    const { host, folder } = user({ SHELL, PATH: '/usr/bin:relative' }, platform);
    expect(linkProgram(host).findings).toEqual([
      {
        name: 'path',
        state: 'warning',
        text: `${folder} is not on your PATH, so \`claudio\` is not found yet`,
        remedy: `Add this line to ${file} and open a new terminal: ${line}`,
      },
    ]);
  },
);

test('a folder that cannot be made is an error with its reason', () => {
  const { host, userHome } = user();
  writeFileSync(join(userHome, '.local'), 'a file');
  expect(() => linkProgram(host)).toThrow(/^.*\/\.local\/bin\/claudio cannot be made: ENOTDIR/u);
  expect(readFileSync(join(userHome, '.local'), 'utf8')).toBe('a file');
});
