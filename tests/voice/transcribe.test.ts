import { describe, expect, it } from 'vitest';
import type { Recording, SpeechFailure } from '../../src/core/speech.ts';
import { pauseFor } from '../../src/voice/attempts.ts';
import { listeningLimitMs } from '../../src/voice/elevenlabs.ts';
import { freePort } from '../support/free-port.ts';
import { failed, useRig } from './rig.ts';

const RECORDING: Recording = {
  content: Buffer.from('a recording'),
  name: 'voice.ogg',
  mimeType: 'audio/ogg',
};
const forEver = new AbortController().signal;

const rig = useRig();

const transcribe = (options?: Parameters<typeof rig.speech>[0], signal = forEver) =>
  rig.speech(options).transcribe(RECORDING, signal);

it('writes down what is said', async () => {
  rig.standin.willHear('  Turn the lights off, please. ');
  expect(await transcribe()).toEqual({ kind: 'heard', text: 'Turn the lights off, please.' });
  expect(rig.standin.requests).toEqual([
    {
      kind: 'speech-to-text',
      modelId: 'scribe_v2',
      file: { name: 'voice.ogg', mimeType: 'audio/ogg', content: Buffer.from('a recording') },
    },
  ]);
  expect(rig.pausesMs).toEqual([]);
});

it('takes a root with a slash at its end', async () => {
  expect(await transcribe({ root: `${rig.standin.url}/` })).toMatchObject({ kind: 'heard' });
});

it.each(['', '  \n', '(wind)', '[music] (footsteps) …', '...'])(
  'hears nothing where the transcript is %j',
  async (text) => {
    rig.standin.willHear(text);
    expect(await transcribe()).toEqual(failed('nothing-heard'));
  },
);

it('keeps the sounds that stand between words', async () => {
  rig.standin.willHear('(laughs) Do it.');
  expect(await transcribe()).toEqual({ kind: 'heard', text: '(laughs) Do it.' });
});

it('hears nothing in an empty recording, and sends none', async () => {
  const empty = { ...RECORDING, content: new Uint8Array() };
  expect(await rig.speech().transcribe(empty, forEver)).toEqual(failed('nothing-heard'));
  expect(rig.standin.requests).toEqual([]);
});

describe('the key', () => {
  it('that is wrong is refused, and not asked with again', async () => {
    expect(await transcribe({ apiKey: 'another-key' })).toEqual(
      failed('key-refused', /^HTTP 401 invalid_api_key: Invalid API key$/u),
    );
    expect(rig.standin.requests).toHaveLength(1);
  });

  it.each(['', 'two\nlines', 'kľúč'])('%j is none, and is not sent', async (apiKey) => {
    expect(await transcribe({ apiKey })).toEqual(failed('key-refused'));
    expect(rig.standin.requests).toEqual([]);
  });

  it('stands in no detail, even where the service repeats it', async () => {
    const message = `The key ${rig.standin.apiKey} may not do this.`;
    const detail = { status: 'missing_permissions', message };
    rig.standin.fault({ kind: 'json', status: 401, body: { detail } });
    const outcome = await transcribe();
    expect(outcome).toEqual(failed('key-refused', /The key <key> may not/u));
    expect(JSON.stringify([outcome, rig.log.lines])).not.toContain(rig.standin.apiKey);
  });
});

describe('a long complaint', () => {
  it('is cut, but never through the key', async () => {
    const { apiKey } = rig.standin;
    const message = `${'x'.repeat(160)} ${apiKey} ${apiKey} ${'y'.repeat(500)}`;
    const detail = { code: 'invalid_audio', message };
    rig.standin.fault({ kind: 'json', status: 400, body: { detail } });
    const outcome = await transcribe();
    expect(outcome).toEqual(failed('refused', /^HTTP 400 invalid_audio: x+ <key>.{0,20}…$/u));
    expect(JSON.stringify(outcome)).not.toContain(apiKey.slice(0, 4));
  });
});

