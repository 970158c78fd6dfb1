import { z } from 'zod';
import type { State, StoredFile, StoredMessage } from './state.ts';

const KINDS = ['photo', 'document', 'voice', 'audio', 'video', 'video_note'] as const;

/** The file in a message. */
export interface AttachedFile extends StoredFile {
  readonly kind: (typeof KINDS)[number];
  /** Of what sounds, where its sender told it. */
  readonly durationSeconds: number | null;
}

const sentSchema = z.looseObject({ file_id: z.string(), duration: z.number().optional() });

/**
 * The file in a message of either side.
 *
 * @param content What a person's message holds beside its text, as the Bot API writes it.
 */
export function attachedTo(
  state: State,
  message: StoredMessage,
  content: Readonly<Record<string, unknown>> | undefined,
): AttachedFile | null {
  for (const kind of ['photo', 'document', 'voice'] as const) {
    const file = message[kind];
    if (file !== null) return { ...file, kind, durationSeconds: null };
  }
  for (const kind of KINDS) {
    const given = content?.[kind];
    // A photo comes in several sizes, the largest last.
    const sent = sentSchema.safeParse(Array.isArray(given) ? given.at(-1) : given);
    const file = sent.success ? state.files.get(sent.data.file_id) : undefined;
    if (!sent.success || file === undefined) continue;
    const { fileName, mimeType, content: bytes } = file;
    const durationSeconds = sent.data.duration ?? null;
    return { fileName, mimeType, content: bytes, kind, durationSeconds };
  }
  return null;
}
