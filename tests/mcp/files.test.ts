import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  linkSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { MAX_FILE_BYTES, openSendable } from '../../src/mcp/files.ts';
import { deniedFiles } from '../../src/policy/denied-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function put(path: string, content = `content of ${basename(path)}`): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** How a file of a key begins, put together so that this file holds none. */
const keyBeginning = (kind = '') => ['-----BEGIN ', kind, 'PRIVATE', ' KEY-----'].join('');

/** A working folder, Claudio's home with a turn's folder in it, and what is none of Claude's business. */
function place() {
  const root = realpathSync(temporaryFolder());
  const [work, home, elsewhere] = ['work', 'claudio', 'elsewhere'].map((name) => join(root, name));
  if (work === undefined || home === undefined || elsewhere === undefined) throw new Error('no');
  const turn = join(home, 'tmp', 'turn-1');
  for (const folder of [work, turn, elsewhere]) mkdirSync(folder, { recursive: true });
  const read = async (
    path: string,
    sendableDirs = [work, turn],
    denied: readonly string[] = [],
  ) => {
    const outcome = await openSendable(path, { sendableDirs, home, deniedFiles: denied });
    if (outcome.kind === 'refused') return outcome.reason;
    const text = await outcome.file.readFile('utf8');
    await outcome.file.close();
    return { name: outcome.name, text };
  };
  return { root, work, home, turn, elsewhere, read };
}

const OUTSIDE = /^is outside of the folders/u;
const HIDDEN = /^is hidden, or lies in a hidden folder/u;

test('a file is read by its path, absolute or from the working folder', async () => {
  const { work, turn, read } = place();
  put(join(work, 'sub', 'a.txt'), 'red');
  put(join(turn, 'b.txt'), 'blue');
  for (const path of ['sub/a.txt', './sub/../sub/a.txt', join(work, 'sub', 'a.txt')]) {
    expect(await read(path), path).toEqual({ name: 'a.txt', text: 'red' });
  }
  expect(await read(join(turn, 'b.txt'))).toEqual({ name: 'b.txt', text: 'blue' });
});

test('no path climbs out', async () => {
  const { root, work, elsewhere, read } = place();
  put(join(elsewhere, 'a.txt'));
  put(`${work}-too/a.txt`);
  for (const path of ['../elsewhere/a.txt', join(elsewhere, 'a.txt'), '../work-too/a.txt']) {
    expect(await read(path), path).toMatch(OUTSIDE);
  }
  expect(await read('/etc/passwd')).toMatch(OUTSIDE);
  expect(await read(join(root, 'work', '..', 'elsewhere', 'a.txt'))).toMatch(OUTSIDE);
});

test('no link leads out, wherever in the path it stands, and one that stays inside does no harm', async () => {
  const { work, elsewhere, read } = place();
  put(join(elsewhere, 'sub', 'a.txt'));
  symlinkSync(join(elsewhere, 'sub', 'a.txt'), join(work, 'link.txt'));
  symlinkSync('link.txt', join(work, 'link-to-link.txt'));
  symlinkSync(elsewhere, join(work, 'folder'));
  symlinkSync('../elsewhere', join(work, 'relative'));
  for (const path of ['link.txt', 'link-to-link.txt', 'folder/sub/a.txt', 'relative/sub/a.txt']) {
    expect(await read(path), path).toMatch(OUTSIDE);
  }
  put(join(work, 'real.txt'), 'red');
  symlinkSync('real.txt', join(work, 'latest.txt'));
  symlinkSync('.', join(work, 'here'));
  expect(await read('here/latest.txt')).toEqual({ name: 'real.txt', text: 'red' });
});

test('a link in a sendable folder’s own path is nothing against it', async () => {
  const { root, work, read } = place();
  put(join(work, 'a.txt'), 'red');
  symlinkSync(work, join(root, 'alias'));
  const dirs = [join(root, 'alias')];
  expect(await read('a.txt', dirs)).toMatchObject({ text: 'red' });
  expect(await read(join(work, 'a.txt'), dirs)).toMatchObject({ text: 'red' });
});

