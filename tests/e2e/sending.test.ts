import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { png } from '../mcp/images.ts';
import { textReply } from '../standins/model/reply.ts';
import { questionIn, readDatabase } from './inspect.ts';
import { said, write } from './person.ts';
import { createWorld, type World } from './service.ts';

const FILE_TOOL = 'mcp__claudio__send_file';
const PHOTO_TOOL = 'mcp__claudio__send_photo';

function put(world: World, name: string, content: string | Buffer): string {
  const path = join(world.userHome, name);
  writeFileSync(path, content);
  return path;
}

function outgoing(world: World): readonly string[] {
  return readdirSync(join(world.home, 'outgoing'));
}

test('what Claude sends with its tools arrives before the answer and in its order, as a word, a file, a picture and an album, and the next turn knows of it', async () => {
  const world = await createWorld();
  put(world, 'report.csv', 'a;b\n1;2\n');
  for (const name of ['one.png', 'two.png', 'three.png']) put(world, name, png(40, 30));
  world.model.useTool('mcp__claudio__send_message', { text: 'I am *on it*.' });
  world.model.useTool(FILE_TOOL, { paths: ['report.csv'], caption: 'The **report**' });
  world.model.useTool(PHOTO_TOOL, { paths: ['one.png'] });
  world.model.useTool(PHOTO_TOOL, { paths: ['two.png', 'three.png'], caption: 'Two more' });
  world.model.answer('All sent.');
  const service = await world.start();
  const question = await write(world, 'send me all of it');

  await said(world, 'All sent.');
  const [word, report, photo, first, second, answer, ...more] = world.api.sentMessages();
  expect(more).toEqual([]);
  expect(word).toMatchObject({ text: 'I am on it.', entities: [{ type: 'italic' }] });
  expect(report).toMatchObject({
    text: 'The report',
    document: { fileName: 'report.csv', content: Buffer.from('a;b\n1;2\n') },
  });
  expect(photo).toMatchObject({ text: '', photo: { content: png(40, 30) }, albumId: null });
  expect(first).toMatchObject({ text: 'Two more', photo: { fileName: 'two.png' } });
  expect(second).toMatchObject({ text: '', photo: { fileName: 'three.png' } });
  expect(first?.albumId).toMatch(/./u);
  expect(second?.albumId).toBe(first?.albumId);
  expect(answer?.text).toBe('All sent.');
  expect([word, report, photo, first, answer].map((message) => message?.replyTo)).toEqual(
    Array.from({ length: 5 }, () => question.messageId),
  );
  expect(world.model.requests.slice(1).map(({ toolResults }) => toolResults[0])).toMatchObject([
    { text: 'The message is on its way.', isError: false },
    { text: 'On its way: report.csv.', isError: false },
    { text: 'On its way: one.png.', isError: false },
    { text: 'On its way: two.png, three.png.', isError: false },
  ]);

  world.model.answer('You have it.');
  await write(world, 'where is the report?');
  await said(world, 'You have it.');
  const prompt = world.model.requests.at(-1)?.prompt ?? '';
  const history = /<claudio-history>([^]*)<\/claudio-history>/u.exec(prompt)?.[1] ?? '';
  const lines = history.split('\n').filter((line) => !/^<\/?claudio-|^- |^$/u.test(line));
  expect(lines).toEqual([
    'send me all of it',
    'I am *on it*.',
    '(sent the file report.csv: The **report**)',
    '(sent the photo one.png)',
    '(sent 2 photos two.png, three.png: Two more)',
    'All sent.',
  ]);
  service.signal('SIGTERM');
  await service.exit;
  expect(outgoing(world)).toEqual([]);
});

test('an answer that only names a file sends none', async () => {
  const world = await createWorld();
  const path = put(world, 'report.csv', 'a;b\n');
  world.model.useTool('Write', { file_path: join(world.userHome, 'new.txt'), content: 'new' });
  world.model.answer(`It is in ${path} and in [new.txt](new.txt).`);
  const service = await world.start();
  await write(world, 'write it down');
  const [answer] = await world.api.sent(1);
  await service.logged('turn.done');
  expect(readDatabase(world.home).query.deliveries.findMany().sync()).toHaveLength(1);
  expect(answer?.text).toContain(`It is in ${path}`);
  expect(answer?.document).toBeNull();
  expect(readdirSync(world.userHome)).toContain('new.txt');
  const uploads = new Set(['sendDocument', 'sendPhoto', 'sendMediaGroup']);
  expect(world.api.calls.filter(({ method }) => uploads.has(method))).toEqual([]);
});

test('of Claudio’s own folder, of hidden files and of what a link leads out to nothing is sent, and Claude is told why', async () => {
  const world = await createWorld();
  const { userHome, home } = world;
  const workDir = join(userHome, 'work');
  mkdirSync(workDir);
  world.environment['CLAUDE_WORK_DIR'] = workDir;
  writeFileSync(join(workDir, 'good.txt'), 'good');
  writeFileSync(join(workDir, '.env'), 'TOKEN=made-up');
  symlinkSync('/etc/hostname', join(workDir, 'link.txt'));
  symlinkSync(join(home, 'claudio.db'), join(workDir, 'innocent.txt'));
  const paths = [
    join(home, 'claudio.db'),
    '../.claudio/claudio.log',
    '.env',
    'link.txt',
    'innocent.txt',
    '/etc/hostname',
    'missing.txt',
  ];
  for (const path of paths) world.model.useTool(FILE_TOOL, { paths: ['good.txt', path] });
  world.model.answer('None of it may go.');
  await world.start();
  await write(world, 'send me everything');
  await said(world, 'None of it may go.');

  const results = world.model.requests.slice(1).map(({ toolResults }) => toolResults[0]);
  const outside = 'is outside of the folders that files may be sent from';
  const hidden = 'is hidden, or lies in a hidden folder, and such files are not sent';
  const reasons = [outside, outside, hidden, outside, outside, outside];
  expect(results).toMatchObject(
    [...reasons, 'does not exist or cannot be read'].map((reason, index) => ({
      text: `${JSON.stringify(paths[index])} ${reason}. Nothing was sent.`,
      isError: true,
    })),
  );
  expect(world.api.sentMessages()).toHaveLength(1);
  expect(outgoing(world)).toEqual([]);
});

test('promise 2: a file that Claude sent and that was not delivered when the service was killed arrives after the next start, once and as it was then', async () => {
  const world = await createWorld();
  put(world, 'report.txt', 'as it was');
  world.api.fault({ method: 'sendDocument' }, { kind: 'hang', moment: 'before' }, 1);
  world.model.useTool(FILE_TOOL, { paths: ['report.txt'] });
  world.model.answer('Sent.');
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  const service = await world.start();
  await write(world, 'send me the report');
  await world.api.call('the upload', ({ method }) => method === 'sendDocument');
  await service.logged('turn.done');
  put(world, 'report.txt', 'as it is now');
  expect(outgoing(world)).toHaveLength(1);
  service.signal('SIGKILL');
  await service.exit;

  const next = await world.start();
  await said(world, 'Sent.');
  const [file, answer, ...more] = world.api.sentMessages();
  expect(more).toEqual([]);
  expect(file?.document).toMatchObject({ fileName: 'report.txt' });
  expect(file?.document?.content.toString()).toBe('as it was');
  expect(answer?.text).toBe('Sent.');
  await write(world, 'thank you');
  await said(world, 'Answer to thank you');
  next.signal('SIGTERM');
  await next.exit;
  expect(outgoing(world)).toEqual([]);
});