describe('what the service answers', () => {
  it.each([401, 402] as const)('quota used up, as a %d', async (status) => {
    rig.standin.fault({ kind: 'quota-exceeded', status });
    expect(await transcribe()).toEqual(failed('quota-used-up'));
    expect(rig.standin.requests).toHaveLength(1);
  });

  it.each<[number, string, SpeechFailure['code']]>([
    [400, 'quota_exceeded', 'quota-used-up'],
    [402, 'paid_plan_required', 'quota-used-up'],
    [403, 'quota_exceeded', 'quota-used-up'],
    [403, 'insufficient_permissions', 'key-refused'],
    [400, 'invalid_audio', 'refused'],
    [404, 'model_not_found', 'refused'],
    [413, 'file_too_large', 'refused'],
    [422, 'invalid_parameters', 'refused'],
  ])('%d %s is %s, and not worth another attempt', async (status, code, expected) => {
    rig.standin.fault({ kind: 'error', status, code });
    expect(await transcribe()).toEqual(
      failed(expected, new RegExp(`^HTTP ${status} ${code}`, 'u')),
    );
    expect(rig.standin.requests).toHaveLength(1);
  });

  it('a model that it does not know is refused', async () => {
    expect(await transcribe({ sttModel: 'scribe_v0' })).toEqual(failed('refused', /scribe_v0/u));
  });

  it('a request that does not fit is refused, with the first reason', async () => {
    const detail = [{ loc: ['body', 'file'], msg: 'Field required', type: 'missing' }];
    rig.standin.fault({ kind: 'json', status: 422, body: { detail } });
    expect(await transcribe()).toEqual(failed('refused', /Field required/u));
  });

  it('a recording too large for a gateway is refused, though that says so in HTML', async () => {
    rig.standin.fault({ kind: 'html', status: 413 });
    expect(await transcribe()).toEqual(failed('refused'));
  });

  it.each([500, 502, 503])('%d is unreachable, three times', async (status) => {
    rig.standin.fault({ kind: 'error', status, code: 'internal_error' }, 3);
    expect(await transcribe()).toEqual(failed('unreachable'));
    expect(rig.standin.requests).toHaveLength(3);
  });

  it.each([200, 302, 400, 401, 403, 502])(
    'HTML with a %d comes from somebody else: unreachable',
    async (status) => {
      rig.standin.fault({ kind: 'html', status }, 3);
      expect(await transcribe()).toEqual(failed('unreachable'));
      expect(rig.standin.requests).toHaveLength(3);
    },
  );

  it.each([{ words: [] }, { text: null }, [], 'text', { transcripts: [] }])(
    'a transcript of an unknown shape is unreachable: %j',
    async (body) => {
      rig.standin.fault({ kind: 'json', status: 200, body }, 3);
      expect(await transcribe()).toEqual(failed('unreachable', /unknown shape/u));
    },
  );

  it('more than any transcript is unreachable, and is not read to its end', async () => {
    rig.standin.fault({ kind: 'huge', bodyBytes: 9_000_000 }, 3);
    expect(await transcribe()).toEqual(failed('unreachable', /larger than/u));
  });

  it('the transcript of two hours is not too much', async () => {
    rig.standin.willHear('word '.repeat(18_000).trim());
    expect(await transcribe()).toMatchObject({ kind: 'heard' });
  });
});

