import { z } from 'zod';
import { excerpt } from '../core/format.ts';
import { parseJson } from '../core/json.ts';
import type { Recording, Speech, SpeechFailure, SpeechFault } from '../core/speech.ts';
import { FormData, type HttpClient, type HttpRequest } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import { inAttempts, type Pause, pauseFor } from './attempts.ts';
import { explainFailure, failureOf } from './failure.ts';
import { charsOf } from './models.ts';
import { speakable } from './speakable.ts';

const LIMIT_MS = 120_000;
/** The longer a recording, the longer it takes to send and to listen to. */
const RECORDING_MS_PER_BYTE = 60_000 / 5_000_000;
const LONGEST_LIMIT_MS = 600_000;
/** Each word comes with its times, in some 120 bytes: enough for two hours of speech. */
const MAX_TRANSCRIPT_BYTES = 8 * 1_048_576;
/** What Telegram takes as a voice message; 40 minutes come to 38 MB. */
const MAX_AUDIO_BYTES = 50_000_000;
/** As much of what the service says as a line of the log holds. */
const DETAIL_LENGTH = 200;
const AUDIO_FORMAT = 'mp3_44100_128';

/** https://elevenlabs.io/docs/api-reference/speech-to-text/convert */
const transcriptSchema = z.looseObject({ text: z.string() });
/** `(wind)`, `[music]` */
const SOUND = /\([^()]*\)|\[[^[\]]*\]/gu;
const WORD = /[\p{L}\p{N}]/u;

/** What one request came to. */
type Asked<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | (SpeechFault & { readonly retryAfterMs: number | null });

/**
 * Makes the port to ElevenLabs.
 *
 * A recording is sent up to three times while the service is busy or does not answer. A text is sent
 * again only where the service said that it is busy: what got lost on its way back is paid for. Either
 * ends within two minutes, and a minute more for each 5 MB of a recording; within ten at the most.
 *
 * @param options `root` is `https://api.elevenlabs.io`. The key goes into a header of each request and
 * nowhere else: it is taken out of every detail. `pause` and `limitMs` are for tests.
 */
