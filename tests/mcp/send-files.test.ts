import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMask } from '../../src/core/mask.ts';
import { png } from './images.ts';
import { toolWorld } from './world.ts';

test('files go out as copies of what they were when they were sent', async () => {
  const { run, workDir, deliveries, messages, outgoingDir } = await toolWorld();
  const { call, turnDir, turn } = run();
  const report = join(workDir, 'report.pdf');
  writeFileSync(report, 'first version');
  writeFileSync(join(turnDir, 'given.txt'), 'from the person');
  const answer = await call('send_file', {
    paths: ['report.pdf', join(turnDir, 'given.txt')],
    caption: 'Both *files*',
  });
  expect(answer).toEqual({ text: 'On its way: report.pdf, given.txt.', isError: false });
  writeFileSync(report, 'second version');

  const [delivery, ...more] = deliveries();
  expect(more).toEqual([]);
  expect(delivery).toMatchObject({
    turnId: turn.turnId,
    part: {
      markdown: 'Both *files*',
      files: [
        { name: 'report.pdf', kind: 'file' },
        { name: 'given.txt', kind: 'file' },
      ],
    },
  });
  const contents = delivery?.part.files?.map(({ path }) => readFileSync(path, 'utf8'));
  expect(contents).toEqual(['first version', 'from the person']);
  expect(readdirSync(outgoingDir)).toHaveLength(2);
  expect(messages().at(-1)).toMatchObject({
    role: 'claude',
    text: '(sent 2 files report.pdf, given.txt: Both *files*)',
    duringMessageId: turn.messageId,
  });
});

test('the history names a file that went alone, with and without a caption', async () => {
  const { run, workDir, messages } = await toolWorld();
  const { call } = run();
  writeFileSync(join(workDir, 'report.pdf'), 'a report');
  await call('send_file', { paths: ['report.pdf'], caption: 'The report' });
  await call('send_file', { paths: ['report.pdf'] });
  expect(
    messages()
      .slice(1)
      .map(({ text }) => text),
  ).toEqual(['(sent the file report.pdf: The report)', '(sent the file report.pdf)']);
});

test('where one file may not go, none goes, and no copy is left behind', async () => {
  const { run, workDir, home, deliveries, messages, outgoingDir } = await toolWorld();
  const { call } = run();
  writeFileSync(join(workDir, 'good.txt'), 'good');
  writeFileSync(join(home, 'claudio.db'), 'everything');
  symlinkSync(join(home, 'claudio.db'), join(workDir, 'innocent.txt'));
  const { text, isError } = await call('send_file', { paths: ['good.txt', 'innocent.txt'] });
  expect(isError).toBe(true);
  expect(text).toBe(
    '"innocent.txt" is outside of the folders that files may be sent from. Nothing was sent.',
  );
  expect(deliveries()).toEqual([]);
  expect(readdirSync(outgoingDir)).toEqual([]);
  expect(messages()).toHaveLength(1);
});

