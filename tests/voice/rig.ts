import { afterEach, beforeEach, expect } from 'vitest';
import type { Speech, SpeechFailure } from '../../src/core/speech.ts';
import { createHttpClient, type HttpClient } from '../../src/platform/http-client.ts';
import { createElevenLabs } from '../../src/voice/elevenlabs.ts';
import {
  type ElevenLabsStandin,
  KNOWN_VOICE,
  startElevenLabs,
} from '../standins/elevenlabs/elevenlabs.ts';
import { type TestLog, testLog } from '../support/log.ts';

type Options = Partial<Parameters<typeof createElevenLabs>[0]>;

/** ElevenLabs as it is spoken to in one test. */
interface Rig {
  standin: ElevenLabsStandin;
  log: TestLog;
  /** How long there was to be waited before further attempts; in truth nobody waits. */
  pausesMs: number[];
  speech(options?: Options): Speech;
}

/** Sets a fresh one up before each test of the file. */
export function useRig(): Rig {
  let http: HttpClient;
  let standin: ElevenLabsStandin;
  let log: TestLog;
  let pausesMs: number[];
  beforeEach(async () => {
    standin = await startElevenLabs();
    http = createHttpClient();
    log = testLog();
    pausesMs = [];
  });
  afterEach(async () => {
    await http.close();
    await standin.close();
  });
  return {
    get standin() {
      return standin;
    },
    get log() {
      return log;
    },
    get pausesMs() {
      return pausesMs;
    },
    speech: (options = {}) =>
      createElevenLabs({
        http,
        root: standin.url,
        apiKey: standin.apiKey,
        sttModel: 'scribe_v2',
        voiceId: KNOWN_VOICE,
        ttsModel: 'eleven_multilingual_v2',
        log: log.log,
        pause: (ms) => {
          pausesMs.push(ms);
          return Promise.resolve();
        },
        ...options,
      }),
  };
}

/** What a fault looks like. */
export function failed(code: SpeechFailure['code'], detail = /./u): object {
  return { kind: 'failed', failure: { code }, detail: expect.stringMatching(detail) };
}
