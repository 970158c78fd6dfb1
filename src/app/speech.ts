import type { Speech } from '../core/speech.ts';
import type { Settings } from '../platform/configuration/schema.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import { createElevenLabs } from '../voice/elevenlabs.ts';

/** Speech as the settings have it; `null` without a key. */
export function createSpeech(settings: Settings, http: HttpClient, log: Logger): Speech | null {
  if (settings.ELEVENLABS_API_KEY === undefined) return null;
  return createElevenLabs({
    http,
    root: settings.ELEVENLABS_API_ROOT,
    apiKey: settings.ELEVENLABS_API_KEY,
    sttModel: settings.ELEVENLABS_STT_MODEL,
    voiceId: settings.ELEVENLABS_VOICE_ID,
    ttsModel: settings.ELEVENLABS_MODEL,
    log,
  });
}
