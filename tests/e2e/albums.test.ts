import { basename, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import { textReply } from '../standins/model/reply.ts';
import { gif, jpeg, mp4, png } from '../support/files.ts';
import { holdModel, questionIn, readDatabase } from './inspect.ts';
import { edit, said } from './person.ts';
import { createWorld, type RunningService, type World } from './service.ts';
import { filesIn, tempEmpties } from './turn-files.ts';

const PICTURES = [png(10, 10), jpeg(), gif()] as const;
const NAMES = ['1-picture.png', '2-picture.jpg', '3-picture.gif'];

function threePhotos(world: World, caption = 'compare these') {
  const [first, second, third] = PICTURES;
  return world.api.updates.album([
    { kind: 'photo', content: first, caption },
    { kind: 'photo', content: second },
    { kind: 'photo', content: third },
  ]);
}

async function kill(service: RunningService): Promise<void> {
  service.signal('SIGKILL');
  expect(await service.exit).toEqual({ code: null, signal: 'SIGKILL' });
}

function turnsOf(world: World) {
  return readDatabase(world.home).query.turns.findMany().sync();
}

/** As if the service had been away for long. */
function letAlbumsComeDue(world: World): void {
  const database = new BetterSqlite3(join(world.home, 'claudio.db'));
  const { changes } = database.prepare('UPDATE turns SET not_before_ms = 1').run();
  database.close();
  expect(changes).toBe(1);
}

/** The one turn with all three, as Claude and the person see it. */
function expectOneTurn(world: World): void {
  expect(world.model.requests).toHaveLength(1);
  const [request] = world.model.requests;
  if (request === undefined) throw new Error('no request');
  expect(filesIn(request).map(({ path }) => basename(path))).toEqual(NAMES);
  expect(questionIn(request).split('\n')[0]).toBe('compare these');
  expect(world.api.sentMessages()).toMatchObject([{ text: 'They differ.', replyTo: 1 }]);
  expect(turnsOf(world)).toMatchObject([{ status: 'done', attemptCount: 1 }]);
}

test('an album of three is one turn with all its pictures and one answer, to the first of them (promise 11: one photo of an album is not one reply each)', async () => {
  const world = await createWorld();
  world.model.answer('They differ.');
  const service = await world.start();
  await Promise.all(threePhotos(world).map((update) => world.api.deliver(update)));
  await world.api.sent(1);
  await tempEmpties(world);
  service.signal('SIGTERM');
  await service.exit;
  expectOneTurn(world);
});

test('an album whose parts were all acknowledged when the service was killed is one turn after it (promise 11)', async () => {
  const world = await createWorld();
  world.model.answer('They differ.');
  const service = await world.start();
  await Promise.all(threePhotos(world).map((update) => world.api.deliver(update)));
  await kill(service);
  expect(world.model.requests).toEqual([]);
  await world.start();
  await world.api.sent(1);
  await tempEmpties(world);
  expectOneTurn(world);
});

test('an album of which a part came before the service was killed and the others after that is one turn (promise 11)', async () => {
  const world = await createWorld();
  world.model.answer('They differ.');
  const service = await world.start();
  const [first, ...others] = threePhotos(world);
  if (first === undefined) throw new Error('no album');
  await world.api.deliver(first);
  await kill(service);
  letAlbumsComeDue(world);
  const delivered = others.map((update) => world.api.deliver(update));
  await world.start();
  await Promise.all(delivered);
  await world.api.sent(1);
  await tempEmpties(world);
  expectOneTurn(world);
});

test('a part that comes when its album is being answered becomes a turn of its own, with those behind it', async () => {
  const world = await createWorld();
  const held = holdModel(world.model);
  world.model.answer('And these.');
  await world.start();
  const parts = world.api.updates.album([
    { kind: 'photo', content: png(1, 1) },
    { kind: 'photo', content: png(2, 2) },
    { kind: 'photo', content: png(3, 3) },
  ]);
  const [first, ...late] = parts;
  if (first === undefined) throw new Error('no album');
  await world.api.deliver(first);
  await held.asked;
  for (const update of late) await world.api.deliver(update);
  held.reply(textReply('The first.'));
  const answers = await world.api.sent(2);
  expect(answers).toMatchObject([
    { text: 'The first.', replyTo: 1 },
    { text: 'And these.', replyTo: 2 },
  ]);
  expect(world.model.requests.map((request) => filesIn(request).length)).toEqual([1, 2]);
  await tempEmpties(world);
});

test('an album of mixed kinds is one turn, with the captions of all its parts', async () => {
  const world = await createWorld();
  world.model.answer('A picture and a film.');
  await world.start();
  const parts = world.api.updates.album([
    { kind: 'photo', content: png(10, 10), caption: 'the plan' },
    { kind: 'video', content: mp4(), fileName: 'site.mp4' },
    { kind: 'photo', content: jpeg(), caption: 'and how it looks' },
  ]);
  await Promise.all(parts.map((update) => world.api.deliver(update)));
  expect(await world.api.sent(1)).toMatchObject([{ text: 'A picture and a film.', replyTo: 1 }]);
  const [request] = world.model.requests;
  if (request === undefined) throw new Error('no request');
  expect(filesIn(request).map(({ path }) => basename(path))).toEqual([
    '1-picture.png',
    '2-site.mp4',
    '3-picture.jpg',
  ]);
  expect(questionIn(request)).toMatch(/^the plan\nand how it looks\n<claudio-file /u);
  expect(filesIn(request)[1]?.description).toBe('MP4, 24 bytes');
  await tempEmpties(world);
});

test('a caption of an album that is changed or taken away changes those words and no others, before the answer and after it', async () => {
  const world = await createWorld();
  const held = holdModel(world.model);
  world.model.answer('They differ.');
  world.model.answer('They are alike.');
  await world.start();
  await world.api.say('wait');
  await held.asked;
  const parts = world.api.updates.album([
    { kind: 'photo', content: png(10, 10), caption: 'this is the plan' },
    { kind: 'photo', content: jpeg(), caption: 'and this the house' },
    { kind: 'photo', content: gif(), caption: 'and this my cat' },
  ]);
  await Promise.all(parts.map((update) => world.api.deliver(update)));
  const [first, second, third] = parts.map(({ message }) => {
    const found = world.api.messages().find(({ messageId }) => messageId === message?.message_id);
    if (found === undefined) throw new Error('no such part');
    return found;
  });
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('no part');
  await edit(world, second, 'and this the tower');
  await edit(world, third, '');
  held.reply(textReply('I wait.'));
  await said(world, 'They differ.');
  await edit(world, first, 'this is what was planned');
  await said(world, 'They are alike.');
  const words = world.model.requests.map(
    (request) => questionIn(request).split('<claudio-file')[0],
  );
  expect(words).toEqual([
    'wait',
    'this is the plan\nand this the tower\n',
    '<claudio-former-text>\nthis is the plan\nand this the tower\n</claudio-former-text>\nchanged to:\nthis is what was planned\nand this the tower\n',
  ]);
  expect(world.model.requests.map((request) => filesIn(request).length)).toEqual([0, 3, 3]);
  await tempEmpties(world);
});

test('of an album without a word, one picture that cannot be used costs the others nothing', async () => {
  const world = await createWorld();
  world.model.answer('Two pictures.');
  await world.start();
  const parts = world.api.updates.album([
    { kind: 'document', content: png(10, 10), fileName: 'a.png', mimeType: 'image/png' },
    { kind: 'document', content: Buffer.from('text'), fileName: 'b.png', mimeType: 'image/png' },
    { kind: 'document', content: jpeg(), fileName: 'c.jpg', mimeType: 'image/jpeg' },
  ]);
  await Promise.all(parts.map((update) => world.api.deliver(update)));
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe(
    '⚠️ b.png could not be opened as a picture. I can look at JPEG, PNG, GIF and WebP.\n\nTwo pictures.',
  );
  const [request] = world.model.requests;
  expect(request?.prompt).toContain('<claudio-unusable>\n**b\\.png** could not be opened');
  expect(request?.prompt).toMatch(/No words came with it: describe these images\.$/u);
  await tempEmpties(world);
});

test('an album for which the queue has no room is refused once, and not once a part', async () => {
  const world = await createWorld();
  world.environment['MAX_QUEUE_SIZE'] = '1';
  const held = holdModel(world.model);
  await world.start();
  await world.api.say('one');
  await held.asked;
  await world.api.say('two');
  await Promise.all(threePhotos(world).map((update) => world.api.deliver(update)));
  const refusal = await world.api.message('the refusal', ({ text }) => text.startsWith('🚦'));
  expect(refusal.replyTo).toBe(3);
  // Also what comes when there is room again belongs to what was refused.
  world.model.answer('re two');
  world.model.answer('re three');
  held.reply(textReply('re one'));
  await world.api.message('the second answer', ({ text }) => text === 're two');
  await world.api.say('three');
  await world.api.message('the third answer', ({ text }) => text === 're three');
  expect(world.api.sentMessages().map(({ text }) => text)).toEqual([
    refusal.text,
    're one',
    're two',
    're three',
  ]);
  expect(turnsOf(world)).toHaveLength(3);
});
