import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startElevenLabs, type ElevenLabsStandin } from '../standins/elevenlabs/elevenlabs.ts';
import { silence } from '../standins/elevenlabs/mp3.ts';
import { textReply } from '../standins/model/reply.ts';
import { ogg } from '../support/files.ts';
import { holdModel, questionIn, readDatabase } from './inspect.ts';
import { createWorld, type World } from './service.ts';
import { tempEmpties } from './turn-files.ts';

/** A world with a stand-in of ElevenLabs in it. */
async function speakingWorld(): Promise<{ world: World; speech: ElevenLabsStandin }> {
  const world = await createWorld();
  const speech = await startElevenLabs();
  onTestFinished(() => speech.close());
  world.environment['ELEVENLABS_API_KEY'] = speech.apiKey;
  world.environment['ELEVENLABS_API_ROOT'] = speech.url;
  return { world, speech };
}

function voiceNote(world: World) {
  return world.api.updates.voice({
    content: silence(),
    mimeType: 'audio/mpeg',
    durationSeconds: 3,
  });
}

test('a voice note is written down, shown as a quote, answered by Claude, and the answer is spoken', async () => {
  const { world, speech } = await speakingWorld();
  const service = await world.start();
  speech.willHear('Why is the build red?');
  world.model.answer('One test fails.\n\n```js\nassert(false)\n```');
  const update = voiceNote(world);
  await world.api.deliver(update);
  const [quote, voice, rest] = await world.api.sent(3);
  expect(quote?.text).toBe('🎙 Why is the build red?');
  expect(quote?.entities).toMatchObject([{ type: 'blockquote' }]);
  expect(quote?.replyTo).toBe(update.message?.message_id);
  expect(voice?.voice?.content.equals(speech.audio)).toBe(true);
  expect(voice?.replyTo).toBe(update.message?.message_id);
  // What cannot be spoken comes in writing.
  expect(rest?.text).toBe('assert(false)');
  expect(questionIn(world.model.requests[0] ?? expect.unreachable())).toBe('Why is the build red?');
  expect(world.model.requests[0]?.prompt).toContain('spoken="yes"');
  const [heard, spoken] = speech.requests;
  expect(heard).toMatchObject({ kind: 'speech-to-text', modelId: 'scribe_v2' });
  expect(spoken).toMatchObject({ kind: 'text-to-speech', text: 'One test fails.' });
  await service.logged('speech.told');
  expect(readdirSync(join(world.home, 'outgoing'))).toEqual([]);

  // It is part of the talk, like anything that was typed, and what is typed is answered in writing.
  world.model.answer('Yes.');
  await world.api.say('Can you mend it?');
  const answer = (await world.api.sent(4)).at(-1);
  expect(answer?.text).toBe('Yes.');
  expect(world.model.requests.at(-1)?.prompt).toContain('Why is the build red?');
  expect(JSON.stringify(service.log)).not.toContain(speech.apiKey);
});

test('a reply to a voice message, of either side, quotes what was said in it', async () => {
  const { world, speech } = await speakingWorld();
  await world.start();
  speech.willHear('Why is the build red?');
  world.model.answer('One test fails.');
  const update = voiceNote(world);
  await world.api.deliver(update);
  const [, voice] = await world.api.sent(2);
  world.model.always(() => textReply('Here.'));
  const own = { replyTo: update.message?.message_id ?? 0 };
  await world.api.deliver(world.api.updates.text('I meant this', own));
  await world.api.sent(3);
  const claudes = { replyTo: voice?.messageId ?? 0 };
  await world.api.deliver(world.api.updates.text('which one?', claudes));
  await world.api.sent(4);
  const [, first, second] = world.model.requests.map((request) => questionIn(request));
  expect(first).toMatch(/<claudio-quote from="Owner">\nWhy is the build red\?\n<\/claudio-quote>/u);
  expect(second).toMatch(/<claudio-quote from="Claudio">\nOne test fails\.\n<\/claudio-quote>/u);
});

test.each(['audio', 'videoNote'] as const)(
  'a recording of the kind %s is written down like a voice message',
  async (kind) => {
    const { world, speech } = await speakingWorld();
    await world.start();
    speech.willHear('Why is the build red?');
    world.model.answer('One test fails.');
    const recording = { content: silence(), mimeType: 'audio/mpeg', durationSeconds: 3 };
    await world.api.deliver(world.api.updates[kind](recording));
    const [quote, voice] = await world.api.sent(2);
    expect(quote?.text).toBe('🎙 Why is the build red?');
    expect(voice?.voice).not.toBeNull();
  },
);