test('a picture is told by its first bytes: shown as one, or sent as a file where it cannot be', async () => {
  const { run, workDir, deliveries, messages } = await toolWorld();
  const { call } = run();
  writeFileSync(join(workDir, 'chart.png'), png(40, 30));
  writeFileSync(join(workDir, 'no-ending'), png(40, 30));
  writeFileSync(join(workDir, 'wide.png'), png(4000, 10));
  writeFileSync(join(workDir, 'big.png'), Buffer.concat([png(40, 30), Buffer.alloc(10 << 20)]));
  writeFileSync(
    join(workDir, 'moving.gif'),
    Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAA=', 'base64'),
  );
  const answer = await call('send_photo', {
    paths: ['chart.png', 'no-ending', 'wide.png', 'big.png', 'moving.gif'],
  });
  expect(answer.isError).toBe(false);
  expect(answer.text).toMatch(/Sent as a file, because .*: wide\.png, big\.png, moving\.gif\.$/u);
  expect(deliveries()[0]?.part.files).toMatchObject([
    { name: 'chart.png', kind: 'photo' },
    { name: 'no-ending', kind: 'photo' },
    { name: 'wide.png', kind: 'file' },
    { name: 'big.png', kind: 'file' },
    { name: 'moving.gif', kind: 'file' },
  ]);
  expect(messages().at(-1)?.text).toMatch(/^\(sent 5 photos chart\.png, no-ending/u);
});

test('what only calls itself a picture is refused as one', async () => {
  const { run, workDir, deliveries } = await toolWorld();
  const { call } = run();
  writeFileSync(join(workDir, 'fake.png'), 'these are words');
  const { text, isError } = await call('send_photo', { paths: ['fake.png'] });
  expect(isError).toBe(true);
  expect(text).toMatch(/"fake\.png" is not a picture/u);
  expect(deliveries()).toEqual([]);
});

test('a name that misleads or breaks lines is made harmless for the other end', async () => {
  const { run, workDir, deliveries } = await toolWorld();
  const name = 'invoice\u202Efdp.exe\nX: y.txt';
  writeFileSync(join(workDir, name), 'content');
  await run().call('send_file', { paths: [name] });
  const sent = deliveries()[0]?.part.files?.[0];
  expect(sent).toMatchObject({ name: expect.stringMatching(/^invoicefdp\.exeX[\w .]*y\.txt$/u) });
});

test('a turn sends nothing of the folder of another', async () => {
  const { run, deliveries } = await toolWorld();
  const one = run('one', '42');
  const two = run('two', '43');
  mkdirSync(join(two.turnDir, 'sub'));
  writeFileSync(join(two.turnDir, 'sub', 'private.txt'), 'of two');
  const path = join(two.turnDir, 'sub', 'private.txt');
  expect(await one.call('send_file', { paths: [path] })).toMatchObject({ isError: true });
  expect(await two.call('send_file', { paths: [path] })).toMatchObject({ isError: false });
  expect(deliveries()).toMatchObject([{ turnId: two.turn.turnId }]);
});

test('what is still being read when the turn ends is not sent', async () => {
  const { run, workDir, deliveries, outgoingDir } = await toolWorld();
  const { call, close } = run();
  writeFileSync(join(workDir, 'large.bin'), Buffer.alloc(20 << 20, 1));
  const paths = Array.from({ length: 10 }, () => 'large.bin');
  const sending = call('send_file', { paths });
  await expect.poll(() => readdirSync(outgoingDir), { interval: 5 }).not.toEqual([]);
  close();
  expect(await sending).toMatchObject({
    isError: true,
    text: expect.stringMatching(/turn is over/u),
  });
  expect(deliveries()).toEqual([]);
  expect(readdirSync(outgoingDir)).toEqual([]);
});

test('a file that holds a key is not sent, however it is written, and no copy of it is left', async () => {
  const { run, workDir, deliveries, outgoingDir } = await toolWorld();
  const { call } = run();
  // Put together here, so that nothing in the repository looks like a secret.
  const key = ['gh', 'p_', 'aB3dE5fG7h'.repeat(4)].join('');
  writeFileSync(join(workDir, 'plain.txt'), `token = ${key}\n`);
  writeFileSync(join(workDir, 'utf16.txt'), Buffer.from(`\uFEFFtoken = ${key}\n`, 'utf16le'));
  for (const name of ['plain.txt', 'utf16.txt']) {
    const { text } = await call('send_file', { paths: [name] });
    expect(text).toMatch(
      /holds what looks like a key or a token \(GitHub token\), .*leave it out\. Nothing/u,
    );
  }
  expect(deliveries()).toEqual([]);
  expect(readdirSync(outgoingDir)).toEqual([]);
  writeFileSync(join(workDir, 'open.txt'), 'token = your-token-here');
  expect(await call('send_file', { paths: ['open.txt'] })).toMatchObject({ isError: false });
});

test('in what is no text, and far behind in a long file, only a secret of Claudio’s own counts', async () => {
  const own = 'made-up-own-secret-1234';
  const { run, workDir, outgoingDir } = await toolWorld({ mask: createMask(() => [own]) });
  const { call } = run();
  const send = async (name: string, content: Uint8Array) => {
    writeFileSync(join(workDir, name), content);
    return (await call('send_file', { paths: [name] })).text;
  };
  const key = ['gh', 'p_', 'aB3dE5fG7h'.repeat(4)].join('');
  const binary = Buffer.alloc(300 * 1024, 0xff);
  expect(await send('a.bin', Buffer.concat([binary, Buffer.from(` ${key} `)]))).toMatch(/^On its/u);
  expect(await send('b.bin', Buffer.concat([binary, Buffer.from(own), binary]))).toContain(
    '(my own secret)',
  );
  const lines = Buffer.alloc(6 * 1024 * 1024, 'abc def\n');
  expect(await send('c.txt', Buffer.concat([lines, Buffer.from(key)]))).toMatch(/^On its/u);
  expect(await send('d.txt', Buffer.concat([lines, Buffer.from(own)]))).toContain(
    '(my own secret)',
  );
  const early = Buffer.concat([lines.subarray(0, 256 * 1024 - 8), Buffer.from(` ${key}\n`), lines]);
  expect(await send('e.txt', early)).toContain('(GitHub token)');
  expect(readdirSync(outgoingDir)).toHaveLength(2);
});

test('a file that is denied to Claude is not sent either', async () => {
  const { run, workDir, deliveries } = await toolWorld();
  const { call } = run('x', undefined, { deniedFiles: ['//**/private.*'] });
  writeFileSync(join(workDir, 'private.txt'), 'x');
  expect((await call('send_file', { paths: ['private.txt'] })).text).toMatch(/denied to you/u);
  expect(deliveries()).toEqual([]);
});
