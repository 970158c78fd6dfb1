import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CLAUDE_PATH } from '../environment.ts';
import type { StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import { textReply } from '../standins/model/reply.ts';
import { fileAppears, holdModel, processesOf, questionIn, readDatabase } from './inspect.ts';
import { edit, labelsOf, press, said, write } from './person.ts';
import { createWorld, type RunningService, type World } from './service.ts';

const RESTART = '🔁 Restart with the new text';
const TOO_LATE = 'That is no longer possible.';
const STRANGER = { id: 666, is_bot: false, first_name: 'Stranger' };

/** A service that answers each message with itself, and whose first turn runs until it is let go. */
async function busyWorld(first: string, settings: Readonly<Record<string, string>> = {}) {
  const world = await answeringWorld(settings);
  const held = holdModel(world.model);
  const message = await write(world, first);
  await held.asked;
  return { world, held, message };
}

async function answeringWorld(settings: Readonly<Record<string, string>> = {}) {
  const world = await createWorld();
  Object.assign(world.environment, settings);
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  const service = await world.start();
  return { ...world, service };
}

function offerIn(world: World): Promise<StoredMessage> {
  return world.api.message('the offer', (message) => labelsOf(message).includes(RESTART));
}

/** What a prompt says of a message that was changed. */
function changed(former: string, text: string): string {
  return `<claudio-former-text>\n${former}\n</claudio-former-text>\nchanged to:\n${text}`;
}

async function kill(service: RunningService): Promise<void> {
  service.signal('SIGKILL');
  await service.exit;
}

test('promise 11: edits are not ignored: a message that still waits is answered by its new text, and Claude never sees the old one', async () => {
  const { world, held } = await busyWorld('one');
  const second = await write(world, 'a misspelt wish');
  await edit(world, second, 'a spelt wish');
  await edit(world, second, 'a well spelt wish');
  held.reply(textReply('Answer to one'));

  const answer = await said(world, 'Answer to a well spelt wish');
  expect(answer.replyTo).toBe(second.messageId);
  expect(world.model.requests.map(questionIn)).toEqual(['one', 'a well spelt wish']);
  expect(world.model.requests.some(({ text }) => /misspelt|a spelt/u.test(text))).toBe(false);
  expect(world.api.sentMessages()).toHaveLength(2);
});

test('promise 11: edits are not ignored: a message that is being answered is begun anew with its new text when the person wants that, before those behind it, and answered once', async () => {
  const { world, message } = await busyWorld('paint it red');
  await write(world, 'and then?');
  await edit(world, message, 'paint it blue');
  const offer = await offerIn(world);
  expect(offer.text).toMatch(/^✏️ You edited this message while I was working on it\./u);
  expect(offer.replyTo).toBe(message.messageId);
  expect(labelsOf(offer)).toEqual([RESTART]);
  // A second thought changes what is kept and asks no second time.
  await edit(world, message, 'paint it green');
  expect(await press(world, offer, RESTART)).toBe('Restarting.');

  const last = await said(world, 'Answer to and then?');
  const sent = world.api.sentMessages();
  expect(sent.map(({ text }) => text)).toEqual([
    offer.text,
    'Answer to paint it green',
    'Answer to and then?',
  ]);
  expect(offer.text).toMatch(/I am carrying on with the old text\.\n\n🔁 Restarted by Owner\.$/u);
  expect(labelsOf(offer)).toEqual([]);
  expect(sent.map(({ replyTo }) => replyTo)).toEqual([
    message.messageId,
    message.messageId,
    last.replyTo,
  ]);
  expect(world.model.requests.map(questionIn)).toEqual([
    'paint it red',
    'paint it green',
    'and then?',
  ]);
  expect(
    world.model.requests.slice(1).some(({ text }) => /it red|it blue|Stopped/u.test(text)),
  ).toBe(false);
  expect(await press(world, offer, 'restart:1')).toBe(TOO_LATE);
  expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
    { status: 'done', attemptCount: 2, interruptionCount: 0 },
    { status: 'done', attemptCount: 1 },
  ]);
});

/** Runs the real program, but the first time a shell that hears neither SIGINT nor SIGTERM. */
function deafAtFirst(world: World): string {
  const path = join(world.userHome, 'deaf');
  const script = `#!/bin/sh
case "$1" in --version|auth) exec '${CLAUDE_PATH}' "$@" ;; esac
if [ -e '${world.userHome}/ready' ]; then exec '${CLAUDE_PATH}' "$@"; fi
trap '' INT TERM
echo > '${world.userHome}/ready'
while :; do sleep 1; done
`;
  writeFileSync(path, script);
  chmodSync(path, 0o700);
  return path;
}

test('a restart that was pressed and cut off by a crash is done by the next start, once and by itself, since the person asked for it', async () => {
  const world = await createWorld();
  world.environment['CLAUDE_BIN'] = deafAtFirst(world);
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  const service = await world.start();
  const message = await write(world, 'the old text');
  await fileAppears(join(world.userHome, 'ready'));
  await edit(world, message, 'the new text');
  await world.api.deliver(world.api.updates.press(await offerIn(world), RESTART));
  await kill(service);
  const turn = () => readDatabase(world.home).query.turns.findMany().sync();
  expect(turn()).toMatchObject([{ status: 'running', attemptCount: 1 }]);
  expect(processesOf(world.home)).not.toEqual([]);

  const second = await world.start();
  await second.logged('recovery.processes-stopped');
  await second.logged('turn.restarted');
  await said(world, 'Answer to the new text');
  expect(turn()).toMatchObject([{ status: 'done', attemptCount: 2, restartRequestedAtMs: null }]);
  await second.logged('delivery.sent');
  await kill(second);

  await world.start();
  await write(world, 'once more?');
  await said(world, 'Answer to once more?');
  expect(world.model.requests.map(questionIn)).toEqual(['the new text', 'once more?']);
  expect(world.api.sentMessages().filter(({ text }) => /⚡|⏹/u.test(text))).toEqual([]);
});

