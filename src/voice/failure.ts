import { z } from 'zod';
import { parseJson } from '../core/json.ts';
import type { SpeechFailure } from '../core/speech.ts';

/**
 * What an error answers. `status` is an older name of `code`; the third form is that of a request that
 * does not fit the API, the last one that of a path that is none.
 *
 * Source: https://elevenlabs.io/docs/eleven-api/resources/errors and
 * https://help.elevenlabs.io/hc/en-us/articles/19572237925521
 */
const errorSchema = z.looseObject({
  detail: z.union([
    z.looseObject({
      code: z.string().nullish(),
      status: z.string().nullish(),
      message: z.string().nullish(),
    }),
    z.array(z.looseObject({ msg: z.string().optional() })),
    z.string(),
  ]),
});

/** Come with a 400, a 401 or a 402, with which differs from one time to another. */
const QUOTA_CODES: ReadonlySet<string> = new Set(['quota_exceeded', 'insufficient_credits']);
const REFUSED_STATUSES: ReadonlySet<number> = new Set([400, 404, 405, 409, 413, 415, 422]);

/** What an answer other than 200 means. `reason` quotes the service, as long as it is. */
export function failureOf(
  status: number,
  body: Uint8Array,
): { readonly failure: SpeechFailure; readonly reason: string } {
  const parsed = errorSchema.safeParse(parseJson(body));
  if (!parsed.success) {
    return {
      failure: { code: codeOf(status, null) },
      reason: `HTTP ${status} that is not the service's`,
    };
  }
  const { detail } = parsed.data;
  const { name, message } =
    typeof detail === 'string'
      ? { name: '', message: detail }
      : Array.isArray(detail)
        ? { name: '', message: detail[0]?.msg ?? '' }
        : { name: detail.code ?? detail.status ?? '', message: detail.message ?? '' };
  const said = [name, message].filter((text) => text !== '').join(': ');
  return {
    failure: { code: codeOf(status, name) },
    reason: `HTTP ${status} ${said}`,
  };
}

/** @param name The service's own name of the error; null where the answer is not the service's. */
function codeOf(status: number, name: string | null): SpeechFailure['code'] {
  if (status === 429) return 'rate-limited';
  // A gateway that takes no body of this size says so in HTML.
  if (status === 413) return 'refused';
  if (name === null || status >= 500) return 'unreachable';
  if (QUOTA_CODES.has(name) || status === 402) return 'quota-used-up';
  if (status === 401 || status === 403) return 'key-refused';
  return REFUSED_STATUSES.has(status) ? 'refused' : 'unreachable';
}

/** In Markdown, for the person who spoke or listens. */
export function explainFailure({ code }: SpeechFailure): string {
  switch (code) {
    case 'key-refused':
      return 'ElevenLabs does not accept the key. Set `ELEVENLABS_API_KEY` to one that may use speech to text and text to speech (elevenlabs.io, under Developers), and restart me.';
    case 'quota-used-up':
      return 'The ElevenLabs credits are used up, or the plan does not include this. Top up at elevenlabs.io, or wait until they renew; text works meanwhile.';
    case 'rate-limited':
      return 'ElevenLabs is busy right now. Try again in a minute, or send it as text.';
    case 'unreachable':
      return 'I cannot reach ElevenLabs right now. Try again later, or send it as text.';
    case 'refused':
      return 'ElevenLabs could not use this recording. Record it again, or send it as text. If it never works, check `ELEVENLABS_STT_MODEL`, `ELEVENLABS_MODEL` and `ELEVENLABS_VOICE_ID`.';
    case 'nothing-heard':
      return 'I heard no words in that recording. Say it again a little closer to the microphone, or send it as text.';
  }
}
