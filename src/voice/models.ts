/**
 * How many characters each model speaks in one request.
 *
 * Source: https://elevenlabs.io/docs/overview/models#character-limits
 */
export const MODEL_CHARS: Readonly<Record<string, number>> = {
  eleven_v3: 5_000,
  eleven_multilingual_v2: 10_000,
  eleven_multilingual_v1: 10_000,
  eleven_monolingual_v1: 10_000,
  eleven_flash_v2_5: 40_000,
  eleven_turbo_v2_5: 40_000,
  eleven_flash_v2: 30_000,
  eleven_turbo_v2: 30_000,
};

/** For a model that is not known here: as many as the least of them takes. */
const SAFE_CHARS = 5_000;

/** How many characters, in UTF-16 units, to give a model at most. */
export function charsOf(model: string): number {
  return Object.hasOwn(MODEL_CHARS, model) ? (MODEL_CHARS[model] ?? SAFE_CHARS) : SAFE_CHARS;
}
