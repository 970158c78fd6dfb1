import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readGit } from '../../../src/commands/custom/git-reading.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const READING = [
  ['status', 'git status'],
  ['status -s', 'git status -s'],
  ['status -sb', 'git status -sb'],
  ['status --porcelain=v2 --branch', 'git status --porcelain=v2 --branch'],
  ['git status', 'git status'],
  ['log', 'git log --no-ext-diff --no-textconv'],
  ['log --oneline -5', 'git log --no-ext-diff --no-textconv --oneline -5'],
  ['log -n 5', 'git log --no-ext-diff --no-textconv -n 5'],
  ['log -n5 --graph --all', 'git log --no-ext-diff --no-textconv -n5 --graph --all'],
  ['log --max-count=3 main', 'git log --no-ext-diff --no-textconv --max-count=3 main'],
  ['log main..feature', 'git log --no-ext-diff --no-textconv main..feature'],
  ['log main...feature', 'git log --no-ext-diff --no-textconv main...feature'],
  ['log ..origin/main', 'git log --no-ext-diff --no-textconv ..origin/main'],
  ['log HEAD~3', 'git log --no-ext-diff --no-textconv HEAD~3'],
  ['log HEAD^', 'git log --no-ext-diff --no-textconv HEAD^'],
  ['log ^main feature', "git log --no-ext-diff --no-textconv '^main' feature"],
  ['log HEAD@{1}', "git log --no-ext-diff --no-textconv 'HEAD@{1}'"],
  ['log --since="2 weeks ago"', "git log --no-ext-diff --no-textconv '--since=2 weeks ago'"],
  ["log --since '2 weeks ago'", "git log --no-ext-diff --no-textconv --since '2 weeks ago'"],
  ['log --author=Müller', "git log --no-ext-diff --no-textconv '--author=Müller'"],
  ['log --format=%h%x20%s -3', 'git log --no-ext-diff --no-textconv --format=%h%x20%s -3'],
  ['log --pretty=format:%h', 'git log --no-ext-diff --no-textconv --pretty=format:%h'],
  ['log -- src/app.ts', 'git log --no-ext-diff --no-textconv -- src/app.ts'],
  [
    'log --follow -p -- src/app.ts',
    'git log --no-ext-diff --no-textconv --follow -p -- src/app.ts',
  ],
  ['log -S token -- src', 'git log --no-ext-diff --no-textconv -S token -- src'],
  ['log -Stoken', 'git log --no-ext-diff --no-textconv -Stoken'],
  ['diff', 'git diff --no-ext-diff --no-textconv'],
  ['diff --stat', 'git diff --no-ext-diff --no-textconv --stat'],
  ['diff --cached', 'git diff --no-ext-diff --no-textconv --cached'],
  ['diff -U10 HEAD~1 HEAD', 'git diff --no-ext-diff --no-textconv -U10 HEAD~1 HEAD'],
  ['diff main -- src', 'git diff --no-ext-diff --no-textconv main -- src'],
  ['diff --name-only origin/main', 'git diff --no-ext-diff --no-textconv --name-only origin/main'],
  ['show', 'git show --no-ext-diff --no-textconv'],
  ['show HEAD', 'git show --no-ext-diff --no-textconv HEAD'],
  ['show HEAD:src/app.ts', 'git show --no-ext-diff --no-textconv HEAD:src/app.ts'],
  ['show --stat v1.2.3', 'git show --no-ext-diff --no-textconv --stat v1.2.3'],
  ['branch', 'git branch'],
  ['branch -a', 'git branch -a'],
  ['branch -avv', 'git branch -avv'],
  ['branch --list feature/', 'git branch --list feature/'],
  ['branch --contains main', 'git branch --contains main'],
  ['branch --merged', 'git branch --merged'],
  ['branch --no-merged=main', 'git branch --no-merged=main'],
  ['branch --show-current', 'git branch --show-current'],
  ['branch --sort=-committerdate', 'git branch --sort=-committerdate'],
  ['tag', 'git tag'],
  ['tag -l', 'git tag -l'],
  ['tag -n3', 'git tag -n3'],
  ['tag --list v1', 'git tag --list v1'],
  ['tag --points-at HEAD', 'git tag --points-at HEAD'],
  ['remote', 'git remote'],
  ['remote -v', 'git remote -v'],
  ['remote get-url origin', 'git remote get-url origin'],
  ['remote get-url --push origin', 'git remote get-url --push origin'],
] as const;

test.each(READING)('/git %s is run as it was meant', (typed, line) => {
  expect(readGit(typed)).toEqual({ line, tool: `Bash(${line})` });
});

