import { z } from 'zod';
import type { Attachment } from '../../core/inbound.ts';
import { dispensable } from './schema.ts';

const MS_PER_SECOND = 1_000;
/** The images that can be looked at, by what the sender's program calls them. */
const IMAGE_TYPES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
]);

/** What all kinds of file have: https://core.telegram.org/bots/api#document */
const file = z.looseObject({
  file_id: z.string().min(1),
  file_name: dispensable(z.string()),
  mime_type: dispensable(z.string()),
  file_size: dispensable(z.int().nonnegative()),
  /** In seconds. */
  duration: dispensable(z.number().nonnegative()),
});

/** A size of a photo: https://core.telegram.org/bots/api#photosize */
const size = z.looseObject({
  file_id: z.string().min(1),
  width: z.number().nonnegative().catch(0),
  height: z.number().nonnegative().catch(0),
  file_size: dispensable(z.int().nonnegative()),
});
const sizes = z
  .array(size.nullable().catch(null))
  .transform((found) => found.filter((one) => one !== null));

/** The files of a message, or of one that it replies to: https://core.telegram.org/bots/api#message */
const holderSchema = z.looseObject({
  photo: dispensable(sizes),
  animation: dispensable(file),
  live_photo: dispensable(file),
  video: dispensable(file),
  voice: dispensable(file),
  audio: dispensable(file),
  video_note: dispensable(file),
  document: dispensable(file),
});

function attachment(found: z.infer<typeof file>, isSpeech: boolean): Attachment {
  const mimeType = found.mime_type ?? null;
  const isImage = mimeType !== null && IMAGE_TYPES.has(mimeType.trim().toLowerCase());
  return {
    kind: isSpeech ? 'speech' : isImage ? 'image' : 'file',
    fileId: found.file_id,
    name: found.file_name ?? null,
    mimeType,
    sizeBytes: found.file_size ?? null,
    durationMs: found.duration === undefined ? null : Math.round(found.duration * MS_PER_SECOND),
    isQuoted: false,
  };
}

/** The largest size of a photo; Telegram does not promise an order. */
function largest(found: z.infer<typeof sizes>): Attachment[] {
  const [best] = found.toSorted((a, b) => b.width * b.height - a.width * a.height);
  if (best === undefined) return [];
  const { file_id, file_size } = best;
  return [attachment({ file_id, file_size }, false)].map((one) => ({ ...one, kind: 'image' }));
}

/**
 * The file that a message carries, if any: a message has at most one. What has an unknown shape counts
 * as not there.
 *
 * Where a message carries two for the sake of old clients, the first that stands here is the one: an
 * animation is also a document. Of a live photo the still is taken, which can be looked at.
 */
export function attachmentsOf(message: Readonly<Record<string, unknown>>): readonly Attachment[] {
  const found = holderSchema.parse(message);
  const photo = largest(found.photo ?? []);
  if (photo.length > 0) return photo;
  const other = found.animation ?? found.live_photo ?? found.video;
  if (other !== undefined) return [attachment(other, false)];
  const speech = found.voice ?? found.audio ?? found.video_note;
  if (speech !== undefined) return [attachment(speech, true)];
  return found.document === undefined ? [] : [attachment(found.document, false)];
}