test('nothing of Claudio’s home goes out but the folder of the turn, even where the working folder holds it', async () => {
  const { root, home, turn, read } = place();
  put(join(home, 'claudio.db'));
  put(join(home, 'tmp', 'turn-2', 'a.txt'));
  put(join(turn, 'a.txt'), 'red');
  put(join(root, 'b.txt'), 'blue');
  for (const dirs of [
    [root, turn],
    [home, turn],
    [join(home, 'tmp', '..'), turn],
  ]) {
    expect(await read(join(home, 'claudio.db'), dirs)).toMatch(OUTSIDE);
    expect(await read(join(home, 'tmp', 'turn-2', 'a.txt'), dirs)).toMatch(OUTSIDE);
    expect(await read(join(turn, 'a.txt'), dirs)).toMatchObject({ text: 'red' });
  }
  expect(await read('b.txt', [root, turn])).toMatchObject({ text: 'blue' });
  expect(await read('claudio/claudio.db', [root, turn])).toMatch(OUTSIDE);
});

test('what is hidden stays hidden, also behind a link with another name', async () => {
  const { work, read } = place();
  put(join(work, '.env'));
  put(join(work, '.ssh', 'config'));
  put(join(work, 'sub', '.git', 'config'));
  put(join(work, '.github', 'workflows', 'check.yml'), 'on: push');
  put(join(work, '.github', '.token'));
  symlinkSync('.env', join(work, 'settings.txt'));
  symlinkSync('.ssh', join(work, 'keys'));
  for (const path of [
    '.env',
    '.ssh/config',
    'sub/.git/config',
    '.github/.token',
    'settings.txt',
    'keys/config',
  ]) {
    expect(await read(path), path).toMatch(HIDDEN);
  }
  expect(await read('.github/workflows/check.yml')).toMatchObject({ text: 'on: push' });
});

test('a sendable folder below a hidden one is not hidden by that', async () => {
  const { root, read } = place();
  const dir = dirname(put(join(root, '.local', 'work', 'a.txt'), 'red'));
  expect(await read('a.txt', [dir])).toMatchObject({ text: 'red' });
});

test('private keys are known by their names and by how they begin', async () => {
  const { work, read } = place();
  const names = ['id_rsa', 'ID_ED25519', 'server.pem', 'server.KEY', 'a.p12', 'vault.kdbx'];
  for (const name of names) {
    put(join(work, name));
    expect(await read(name), name).toBe('looks like a private key, and those are not sent');
  }
  for (const kind of ['', 'RSA ', 'OPENSSH ', 'ENCRYPTED ']) {
    put(join(work, 'notes.txt'), `\n${keyBeginning(kind)}\nmade up\n`);
    expect(await read('notes.txt'), kind).toBe('holds a private key, and those are not sent');
  }
  put(join(work, 'id_rsa.pub'), 'ssh-rsa made-up');
  expect(await read('id_rsa.pub')).toMatchObject({ name: 'id_rsa.pub' });
  put(join(work, 'keys.md'), `Such a file begins with ${keyBeginning()}.`);
  expect(await read('keys.md')).toMatchObject({ name: 'keys.md' });
});

test('only files of a sensible size are read: no folders, pipes, devices, nothing empty or huge', async () => {
  const { work, read } = place();
  mkdirSync(join(work, 'folder'));
  execFileSync('mkfifo', [join(work, 'pipe')]);
  put(join(work, 'empty'), '');
  put(join(work, 'huge'));
  truncateSync(join(work, 'huge'), MAX_FILE_BYTES + 1);
  put(join(work, 'large'));
  truncateSync(join(work, 'large'), MAX_FILE_BYTES);
  expect(await read('folder')).toBe('is a folder');
  expect(await read('.')).toBe('is a folder');
  expect(await read('pipe')).toBe('is no regular file');
  expect(await read('/dev/zero', ['/dev'])).toBe('is no regular file');
  expect(await read('empty')).toBe('is empty');
  expect(await read('huge')).toBe('is larger than 50 MB');
  expect(await read('large')).toMatchObject({ name: 'large' });
});

test('what is not there, or not a path at all, is a refusal', async () => {
  const { work, read } = place();
  put(join(work, 'a.txt'));
  symlinkSync('nowhere', join(work, 'dangling'));
  symlinkSync('circle', join(work, 'circle'));
  for (const path of ['none.txt', 'a.txt/b', 'dangling', 'circle', 'a\0.txt', 'x'.repeat(5000)]) {
    expect(await read(path), path.slice(0, 20)).toBe('does not exist or cannot be read');
  }
  expect(await read('a.txt', [join(work, 'none')])).toMatch(/does not exist/u);
  expect(await read(join(work, 'a.txt'), [join(work, 'none')])).toMatch(OUTSIDE);
});