const OTHERS = [
  '',
  'git',
  'push',
  'pull',
  'fetch origin',
  'commit -m x',
  'checkout main',
  'reset --hard',
  'config --list',
  'constructor',
  '-c core.pager=sh log',
  '-C / log',
  '--git-dir=/x log',
  '--exec-path=/x log',
  '--paginate log',
  'log -c',
  'log --output=x',
  'log --output x',
  'log -ox',
  'diff -o x',
  'diff --ext-diff',
  'diff --textconv',
  'show --textconv HEAD',
  'diff --no-index a b',
  'diff -Ofile',
  'diff -O file',
  'diff /etc/passwd /etc/shadow',
  'diff --abbrev /etc/passwd x',
  'diff ../secret x',
  'diff a ../../b',
  'diff -- ../secret',
  'diff ~/.ssh/id_rsa x',
  'log -- --output=x',
  'log --author -- --output=x',
  'log --author --output=x',
  'log --exec=x',
  'log --upload-pack=x',
  'log --open-files-in-pager',
  'log --out=x',
  'log --show-signature',
  'log -L 1,5:file',
  'branch feature',
  'branch feature main',
  'branch -d feature',
  'branch -D feature',
  'branch -m a b',
  'branch -M a b',
  'branch -c a b',
  'branch -u origin/main',
  'branch --set-upstream-to=origin/main',
  'branch --unset-upstream',
  'branch --edit-description',
  'branch --delete feature',
  'branch --del feature',
  'branch -f main HEAD~1',
  'branch -v feature',
  'branch -a feature',
  'branch -- feature',
  'branch -- --list',
  'branch --sort --list feature',
  'branch --contains --list feature',
  'tag v1',
  'tag v1 HEAD',
  'tag -d v1',
  'tag -a v1',
  'tag -a v1 -m x',
  'tag -s v1',
  'tag -f v1',
  'tag -v v1',
  'tag -n 5 v1',
  'tag --delete v1',
  'remote add x y',
  'remote rm origin',
  'remote remove origin',
  'remote rename a b',
  'remote set-url origin y',
  'remote update',
  'remote prune origin',
  'remote show origin',
  'remote -v update',
  'status; rm x',
  'status && rm x',
  'status | sh',
  'status > x',
  'status & x',
  'log $(id)',
  'log `id`',
  'log $HOME',
  'log "$(id)"',
  'log *',
  'log \\x',
  'log !x',
  'log "unfinished',
  "log 'unfinished",
  'log ""',
  'status\nrm x',
  'status\rrm x',
  'log \u0000',
  'log <(id)',
  'log {a,b}',
  'log --format=%(trailers)',
];

test.each(OTHERS)('/git %j is refused with a word', (typed) => {
  const read = readGit(typed);
  expect(read).toHaveProperty('fault');
  if ('fault' in read) expect(read.fault).toMatch(/\.$/u);
});

test('a shell takes what is run for just the words that were checked', () => {
  const word = fc.string({
    unit: fc.constantFrom(...'abZ09._/:@^~{}=+%#- ü\'"$`;|&<>*?()[]\\!\n'.split('')),
    minLength: 1,
    maxLength: 12,
  });
  let readCount = 0;
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), (words) => {
      const read = readGit(`log ${words.join(' ')}`);
      if ('fault' in read) return;
      readCount += 1;
      expect(read.line).toMatch(
        /^git log --no-ext-diff --no-textconv(?: [^'$`;|&<>*?()[\]\\!\n" ]+| '[^'\n]+')*$/u,
      );
    }),
    { numRuns: 3000 },
  );
  expect(readCount).toBeGreaterThan(50);
  const printed = execFileSync('bash', [
    '-c',
    `printf '%s|' ${READING.map(([, line]) => line).join(' ')}`,
  ]).toString();
  expect(printed).toContain('|^main|feature|');
  expect(printed).toContain('|HEAD@{1}|');
  expect(printed).toContain('|--since=2 weeks ago|');
  expect(printed.split('|')).toHaveLength(
    READING.flatMap(([, line]) => line.match(/'[^']*'|\S+/gu)).length + 1,
  );
});

test('git itself changes nothing at any of the reading forms, and knows their options', () => {
  const folder = temporaryFolder();
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@example.org',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@example.org',
  };
  const run = (line: string) =>
    execFileSync('bash', ['-c', line], { cwd: folder, env, stdio: 'pipe' }).toString();
  run('git init -q -b main . && git remote add origin https://example.org/x.git');
  writeFileSync(join(folder, 'a.txt'), 'a\n');
  run('git add . && git commit -qm one && git tag v1 && git branch feature');
  const state = () => run('git for-each-ref && cat .git/config && ls -A');
  const before = state();
  const unknown: string[] = [];
  for (const [, line] of READING) {
    try {
      run(line);
    } catch (error) {
      // What it names need not be there; an option that git does not know ends it with 129.
      if (Object(error).status === 129) unknown.push(line);
    }
  }
  expect(unknown).toEqual([]);
  expect(state()).toBe(before);
  expect(existsSync(join(folder, 'x'))).toBe(false);
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('a\n');
});

test('no program that the repository names is run for what is shown', () => {
  const folder = temporaryFolder();
  const env = { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
  const run = (line: string) =>
    execFileSync('bash', ['-c', line], { cwd: folder, env, stdio: 'pipe' }).toString();
  run('git init -q -b main && git config user.name a && git config user.email a@example.org');
  writeFileSync(join(folder, '.gitattributes'), '*.txt diff=own\n');
  writeFileSync(join(folder, 'a.txt'), 'a\n');
  run('git add . && git commit -qm one');
  writeFileSync(join(folder, 'a.txt'), 'b\n');
  run('git add . && git commit -qm two');
  writeFileSync(join(folder, 'a.txt'), 'c\n');
  run(
    "git config diff.external 'touch ran-external;' && git config diff.own.textconv 'touch ran-textconv; cat'",
  );
  for (const typed of ['diff', 'log -p', 'show', 'diff HEAD~1 HEAD']) {
    const read = readGit(typed);
    expect('line' in read && run(read.line), typed).toMatch(/^\+[bc]$/mu);
  }
  expect(run('ls')).toBe('a.txt\n');
});