test('a spoken “stop” alone is not a command', async () => {
  const { world, speech } = await speakingWorld();
  await world.start();
  speech.willHear('/stop');
  world.model.answer('Stop what?');
  await world.api.deliver(voiceNote(world));
  const [, voice] = await world.api.sent(2);
  expect(voice?.voice).not.toBeNull();
  expect(questionIn(world.model.requests[0] ?? expect.unreachable())).toBe('/stop');
});

test.each([
  [
    'a key that is refused',
    { kind: 'error', status: 401, code: 'invalid_api_key' },
    /ELEVENLABS_API_KEY/u,
  ],
  [
    'too many requests',
    { kind: 'rate-limited', retryAfterSeconds: 60 },
    /ElevenLabs is busy right now/u,
  ],
  ['a page of a proxy', { kind: 'html', status: 502 }, /cannot reach ElevenLabs/u],
] as const)(
  '%s at ElevenLabs is told in a sentence, and the next message is answered',
  async (_, behaviour, sentence) => {
    const { world, speech } = await speakingWorld();
    const service = await world.start();
    speech.fault(behaviour, 5);
    await world.api.deliver(voiceNote(world));
    const [told] = await world.api.sent(1);
    expect(told?.text).toMatch(/^⚠️ /u);
    expect(told?.text).toMatch(sentence);
    world.model.answer('Here.');
    await world.api.say('Are you there?');
    expect((await world.api.sent(2)).at(-1)?.text).toBe('Here.');
    service.signal('SIGTERM');
    await service.exit;
    expect(readdirSync(join(world.home, 'tmp'))).toEqual([]);
  },
);

test('a recording in which nothing is said, and which claims no length, is told so, and the next message is answered', async () => {
  const { world, speech } = await speakingWorld();
  await world.start();
  speech.willHear('');
  await world.api.deliver(world.api.updates.voice({ content: ogg(), durationSeconds: 0 }));
  const [told] = await world.api.sent(1);
  expect(told?.text).toBe(
    '⚠️ I heard no words in that recording. Say it again a little closer to the microphone, or send it as text.',
  );
  expect(speech.requests).toHaveLength(1);
  world.model.answer('Here.');
  await world.api.say('Are you there?');
  expect((await world.api.sent(2)).at(-1)?.text).toBe('Here.');
  await tempEmpties(world);
});

test('a recording with something in it is heard, though its sender’s app says that it has no length', async () => {
  const { world, speech } = await speakingWorld();
  await world.start();
  speech.willHear('Why is the build red?');
  world.model.answer('One test fails.');
  await world.api.deliver(world.api.updates.voice({ content: ogg(), durationSeconds: 0 }));
  const [quote] = await world.api.sent(2);
  expect(quote?.text).toBe('🎙 Why is the build red?');
});

test('a recording that could not be listened to is tried again by its button, and need not be spoken anew', async () => {
  const { world, speech } = await speakingWorld();
  await world.start();
  speech.fault({ kind: 'quota-exceeded', status: 401 });
  await world.api.deliver(voiceNote(world));
  const [told] = await world.api.sent(1);
  expect(told?.text).toMatch(/credits are used up/u);
  speech.willHear('Why is the build red?');
  world.model.answer('One test fails.');
  await world.api.deliver(world.api.updates.press(told ?? expect.unreachable(), '🔁 Retry'));
  const [, quote, voice] = await world.api.sent(3);
  expect(quote?.text).toBe('🎙 Why is the build red?');
  expect(voice?.voice).not.toBeNull();
  expect(world.api.sentMessages()[0]?.text).toMatch(/by Owner\.$/u);
});

test('an answer that cannot be spoken comes in writing', async () => {
  const { world, speech } = await speakingWorld();
  await world.start();
  speech.willHear('Why is the build red?');
  const held = holdModel(world.model);
  await world.api.deliver(voiceNote(world));
  await held.asked;
  speech.fault({ kind: 'quota-exceeded', status: 401 }, 5);
  held.reply(textReply('One **test** fails.'));
  const [, answer] = await world.api.sent(2);
  expect(answer?.text).toBe('One test fails.');
});

test('an answer whose voice was being made when the service died is spoken after the restart, once, and Claude does not run again', async () => {
  const { world, speech } = await speakingWorld();
  const service = await world.start();
  speech.willHear('Why is the build red?');
  const held = holdModel(world.model);
  await world.api.deliver(voiceNote(world));
  await held.asked;
  speech.fault({ kind: 'hang' });
  held.reply(textReply('One test fails.'));
  await speech.requested(2);
  service.signal('SIGKILL');
  await service.exit;
  const turns = readDatabase(world.home).query.turns.findMany().sync();
  expect(turns).toMatchObject([{ status: 'done', speech: 'pending' }]);
  await world.start();
  const messages = await world.api.sent(2);
  expect(messages.map(({ voice }) => voice !== null)).toEqual([false, true]);
  expect(world.model.requests).toHaveLength(1);
});
