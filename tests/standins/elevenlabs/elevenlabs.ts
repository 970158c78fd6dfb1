import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import { answerOf, type Behaviour, errorAnswer, jsonAnswer, olderErrorAnswer } from './faults.ts';
import { silence } from './mp3.ts';
import { Misfit, readRequest, type SpeechRequest } from './requests.ts';

export type { SpeechRequest } from './requests.ts';

/** The voice of ELEVENLABS_VOICE_ID's default; there is no other. */
export const KNOWN_VOICE = 'iP95p4xoKVk53GoZ742B';
const HEARING_MODELS: ReadonlySet<string> = new Set(['scribe_v2', 'scribe_v1']);
/** In characters, not in UTF-16 units: https://elevenlabs.io/docs/overview/models#character-limits */
const SPEAKING_MODELS: ReadonlyMap<string, number> = new Map([
  ['eleven_v3', 5_000],
  ['eleven_multilingual_v2', 10_000],
  ['eleven_flash_v2_5', 40_000],
]);

/** A stand-in of ElevenLabs that runs, and what a test can see of it and do with it. */
export interface ElevenLabsStandin {
  /** For ELEVENLABS_API_ROOT. */
  readonly url: string;
  readonly apiKey: string;
  /** What it speaks: always the same silence. */
  readonly audio: Buffer;
  /** Every request that fits the API, in order, also those that were refused. */
  readonly requests: readonly SpeechRequest[];
  /**
   * Other paths, fields and content types than the API has, or no key at all: faults of the caller
   * whatever the circumstances, so `close()` throws when there are any.
   */
  readonly violations: readonly string[];
  /** What is heard in the next recording that no text was told for yet; without one, "Hello there." */
  willHear(text: string): void;
  /** Lets the next requests fail; faults are met in the order in which they were told. */
  fault(behaviour: Behaviour, times?: number): void;
  /** Resolves as soon as there have been so many requests. */
  requested(count: number): Promise<readonly SpeechRequest[]>;
  /** Cuts every connection; throws when there were violations. */
  close(): Promise<void>;
}

/** Starts a strict stand-in of ElevenLabs over HTTP on the loopback. */
export async function startElevenLabs(
  options: { apiKey?: string } = {},
): Promise<ElevenLabsStandin> {
  const apiKey = options.apiKey ?? 'made-up-key-of-a-test';
  const audio = silence();
  const requests: SpeechRequest[] = [];
  const violations: string[] = [];
  const heard: string[] = [];
  const faults: { readonly behaviour: Behaviour; leftCount: number }[] = [];
  const waiting = new Set<() => void>();

  function nextFault(): Behaviour | null {
    const fault = faults[0];
    if (fault === undefined) return null;
    fault.leftCount -= 1;
    if (fault.leftCount <= 0) faults.shift();
    return fault.behaviour;
  }

  function violation(what: string): Answer {
    violations.push(what);
    return jsonAnswer(422, { detail: [{ loc: ['body'], msg: what, type: 'value_error' }] });
  }

  function work(asked: SpeechRequest): Answer {
    return asked.kind === 'speech-to-text' ? hear(asked, heard) : speak(asked, audio);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    let asked: SpeechRequest;
    try {
      asked = await readRequest(request, url);
    } catch (thrown) {
      if (!(thrown instanceof Misfit)) throw thrown;
      send(response, violation(thrown.message));
      return;
    }
    requests.push(asked);
    for (const look of waiting) look();
    const behaviour = nextFault();
    if (behaviour?.kind === 'hang') return;
    if (behaviour?.kind === 'drop') {
      if (behaviour.moment === 'within') breakOff(response, work(asked));
      else request.socket.destroy();
      return;
    }
    const key = request.headers['xi-api-key'];
    const instead = behaviour === null ? null : answerOf(behaviour);
    if (key === undefined) send(response, violation('no xi-api-key'));
    else if (instead !== null) send(response, instead);
    else if (key === apiKey) send(response, work(asked));
    else send(response, olderErrorAnswer(401, 'invalid_api_key', 'Invalid API key'));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((thrown: unknown) => {
      // Whoever hangs up before the end of a request did not violate anything.
      if (!request.socket.destroyed) violations.push(`the stand-in failed: ${String(thrown)}`);
      request.socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    apiKey,
    audio,
    requests,
    violations,
    willHear: (text) => void heard.push(text),
    fault: (behaviour, times = 1) => void faults.push({ behaviour, leftCount: times }),
    requested: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (requests.length < count) return;
          waiting.delete(look);
          resolve(requests);
        };
        waiting.add(look);
        look();
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
      if (violations.length > 0) {
        throw new Error(`requests that fit no ElevenLabs: ${violations.join('; ')}`);
      }
    },
  };
}

type Asked<K extends SpeechRequest['kind']> = Extract<SpeechRequest, { kind: K }>;

function hear({ modelId, file }: Asked<'speech-to-text'>, heard: string[]): Answer {
  if (!HEARING_MODELS.has(modelId)) {
    return errorAnswer(400, 'unsupported_model', `'${modelId}' is not a valid model_id.`);
  }
  if (file.content.byteLength === 0) {
    return errorAnswer(400, 'empty_file', 'The uploaded file is empty.');
  }
  const text = heard.shift() ?? 'Hello there.';
  const words = text.split(' ').map((word, at) => ({
    text: word,
    start: at,
    end: at + 0.5,
    type: 'word',
    speaker_id: null,
    logprob: 0,
  }));
  return jsonAnswer(200, { language_code: 'eng', language_probability: 0.99, text, words });
}

function speak({ modelId, voiceId, text }: Asked<'text-to-speech'>, audio: Buffer): Answer {
  const limit = SPEAKING_MODELS.get(modelId);
  const count = Array.from(text).length;
  if (limit === undefined) {
    return errorAnswer(400, 'unsupported_model', `A model with ID ${modelId} does not exist.`);
  }
  if (voiceId !== KNOWN_VOICE) {
    return errorAnswer(404, 'voice_not_found', `A voice with ID ${voiceId} was not found.`);
  }
  if (count === 0) return errorAnswer(400, 'empty_text', 'The text is empty.');
  if (count > limit) {
    const message = `The text has ${count} characters; the limit is ${limit}.`;
    return olderErrorAnswer(400, 'max_character_limit_exceeded', message);
  }
  return { status: 200, contentType: 'audio/mpeg', headers: {}, content: audio };
}

function send(response: ServerResponse, { status, contentType, headers, content }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': content.byteLength,
    ...headers,
  });
  response.end(content);
}

/** Promises the whole answer, sends the first half of it, and hangs up. */
function breakOff(response: ServerResponse, { status, contentType, content }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': content.byteLength,
  });
  response.write(content.subarray(0, content.byteLength / 2), () => response.destroy());
}
