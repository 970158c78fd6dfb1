import { readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect, test } from 'vitest';
import { toolReply } from '../standins/model/reply.ts';
import { gif, jpeg, png, webp } from '../support/files.ts';
import { holdModel, questionIn } from './inspect.ts';
import { createWorld } from './service.ts';
import { below, filesIn, folderIn, tempDirOf, tempEmpties } from './turn-files.ts';

test('a photo lies in the folder of its turn, for this user alone; Claude’s own Read opens it, and with the turn it is gone', async () => {
  const world = await createWorld();
  const held = holdModel(world.model);
  world.model.answer('It is black.');
  const service = await world.start();
  const photo = png(48, 32);
  await world.api.deliver(
    world.api.updates.photo({ content: photo, caption: 'which colour is this?' }),
  );

  const request = await held.asked;
  const folder = folderIn(request);
  expect(dirname(folder)).toBe(tempDirOf(world));
  expect(basename(folder)).toBe('turn-1-1');
  const [file, ...more] = filesIn(request);
  expect(more).toEqual([]);
  expect(file).toEqual({
    path: `${folder}/1-picture.png`,
    description: expect.stringMatching(/^picture, PNG, 48 × 32, \d+ bytes$/u) as string,
  });
  const path = file?.path ?? '';
  expect(questionIn(request)).toMatch(/^which colour is this\?\n<claudio-file path="[^\n]+$/u);
  expect(readFileSync(path)).toEqual(photo);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);

  held.reply(toolReply('Read', { file_path: path }));
  const [answer] = await world.api.sent(1);
  expect(answer).toMatchObject({ text: 'It is black.', replyTo: 1 });
  const [read] = world.model.requests[1]?.toolResults ?? [];
  expect(read?.isError).toBe(false);
  expect(read?.pictures).toMatchObject([{ mediaType: 'image/png' }]);
  expect(read?.pictures[0]?.content).toEqual(photo);

  await tempEmpties(world);
  expect(world.api.calls.filter(({ method }) => method === 'file')).toHaveLength(1);
  // What was sent is nobody's business but Claude's.
  expect(JSON.stringify(service.log)).not.toMatch(/which colour|photos\/file_/u);
});

test('a photo without a word is to be described, an image document likewise, and each keeps its own format whatever it is called', async () => {
  const world = await createWorld();
  await world.start();
  const { updates } = world.api;
  const sent = [
    updates.photo({ content: jpeg() }),
    updates.document({ content: webp(), fileName: 'cat.png', mimeType: 'image/png' }),
    updates.document({ content: gif(), fileName: 'dance.gif', mimeType: 'image/gif' }),
    updates.document({ content: png(3, 2), fileName: 'plan', mimeType: 'image/png' }),
  ];
  for (const [index, update] of sent.entries()) {
    world.model.answer(`A picture, number ${index + 1}.`);
    await world.api.deliver(update);
    const answers = await world.api.sent(index + 1);
    expect(answers.at(-1)?.replyTo).toBe(update.message?.message_id);
  }
  const { requests } = world.model;
  expect(requests.map((request) => filesIn(request).map(({ path }) => basename(path)))).toEqual([
    ['1-picture.jpg'],
    ['1-cat.webp'],
    ['1-dance.gif'],
    ['1-plan.png'],
  ]);
  const described = requests.map((request) => filesIn(request)[0]?.description.split(',', 2)[1]);
  expect(described).toEqual([' JPEG', ' WebP', ' GIF', ' PNG']);
  for (const { prompt } of requests) {
    expect(prompt).toMatch(
      /<\/claudio-file>\n<\/claudio-message>\n\nNo words came with it: describe this image\.$/u,
    );
  }
  await tempEmpties(world);
});

test('the photo of a turn that was killed is taken away by the next start, and Retry gets it anew', async () => {
  const world = await createWorld();
  const held = holdModel(world.model);
  const service = await world.start();
  await world.api.deliver(world.api.updates.photo({ content: png(5, 5), caption: 'look' }));
  const [file] = filesIn(await held.asked);
  service.signal('SIGKILL');
  expect(await service.exit).toEqual({ code: null, signal: 'SIGKILL' });
  expect(readFileSync(file?.path ?? '')).toEqual(png(5, 5));

  await world.start();
  const [notice] = await world.api.sent(1);
  if (notice === undefined) throw new Error('nothing was said');
  expect(notice.text).toMatch(/^⚡ I was interrupted/u);
  expect(below(tempDirOf(world))).toEqual([]);

  world.model.answerWith((request) => toolReply('Read', { file_path: filesIn(request)[0]?.path }));
  world.model.answer('Seen.');
  await world.api.deliver(world.api.updates.press(notice, '🔁 Retry'));
  await world.api.message('the answer', ({ text }) => text === 'Seen.');
  const [again, last] = world.model.requests.slice(-2);
  expect(again?.prompt).toContain(`${tempDirOf(world)}/turn-1-2/1-picture.png`);
  expect(last?.toolResults[0]?.pictures[0]?.content).toEqual(png(5, 5));
  await tempEmpties(world);
});

test('a download that fails in passing is tried again, and the photo is answered as if nothing had been', async () => {
  const world = await createWorld({ claude: 'instant' });
  const fault = world.api.fault({ method: ['getFile', 'file'] }, { kind: 'html', status: 502 }, 1);
  await world.start();
  await world.api.deliver(world.api.updates.photo({ content: png(5, 5), caption: 'look' }));
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe('An instant answer.');
  expect(fault.hitCount).toBe(1);
  await tempEmpties(world);
});