export function createElevenLabs(options: {
  http: HttpClient;
  root: string;
  apiKey: string;
  sttModel: string;
  voiceId: string;
  ttsModel: string;
  log: Logger;
  pause?: Pause;
  limitMs?: number;
}): Speech {
  const { http, apiKey, sttModel, voiceId, ttsModel, log } = options;
  const { pause = pauseFor, limitMs = LIMIT_MS } = options;
  const base = options.root.replace(/\/+$/u, '');
  // What no header can hold is no key.
  const hasKey = /^[\x21-\x7e]+$/u.test(apiKey);
  const fault = (code: SpeechFailure['code'], detail: string): SpeechFault => ({
    kind: 'failed',
    failure: { code },
    detail: excerpt(hasKey ? detail.replaceAll(apiKey, '<key>') : detail, DETAIL_LENGTH),
  });

  async function ask(
    path: string,
    request: Pick<HttpRequest, 'headers' | 'maxResponseBytes' | 'timeoutMs'> & {
      body: string | FormData;
    },
    signal: AbortSignal,
  ): Promise<Asked<Uint8Array>> {
    const answer = await http.request({
      ...request,
      method: 'POST',
      url: `${base}${path}`,
      headers: { ...request.headers, 'xi-api-key': apiKey },
      signal,
    });
    if (answer.kind === 'failed') {
      return { ...fault('unreachable', answer.reason), retryAfterMs: null };
    }
    if (answer.status === 200) return { kind: 'answered', value: answer.body };
    const { failure, reason } = failureOf(answer.status, answer.body);
    return { ...fault(failure.code, reason), retryAfterMs: answer.retryAfterMs };
  }

  /** Asks until there is an answer, or no use in asking again; within the limit. */
  async function askFor<T>(
    what: 'transcript' | 'speech',
    again: readonly SpeechFailure['code'][],
    attempt: (signal: AbortSignal) => Promise<Asked<T>>,
    within: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<Asked<T>> {
    if (!hasKey)
      return { ...fault('key-refused', 'not a key that a header can hold'), retryAfterMs: null };
    return await inAttempts(attempt, {
      pauseAfter: (asked) =>
        asked.kind === 'failed' && again.includes(asked.failure.code)
          ? (asked.retryAfterMs ?? 0)
          : null,
      onPause: (asked, pauseMs) => {
        if (asked.kind === 'failed') {
          log.info({ what, ...asked.failure, detail: asked.detail, pauseMs }, 'speech.retrying');
        }
      },
      pause,
      signal: AbortSignal.any([within.signal, AbortSignal.timeout(within.timeoutMs)]),
    });
  }

  /** Read within the attempt: an answer that is none of the service's is worth another one. */
  async function askForTranscript(
    { content, name, mimeType }: Recording,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Asked<string>> {
    const form = new FormData();
    form.append('model_id', sttModel);
    form.append('file', new File([new Uint8Array(content)], name, { type: mimeType }), name);
    const request = { body: form, maxResponseBytes: MAX_TRANSCRIPT_BYTES, timeoutMs };
    const asked = await ask('/v1/speech-to-text', request, signal);
    if (asked.kind === 'failed') return asked;
    const parsed = transcriptSchema.safeParse(parseJson(asked.value));
    return parsed.success
      ? { kind: 'answered', value: parsed.data.text.trim() }
      : { ...fault('unreachable', 'a transcript of an unknown shape'), retryAfterMs: null };
  }

  return {
    async transcribe(recording, signal) {
      if (recording.content.byteLength === 0) return fault('nothing-heard', 'an empty recording');
      const timeoutMs = listeningLimitMs(recording.content.byteLength, limitMs);
      const asked = await askFor(
        'transcript',
        ['rate-limited', 'unreachable'],
        (within) => askForTranscript(recording, timeoutMs, within),
        { timeoutMs, signal },
      );
      if (asked.kind === 'failed') return fault(asked.failure.code, asked.detail);
      if (!WORD.test(asked.value.replaceAll(SOUND, ''))) return fault('nothing-heard', 'no words');
      return { kind: 'heard', text: asked.value };
    },

    async speak(markdown, signal) {
      const { text, leftOut } = speakable(markdown, charsOf(ttsModel));
      if (text === '') return { kind: 'nothing-to-say' };
      const request = {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text, model_id: ttsModel }),
        maxResponseBytes: MAX_AUDIO_BYTES,
        timeoutMs: limitMs,
      };
      const path = `/v1/text-to-speech/${encodeURIComponent(voiceId)}?output_format=${AUDIO_FORMAT}`;
      const asked = await askFor(
        'speech',
        ['rate-limited'],
        (within) => ask(path, request, within),
        { timeoutMs: limitMs, signal },
      );
      if (asked.kind === 'failed') return fault(asked.failure.code, asked.detail);
      if (!isMp3(asked.value)) return fault('unreachable', 'an answer that is no MP3');
      return { kind: 'spoken', content: asked.value, name: 'answer.mp3', words: text, leftOut };
    },

    explain: explainFailure,
  };
}

/**
 * How long to wait for a transcript, all attempts together.
 *
 * @param limitMs For a recording of no length.
 */
export function listeningLimitMs(recordingBytes: number, limitMs = LIMIT_MS): number {
  return Math.min(Math.round(limitMs + recordingBytes * RECORDING_MS_PER_BYTE), LONGEST_LIMIT_MS);
}

/** By its first bytes: an ID3 tag, or a frame of layer III. */
function isMp3([first = 0, second = 0, third = 0]: Uint8Array): boolean {
  const isTag = first === 0x49 && second === 0x44 && third === 0x33;
  return isTag || (first === 0xff && (second & 0xe6) === 0xe2);
}