describe('further attempts', () => {
  it('are made after 1 s and 3 s, and told in the log', async () => {
    rig.standin.fault({ kind: 'rate-limited', retryAfterSeconds: null });
    rig.standin.fault({ kind: 'html', status: 502 });
    expect(await transcribe()).toEqual({ kind: 'heard', text: 'Hello there.' });
    expect(rig.pausesMs).toEqual([1_000, 3_000]);
    expect(rig.log.lines).toMatchObject([
      { event: 'speech.retrying', what: 'transcript', code: 'rate-limited', pauseMs: 1_000 },
      { event: 'speech.retrying', what: 'transcript', code: 'unreachable', pauseMs: 3_000 },
    ]);
  });

  it('end after the third', async () => {
    rig.standin.fault({ kind: 'rate-limited', retryAfterSeconds: 0 }, Number.POSITIVE_INFINITY);
    expect(await transcribe()).toEqual(failed('rate-limited'));
    expect(rig.standin.requests).toHaveLength(3);
    expect(rig.pausesMs).toEqual([1_000, 3_000]);
  });

  it('wait as long as the service asks for', async () => {
    rig.standin.fault({ kind: 'rate-limited', retryAfterSeconds: 10 }, 2);
    expect(await transcribe()).toMatchObject({ kind: 'heard' });
    expect(rig.pausesMs).toEqual([10_000, 10_000]);
  });

  it('are not made where the service asks for more than 10 s', async () => {
    rig.standin.fault({ kind: 'rate-limited', retryAfterSeconds: 11 });
    expect(await transcribe()).toEqual(failed('rate-limited'));
    expect(rig.standin.requests).toHaveLength(1);
  });

  it.each(['before', 'within'] as const)(
    'follow a connection that is cut %s the answer',
    async (moment) => {
      rig.standin.fault({ kind: 'drop', moment });
      expect(await transcribe()).toMatchObject({ kind: 'heard' });
      expect(rig.standin.requests).toHaveLength(2);
    },
  );

  it('do not help where nobody listens', async () => {
    const root = `http://127.0.0.1:${await freePort()}`;
    expect(await transcribe({ root })).toEqual(failed('unreachable', /refused/u));
    expect(rig.pausesMs).toHaveLength(2);
  });
});

it.each([
  [0, 120_000],
  [5_000_000, 180_000],
  [20_000_000, 360_000],
  [200_000_000, 600_000],
])('waits longer for a longer recording: %d bytes, %d ms', (bytes, limitMs) => {
  expect(listeningLimitMs(bytes)).toBe(limitMs);
});

it('gives a large recording the time it takes, and a small one less', async () => {
  const large = { ...RECORDING, content: Buffer.alloc(2_000_000, 'a') };
  const speech = rig.speech({ limitMs: 0 });
  expect(await speech.transcribe(large, forEver)).toMatchObject({ kind: 'heard' });
  expect(await speech.transcribe(RECORDING, forEver)).toEqual(failed('unreachable'));
});

describe('an answer that never comes', () => {
  it('ends at once when it is no longer wanted, and is not asked for again', async () => {
    rig.standin.fault({ kind: 'hang' });
    const unwanted = new AbortController();
    const outcome = transcribe({}, unwanted.signal);
    await rig.standin.requested(1);
    unwanted.abort();
    expect(await outcome).toEqual(failed('unreachable', /aborted/u));
    expect(rig.pausesMs).toEqual([]);
  });

  it('ends at the limit, which is for all attempts together', async () => {
    rig.standin.fault({ kind: 'hang' }, Number.POSITIVE_INFINITY);
    expect(await transcribe({ limitMs: 50 })).toEqual(failed('unreachable', /no answer/u));
    expect(rig.pausesMs).toEqual([]);
  });

  it('ends a pause, too', async () => {
    rig.standin.fault({ kind: 'rate-limited', retryAfterSeconds: null });
    const unwanted = new AbortController();
    const outcome = rig
      .speech({
        pause: () => {
          unwanted.abort();
          return Promise.resolve();
        },
      })
      .transcribe(RECORDING, unwanted.signal);
    expect(await outcome).toEqual(failed('rate-limited'));
    expect(rig.standin.requests).toHaveLength(1);
  });

  it('ends a pause in real time, which is no error', async () => {
    expect(await pauseFor(600_000, AbortSignal.abort())).toBeUndefined();
  });
});
