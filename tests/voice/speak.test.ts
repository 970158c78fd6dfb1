import { fileTypeFromBuffer } from 'file-type';
import { describe, expect, it } from 'vitest';
import type { SpeechFailure } from '../../src/core/speech.ts';
import { MODEL_CHARS } from '../../src/voice/models.ts';
import { failed, useRig } from './rig.ts';

const forEver = new AbortController().signal;
const rig = useRig();

const speak = (markdown = 'Done.', options?: Parameters<typeof rig.speech>[0], signal = forEver) =>
  rig.speech(options).speak(markdown, signal);

it('speaks an answer as an MP3, and leaves out what is to be read', async () => {
  const outcome = await speak('## Done\n\nRun `npm test`.\n\n```sh\nnpm test\n```\n');
  expect(outcome).toEqual({
    kind: 'spoken',
    content: rig.standin.audio,
    name: 'answer.mp3',
    words: 'Done.\nRun npm test.',
    leftOut: '```sh\nnpm test\n```',
  });
  expect(rig.standin.requests).toEqual([
    {
      kind: 'text-to-speech',
      modelId: 'eleven_multilingual_v2',
      voiceId: 'iP95p4xoKVk53GoZ742B',
      outputFormat: 'mp3_44100_128',
      text: 'Done.\nRun npm test.',
    },
  ]);
  if (outcome.kind !== 'spoken') throw new Error('not spoken');
  expect(await fileTypeFromBuffer(outcome.content)).toMatchObject({ mime: 'audio/mpeg' });
});

it.each(['', ' \n', '👍', '```\ncode\n```', '| a |\n|---|\n| b |', 'https://x.org', '![a](b.png)'])(
  'has nothing to say where there is only %j, and asks nobody',
  async (markdown) => {
    expect(await speak(markdown)).toEqual({ kind: 'nothing-to-say' });
    expect(rig.standin.requests).toEqual([]);
  },
);

describe.each(['eleven_multilingual_v2', 'eleven_flash_v2_5', 'eleven_v3'])('%s', (ttsModel) => {
  const limit = MODEL_CHARS[ttsModel] ?? 0;

  it('is never given more than it takes', async () => {
    expect(limit).toBeGreaterThan(0);
    const outcome = await speak('Word and word. '.repeat(4_000), { ttsModel });
    expect(outcome).toMatchObject({ kind: 'spoken', leftOut: /^Word and word\. / });
    const [request] = rig.standin.requests;
    if (request?.kind !== 'text-to-speech') throw new Error('not asked');
    expect(request.text.length).toBeLessThanOrEqual(limit);
    expect(request.text.length).toBeGreaterThan(limit - 20);
    expect(request.text).toMatch(/ word\.$/u);
  });
});

it.each(['eleven_v9', 'toString'])(
  'gives a model that it does not know little: %s',
  async (model) => {
    rig.standin.fault({ kind: 'rate-limited', retryAfterSeconds: 60 });
    await speak('Word and word. '.repeat(1_000), { ttsModel: model });
    const [request] = rig.standin.requests;
    if (request?.kind !== 'text-to-speech') throw new Error('not asked');
    expect(request.text.length).toBeLessThanOrEqual(5_000);
    expect(request.text.length).toBeGreaterThan(4_900);
  },
);

describe('what goes wrong', () => {
  it('a wrong key is refused', async () => {
    expect(await speak('Done.', { apiKey: 'another-key' })).toEqual(failed('key-refused'));
  });

  it.each([401, 402] as const)('quota used up, as a %d', async (status) => {
    rig.standin.fault({ kind: 'quota-exceeded', status });
    expect(await speak()).toEqual(failed('quota-used-up'));
  });

  it('a voice or a model that is not there is refused', async () => {
    expect(await speak('Done.', { voiceId: '../x' })).toEqual(
      failed('refused', /voice_not_found/u),
    );
    expect(await speak('Done.', { ttsModel: 'eleven_v0' })).toEqual(failed('refused'));
  });

  it('a service that is busy is asked again, three times at most', async () => {
    rig.standin.fault({ kind: 'rate-limited', retryAfterSeconds: null });
    expect(await speak()).toMatchObject({ kind: 'spoken' });
    rig.standin.fault({ kind: 'rate-limited', retryAfterSeconds: null }, 3);
    expect(await speak()).toEqual(failed('rate-limited'));
    expect(rig.pausesMs).toEqual([1_000, 1_000, 3_000]);
  });

  it.each([
    { kind: 'drop', moment: 'before' },
    { kind: 'drop', moment: 'within' },
    { kind: 'html', status: 200 },
    { kind: 'html', status: 502 },
    { kind: 'json', status: 200, body: { text: 'no sound' } },
    { kind: 'huge', bodyBytes: 50_000_001 },
  ] as const)('what may have been paid for is not asked for again: %j', async (behaviour) => {
    rig.standin.fault(behaviour);
    expect(await speak()).toEqual(failed('unreachable'));
    expect(rig.standin.requests).toHaveLength(1);
  });

  it('an answer that never comes ends when it is no longer wanted', async () => {
    rig.standin.fault({ kind: 'hang' });
    const unwanted = new AbortController();
    const outcome = speak('Done.', {}, unwanted.signal);
    await rig.standin.requested(1);
    unwanted.abort();
    expect(await outcome).toEqual(failed('unreachable', /aborted/u));
  });

  it('an answer that never comes ends at the limit', async () => {
    rig.standin.fault({ kind: 'hang' });
    expect(await speak('Done.', { limitMs: 50 })).toEqual(failed('unreachable', /no answer/u));
  });
});

it.each<[SpeechFailure['code'], RegExp]>([
  ['key-refused', /ELEVENLABS_API_KEY/u],
  ['quota-used-up', /elevenlabs\.io/u],
  ['rate-limited', /Try again/u],
  ['unreachable', /send it as text/u],
  ['refused', /ELEVENLABS_VOICE_ID/u],
  ['nothing-heard', /no words/u],
])('explains %s in a sentence that says what to do', (code, expected) => {
  const said = rig.speech().explain({ code });
  expect(said).toMatch(expected);
  expect(said).toMatch(/^[A-Z].*[.]$/u);
  expect(said.length).toBeLessThan(220);
});