test('an offer that nobody takes leaves the old text to be answered; taken afterwards it becomes a message of its own, once', async () => {
  const { world, held, message } = await busyWorld('paint it red');
  await edit(world, message, 'paint it blue');
  const offer = await offerIn(world);
  held.reply(textReply('It is red.'));
  await said(world, 'It is red.');

  world.model.answer('It is blue.');
  expect(await press(world, offer, RESTART)).toBe('Restarting.');
  const answer = await said(world, 'It is blue.');
  expect(answer.replyTo).toBe(message.messageId);
  const followUp = world.model.requests.at(-1);
  expect(followUp && questionIn(followUp)).toBe(changed('paint it red', 'paint it blue'));
  expect(followUp?.prompt).toMatch(/<claudio-history>[^]*paint it red[^]*It is red\./u);
  expect(await press(world, offer, 'restart:1')).toBe(TOO_LATE);
  expect(world.model.requests).toHaveLength(2);
});

test('promise 11: edits are not ignored: of a message that was answered before, Claude is told what it was and what it is now', async () => {
  const world = await answeringWorld();
  const message = await write(world, 'what is 2 + 2?');
  await said(world, 'Answer to what is 2 + 2?');
  world.model.answer('Six.');
  await edit(world, message, 'what is 3 + 3?');
  const answer = await said(world, 'Six.');
  expect(answer.replyTo).toBe(message.messageId);
  world.model.answer('Eight.');
  await edit(world, message, 'what is 4 + 4?');
  await said(world, 'Eight.');
  expect(world.model.requests.map(questionIn)).toEqual([
    'what is 2 + 2?',
    changed('what is 2 + 2?', 'what is 3 + 3?'),
    changed('what is 3 + 3?', 'what is 4 + 4?'),
  ]);
});

test('an edit that shows nothing new, one of a command and one by a stranger do nothing', async () => {
  const world = await answeringWorld();
  const { service, api } = world;
  const message = await write(world, 'hello');
  await said(world, 'Answer to hello');
  const ignored = (update: number) =>
    service.logged('update.ignored', (line) => line['update'] === update);

  // As Telegram does it when it adds a preview of a link.
  const same = api.updates.edited(message, 'hello');
  const spaces = api.updates.edited(message, 'hello ');
  const command = await write(world, '/status');
  const ofCommand = api.updates.edited(command, '/usage');
  const unknown = api.updates.edited({ ...message, messageId: 999 }, 'what was never said');
  for (const update of [same, spaces, ofCommand, unknown]) {
    await api.deliver(update);
    expect(await ignored(update.update_id)).toMatchObject({
      reason: 'an edit that changes nothing here',
    });
  }

  // In a group, others can edit too.
  const group = { id: -500, type: 'supergroup', title: 'Others' } as const;
  const inGroup = await write(world, '@claudio_test_bot hello, all', { chat: group });
  await api.message('an answer in the group', ({ text }) => text === 'Answer to hello, all');
  const { edited_message: edited, ...rest } = api.updates.edited(inGroup, 'wipe the disk');
  if (edited === undefined) throw new Error('no edit');
  await api.deliver({ ...rest, edited_message: { ...edited, from: STRANGER } });
  expect(await ignored(rest.update_id)).toMatchObject({ reason: 'not allowed' });

  await write(world, 'still there?');
  await said(world, 'Answer to still there?');
  expect(world.model.requests.map(questionIn)).toEqual(['hello', 'hello, all', 'still there?']);
  expect(api.sentMessages()).toHaveLength(4);
});

test('an edit of an answered message that finds the queue full is told so, and is not taken (promise 1: nothing is dropped without a word)', async () => {
  const world = await answeringWorld({ MAX_QUEUE_SIZE: '1' });
  const message = await write(world, 'one');
  await said(world, 'Answer to one');
  const held = holdModel(world.model);
  await write(world, 'two');
  await held.asked;
  await write(world, 'three');
  await edit(world, message, 'another one');
  const refusal = await world.api.message('the refusal', ({ text }) => text.startsWith('🚦'));
  expect(refusal.text).toMatch(/^🚦 The queue is full: 1 message already waiting/u);
  expect(refusal.replyTo).toBe(message.messageId);
  held.reply(textReply('Answer to two'));
  await said(world, 'Answer to three');
  expect(world.model.requests.map(questionIn)).toEqual(['one', 'two', 'three']);
});

test('of several messages that are answered together any one can be changed, and all are begun anew (JOIN_QUEUED)', async () => {
  const { world, held } = await busyWorld('one', { JOIN_QUEUED: '1' });
  const second = await write(world, 'two');
  await write(world, 'three');
  world.model.reset();
  const joined = holdModel(world.model);
  held.reply(textReply('Answer to one'));
  const prompt = (await joined.asked).prompt;
  expect(prompt).toMatch(/>\ntwo\n<[^]*>\nthree\n</u);

  await edit(world, second, 'another two');
  world.model.always(() => textReply('Both done.'));
  expect(await press(world, await offerIn(world), RESTART)).toBe('Restarting.');
  await said(world, 'Both done.');
  const anew = world.model.requests.at(-1)?.prompt;
  expect(anew).toMatch(/all in one reply:[^]*>\nanother two\n<[^]*>\nthree\n</u);
  expect(world.model.requests).toHaveLength(2);
  expect(world.api.sentMessages()).toHaveLength(3);
});