test('a folder that is swapped for a link again and again lets nothing out', async () => {
  const { root, work, elsewhere, read } = place();
  put(join(work, 'sub', 'a.txt'), 'harmless');
  put(join(elsewhere, 'a.txt'), 'a secret');
  symlinkSync(elsewhere, join(root, 'link'));
  const over = new Int32Array(new SharedArrayBuffer(4));
  const swapper = new Worker(
    `const { renameSync } = require('node:fs');
     const { workerData: { sub, link, aside, over }, parentPort } = require('node:worker_threads');
     parentPort.postMessage('ready');
     while (Atomics.load(over, 0) === 0) {
       renameSync(sub, aside); renameSync(link, sub);
       renameSync(sub, link); renameSync(aside, sub);
     }`,
    {
      eval: true,
      workerData: {
        sub: join(work, 'sub'),
        link: join(root, 'link'),
        aside: join(root, 'aside'),
        over,
      },
    },
  );
  onTestFinished(async () => {
    Atomics.store(over, 0, 1);
    await swapper.terminate();
  });
  await once(swapper, 'message');
  const seen = new Set<string>();
  const wasSeen = (what: string) => [...seen].some((outcome) => outcome.includes(what));
  const isEnough = () => wasSeen('outside') && wasSeen('harmless');
  for (let count = 0; over[0] === 0 && (count < 2000 || !isEnough()); count += 1) {
    seen.add(JSON.stringify(await read('sub/a.txt')));
  }
  expect(isEnough()).toBe(true);
  expect(wasSeen('secret')).toBe(false);
});

test('a file with a second name elsewhere is still the file that lies here', async () => {
  const { work, elsewhere, read } = place();
  linkSync(put(join(elsewhere, 'a.txt'), 'red'), join(work, 'b.txt'));
  expect(await read('b.txt')).toMatchObject({ text: 'red' });
});

test('a second name for a file of Claudio’s home does not let it out, whatever floor it lies on', async () => {
  const { root, work, home, turn, read } = place();
  const own = [
    join(home, 'claudio.db'),
    join(home, '.hidden'),
    join(home, 'outgoing', 'a-copy'),
    join(home, 'tmp', 'claudio-run-1', 'tools.json'),
    join(home, 'tmp', 'turn-2', 'a.txt'),
  ];
  for (const [index, path] of own.entries()) {
    linkSync(put(path), join(work, `innocent-${index}.txt`));
    linkSync(path, join(turn, `innocent-${index}.txt`));
    for (const folder of [work, turn]) {
      for (const dirs of [
        [work, turn],
        [root, turn],
        [work, home, turn],
      ]) {
        expect(await read(join(folder, `innocent-${index}.txt`), dirs), path).toBe(
          'is a file of Claudio’s own by another name, and those are not sent',
        );
      }
    }
  }
  linkSync(put(join(turn, 'given.txt'), 'red'), join(work, 'given.txt'));
  expect(await read('given.txt')).toMatchObject({ text: 'red' });
});

test('what is denied to Claude’s own tools is not sent either, whatever link leads to it', async () => {
  const { work, read, home } = place();
  const userHome = join(work, 'nobody');
  const added = [`${work}/private/**`, '*.kdbx', 'odd[z-a].txt', `${work}/set[12].txt`];
  const denied = deniedFiles({ home, userHome, open: [], added });
  for (const name of ['private/deep/a.txt', 'Mine.KDBX', 'sub/b.kdbx', 'set1.txt']) {
    mkdirSync(dirname(join(work, name)), { recursive: true });
    writeFileSync(join(work, name), 'x');
    expect(await read(name, [work], denied), name).toBe(
      'is one of the files that are denied to you',
    );
  }
  symlinkSync(join(work, 'set1.txt'), join(work, 'link.txt'));
  expect(await read('link.txt', [work], denied)).toMatch(/denied/u);
  for (const name of ['privates.txt', 'set3.txt', 'kdbx', 'a.env.txt']) {
    writeFileSync(join(work, name), 'open');
    expect(await read(name, [work], denied), name).toMatchObject({ text: 'open' });
  }
});
