import type { MessageEntity } from '@grammyjs/types';
import { z } from 'zod';
import type { SendOutcome } from '../../core/channel.ts';
import type { BotApi, CallOptions, CallOutcome } from './client.ts';
import { filesOutcomeOf, inPlaceOf } from './lost.ts';
import { answering, captionOf, keyboardOf } from './message-fields.ts';
import { refuses } from './outcome.ts';
import type { FilesPart } from './part.ts';
import { doneSchema, sentMessageSchema } from './schema.ts';
import { formattedOrPlain } from './send-text.ts';
import type { Target } from './target.ts';
import { isPhoto, openUploads } from './uploads.ts';

type Media = FilesPart['media'];

/** The same files in the form that they are sent in. */
type Shipment = Omit<FilesPart, 'kind' | 'files'> & { readonly files: readonly File[] };

/** What Telegram says of a photo that it does not take as one, or of a person who wants no recordings. */
const WRONG_MEDIA =
  /photo|image_|voice_messages_forbidden|receiving of voice messages|send voice notes/i;
/** With that of the upload it stays below what the port allows. */
const PROBE_TIMEOUT_MS = 8_000;

const sentAlbumSchema = z
  .array(sentMessageSchema)
  .transform(([first = null]) => first)
  .nullable()
  .catch(null);

async function mediaOf(media: Media, files: readonly File[]): Promise<Media> {
  if (media !== 'photo') return media;
  for (const file of files) if (!(await isPhoto(file))) return 'document';
  return media;
}

function sendOne(
  api: BotApi,
  target: Target,
  shipment: Shipment,
  file: File,
  entities: MessageEntity[],
  call: CallOptions,
): Promise<CallOutcome<string | null>> {
  const around = {
    ...target,
    ...captionOf(shipment.text, entities),
    ...answering(shipment.replyTo),
    ...keyboardOf(shipment.buttons),
  };
  switch (shipment.media) {
    case 'photo':
      return api.call('sendPhoto', { ...around, photo: file }, sentMessageSchema, call);
    case 'voice':
      return api.call('sendVoice', { ...around, voice: file }, sentMessageSchema, call);
    case 'document':
      return api.call('sendDocument', { ...around, document: file }, sentMessageSchema, call);
  }
}

function sendAlbum(
  api: BotApi,
  target: Target,
  { media, files, text, replyTo }: Shipment,
  entities: MessageEntity[],
  call: CallOptions,
): Promise<CallOutcome<string | null>> {
  const items = files.map((_, index) => ({
    media: `attach://file${index}`,
    ...(index === 0 ? captionOf(text, entities) : {}),
  }));
  const attached = Object.fromEntries(files.map((file, index) => [`file${index}`, file]));
  const params = {
    ...target,
    ...answering(replyTo),
    media:
      media === 'photo'
        ? items.map((item) => ({ type: 'photo' as const, ...item }))
        : items.map((item) => ({ type: 'document' as const, ...item })),
    ...attached,
  };
  return api.call('sendMediaGroup', params, sentAlbumSchema, call);
}

async function ship(
  api: BotApi,
  target: Target,
  shipment: Shipment,
  call: CallOptions,
): Promise<CallOutcome<string | null>> {
  const outcome = await formattedOrPlain(shipment.entities, (entities) => {
    const [file, ...more] = shipment.files;
    return file !== undefined && more.length === 0
      ? sendOne(api, target, shipment, file, entities, call)
      : sendAlbum(api, target, shipment, entities, call);
  });
  const isFinal = shipment.media === 'document' || shipment.instead !== undefined;
  if (isFinal || !refuses(outcome, WRONG_MEDIA)) return outcome;
  return await ship(api, target, { ...shipment, media: 'document' }, call);
}

/**
 * Sends files: a photo that Telegram would not take as one as a document, and then all of its album,
 * since documents stand only among themselves. A recording that stands for words is one or nothing.
 */
export async function sendFiles(
  api: BotApi,
  target: Target,
  part: FilesPart,
  call: CallOptions,
): Promise<SendOutcome> {
  const uploads = await openUploads(part.files);
  if (uploads.kind === 'refused') {
    const { problem, name } = uploads;
    const reason = `${problem}: ${name}`;
    const instead = inPlaceOf(part, part.files.length === 1 ? problem : reason);
    return { kind: 'rejected', reason, instead };
  }
  const { files } = uploads;
  const shipment = { ...part, files, media: await mediaOf(part.media, files) };
  const outcome = await ship(api, target, shipment, call);
  // Whoever is not well answers for any file; one that is too long on its way gets no answer.
  if (outcome.kind !== 'unreachable' || outcome.wasAnswered === true) {
    return filesOutcomeOf(outcome, part);
  }
  // Telegram itself may be away, which is nothing against these files.
  const how = { timeoutMs: PROBE_TIMEOUT_MS };
  const { kind } = await api.call('getMe', {}, doneSchema, how);
  return kind === 'ok'
    ? { ...outcome, instead: inPlaceOf(part, 'the upload failed again and again') }
    : outcome;
}
