import { fileTypeFromBuffer } from 'file-type';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ElevenLabsStandin, KNOWN_VOICE, startElevenLabs } from './elevenlabs.ts';

let standin: ElevenLabsStandin;
/** What `close()` is to complain about. */
let complaint: RegExp | null;

beforeEach(async () => {
  complaint = null;
  standin = await startElevenLabs();
});
afterEach(async () => {
  if (complaint === null) await standin.close();
  else await expect(standin.close()).rejects.toThrow(complaint);
});

function post(path: string, body: string | FormData, headers: Record<string, string> = {}) {
  const key = { 'xi-api-key': standin.apiKey };
  return fetch(`${standin.url}${path}`, { method: 'POST', body, headers: { ...key, ...headers } });
}

function form(fields: Record<string, string | File>): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.append(name, value);
  return made;
}

const JSON_BODY = { 'content-type': 'application/json' };
const SPEECH_PATH = `/v1/text-to-speech/${KNOWN_VOICE}?output_format=mp3_44100_128`;
const recording = new File(['sound'], 'voice.ogg', { type: 'audio/ogg' });

it('hears what it was told to, in order, and remembers what it was sent', async () => {
  standin.willHear('First.');
  const fields = { model_id: 'scribe_v2', file: recording };
  const first: unknown = await (await post('/v1/speech-to-text', form(fields))).json();
  const second: unknown = await (await post('/v1/speech-to-text', form(fields))).json();
  expect(first).toMatchObject({
    language_code: 'eng',
    text: 'First.',
    words: [{ text: 'First.' }],
  });
  expect(second).toMatchObject({ text: 'Hello there.' });
  expect(standin.requests[0]).toMatchObject({
    kind: 'speech-to-text',
    modelId: 'scribe_v2',
    file: { name: 'voice.ogg', mimeType: 'audio/ogg', content: Buffer.from('sound') },
  });
});

it('speaks a real MP3', async () => {
  const answer = await post(
    SPEECH_PATH,
    JSON.stringify({ text: 'Hi.', model_id: 'eleven_v3' }),
    JSON_BODY,
  );
  expect(answer.headers.get('content-type')).toBe('audio/mpeg');
  const type = await fileTypeFromBuffer(await answer.arrayBuffer());
  expect(type).toEqual({ ext: 'mp3', mime: 'audio/mpeg' });
});

it.each([
  ['eleven_v3', 5_000],
  ['eleven_multilingual_v2', 10_000],
  ['eleven_flash_v2_5', 40_000],
])('%s takes %d characters and not one more', async (model, limit) => {
  const say = (text: string) =>
    post(SPEECH_PATH, JSON.stringify({ text, model_id: model }), JSON_BODY);
  expect((await say('日'.repeat(limit))).status).toBe(200);
  const refused = await say('日'.repeat(limit + 1));
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    detail: { status: 'max_character_limit_exceeded' },
  });
});

it('refuses a wrong key, an unknown model, an unknown voice and an empty file', async () => {
  const body = JSON.stringify({ text: 'Hi.', model_id: 'eleven_v3' });
  const nobody = SPEECH_PATH.replace(KNOWN_VOICE, 'nobody');
  const unknown = JSON.stringify({ text: 'Hi.', model_id: 'eleven_v0' });
  const answers = [
    await post(SPEECH_PATH, body, { ...JSON_BODY, 'xi-api-key': 'another' }),
    await post(SPEECH_PATH, unknown, JSON_BODY),
    await post(nobody, body, JSON_BODY),
    await post(
      '/v1/speech-to-text',
      form({ model_id: 'scribe_v2', file: new File([], 'voice.ogg') }),
    ),
  ];
  expect(answers.map(({ status }) => status)).toEqual([401, 400, 404, 400]);
});

describe('what fits no such API is a violation', () => {
  it.each<[string, string, string | (() => FormData), Record<string, string>, RegExp]>([
    ['another path', '/v1/voices', '{}', JSON_BODY, /no such path: \/v1\/voices/u],
    [
      'no format',
      SPEECH_PATH.split('?')[0] ?? '',
      '{"text":"Hi.","model_id":"eleven_v3"}',
      JSON_BODY,
      /output_format/u,
    ],
    ['an unknown field', SPEECH_PATH, '{"text":"a","model_id":"b","c":1}', JSON_BODY, /"c"/u],
    ['text for JSON', SPEECH_PATH, '{}', {}, /text\/plain/u],
    [
      'a file without a name',
      '/v1/speech-to-text',
      () => form({ model_id: 'scribe_v2', file: 'sound' }),
      {},
      /file/u,
    ],
    [
      'a second field of one name',
      '/v1/speech-to-text',
      () => {
        const twice = form({ model_id: 'scribe_v2', file: recording });
        twice.append('file', recording);
        return twice;
      },
      {},
      /fields model_id, file, file/u,
    ],
  ])('%s', async (_, path, body, headers, expected) => {
    const answer = await post(path, typeof body === 'string' ? body : body(), headers);
    expect(answer.status).toBe(422);
    complaint = expected;
  });

  it('no key at all', async () => {
    const body = JSON.stringify({ text: 'Hi.', model_id: 'eleven_v3' });
    await fetch(`${standin.url}${SPEECH_PATH}`, { method: 'POST', body, headers: JSON_BODY });
    complaint = /no xi-api-key/u;
  });
});
