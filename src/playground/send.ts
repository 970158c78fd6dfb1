import type { Update } from '@grammyjs/types';
import { beginning, wholeNumber } from '../core/format.ts';
import { type BotApiStandin, OWNER, type StoredMessage } from './bot-api/bot-api.ts';
import type { ReactionEmoji } from './bot-api/updates.ts';
import { imageTypeOf } from './chat-files.ts';

/** https://core.telegram.org/bots/api#sendmessage */
export const MAX_TEXT_LENGTH = 4_096;
/** https://core.telegram.org/bots/api#sendphoto */
export const MAX_CAPTION_LENGTH = 1_024;
/** What a bot can fetch: https://core.telegram.org/bots/api#getfile */
export const MAX_FILE_BYTES = 20 * 1_024 * 1_024;
/** Telegram sends larger ones as files. */
const MAX_PHOTO_BYTES = 10 * 1_024 * 1_024;
/** https://core.telegram.org/bots/api#sendmediagroup */
export const MAX_FILE_COUNT = 10;
/** https://core.telegram.org/bots/api#inlinekeyboardbutton */
const MAX_DATA_BYTES = 64;
const MS_PER_SECOND = 1_000;
const BYTES_PER_MB = 1_024 * 1_024;

/** What one can react with here. */
export const REACTIONS = ['👍', '👎', '❤', '🔥', '🤔', '🎉'] as const satisfies ReactionEmoji[];

/** What became of what somebody wanted to send. Refused: nothing was sent, and the sentence says why. */
export type Outcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly status: 400 | 404 | 413; readonly sentence: string };

/** What stands in the composer. */
export interface Composed {
  readonly text: string;
  readonly files: readonly File[];
  /** The message that is replied to. */
  readonly replyTo: number | null;
  /** The message of one's own that gets this text. */
  readonly edit: number | null;
}

const SENT: Outcome = { kind: 'sent' };

/** What a person does in the chat. Each becomes an update, and none of it waits for the service. */
export interface Sender {
  compose(composed: Composed): Promise<Outcome>;
  voice(recording: File, durationMs: number, replyTo: number | null): Promise<Outcome>;
  /** Reacts, or takes the same reaction back. */
  react(messageId: number, emoji: string): Outcome;
  press(messageId: number, data: string): Outcome;
}

export function createSender(api: BotApiStandin): Sender {
  const find = (messageId: number | null): StoredMessage | undefined =>
    api.messages(OWNER.id).find((message) => message.messageId === messageId);
  const deliver = (...updates: readonly Update[]): Outcome => {
    // Acknowledged or not, it is on its way: never refused here, and nothing to wait for.
    for (const update of updates) void api.deliver(update);
    return SENT;
  };
  const originOf = (replyTo: number | null) => {
    const original = find(replyTo);
    return original === undefined ? {} : { replyTo: original.messageId };
  };

  const edit = (messageId: number, text: string): Outcome => {
    const message = find(messageId);
    if (message === undefined || message.byBot) return GONE;
    const isCaption = api.updates.attached(message) !== null;
    const limit = isCaption ? MAX_CAPTION_LENGTH : MAX_TEXT_LENGTH;
    if (text === '' && !isCaption) return refused(400, 'A message cannot be empty.');
    if (text.length > limit) return tooLong(text, limit);
    // As Telegram's apps: there is nothing to tell.
    return text === message.text ? SENT : deliver(api.updates.edited(message, text));
  };

  return {
    async compose({ text: typed, files, replyTo, edit: edited }) {
      const text = typed.replaceAll('\r\n', '\n').trim();
      if (edited !== null) return edit(edited, text);
      const origin = originOf(replyTo);
      if (files.length === 0) {
        if (text === '') return refused(400, 'Write something, or attach a file.');
        const parts = splitText(text, MAX_TEXT_LENGTH);
        return deliver(
          ...parts.map((part, index) => api.updates.text(part, index === 0 ? origin : {})),
        );
      }
      const fault = faultOf(files, text);
      if (fault !== null) return fault;
      const sent = await Promise.all(files.map(withContent));
      const photos = sent.filter(isPhoto);
      const documents = sent.filter((file) => !isPhoto(file));
      const caption = text === '' ? undefined : text;
      return deliver(
        ...photoUpdates(api, photos, caption, origin),
        ...documents.map((file, index) =>
          api.updates.document({
            ...file,
            ...origin,
            ...captioned(photos.length === 0 && index === 0 ? caption : undefined),
          }),
        ),
      );
    },

    async voice(recording, durationMs, replyTo) {
      const [mimeType = ''] = recording.type.split(';');
      if (!/^audio\/[\w.+-]+$/u.test(mimeType) || recording.size === 0) {
        return refused(400, 'There is nothing to be heard in this recording.');
      }
      const fault = faultOf([recording], '');
      if (fault !== null) return fault;
      const durationSeconds = Math.max(1, Math.round(durationMs / MS_PER_SECOND));
      const { content } = await withContent(recording);
      return deliver(
        api.updates.voice({ content, mimeType, durationSeconds, ...originOf(replyTo) }),
      );
    },

    react(messageId, given) {
      const message = find(messageId);
      if (message === undefined) return GONE;
      const emoji = REACTIONS.find((one) => one === given);
      if (emoji === undefined) return refused(400, 'One cannot react with that.');
      const isTakenBack = api.updates.reactionsTo(message).includes(emoji);
      return deliver(api.updates.reaction(message, isTakenBack ? [] : [emoji]));
    },

    press(messageId, data) {
      const message = find(messageId);
      if (message === undefined) return GONE;
      if (data === '' || Buffer.byteLength(data) > MAX_DATA_BYTES) {
        return refused(400, 'There is no such button.');
      }
      // What the page showed counts, though the message may have changed since: as in Telegram.
      return deliver(api.updates.press(message, data, { stale: true }));
    },
  };
}

/** A text in parts, each as long as fits, cut between lines or words where there are any. */
export function splitText(text: string, length: number): readonly string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > length) {
    const most = beginning(rest, length);
    const cut = [most.lastIndexOf('\n'), most.lastIndexOf(' ')].find((at) => at > length / 2);
    const part = cut === undefined ? most : most.slice(0, cut);
    parts.push(part.trimEnd());
    rest = rest.slice(part.length).trimStart();
  }
  return [...parts, rest].filter((part) => part !== '');
}

interface Sent {
  readonly fileName: string;
  readonly mimeType: string;
  readonly content: Buffer;
}

async function withContent(file: File): Promise<Sent> {
  const content = Buffer.from(await file.arrayBuffer());
  const fileName = file.name === '' ? 'file' : file.name;
  return { fileName, mimeType: file.type || 'application/octet-stream', content };
}

/** What Telegram's apps send as a photo: other pictures go as files. */
function isPhoto({ content }: Sent): boolean {
  const type = imageTypeOf(content);
  return type !== null && type !== 'image/gif' && content.byteLength <= MAX_PHOTO_BYTES;
}

function photoUpdates(
  api: BotApiStandin,
  photos: readonly Sent[],
  caption: string | undefined,
  origin: { readonly replyTo?: number },
): readonly Update[] {
  const [first, ...others] = photos;
  if (first === undefined) return [];
  const { content } = first;
  if (others.length === 0)
    return [api.updates.photo({ content, ...origin, ...captioned(caption) })];
  return api.updates.album(
    photos.map((photo, index) => ({
      kind: 'photo',
      content: photo.content,
      ...captioned(index === 0 ? caption : undefined),
    })),
    origin,
  );
}

function captioned(caption: string | undefined): { readonly caption?: string } {
  return caption === undefined ? {} : { caption };
}

function faultOf(files: readonly File[], caption: string): Outcome | null {
  if (files.length > MAX_FILE_COUNT) {
    return refused(413, `At most ${MAX_FILE_COUNT} files go at once; these are ${files.length}.`);
  }
  const large = files.find(({ size }) => size > MAX_FILE_BYTES);
  if (large !== undefined) {
    const sizeMb = Math.ceil(large.size / BYTES_PER_MB);
    return refused(
      413,
      `“${large.name}” has ${sizeMb} MB. A bot can fetch files of up to ${MAX_FILE_BYTES / BYTES_PER_MB} MB.`,
    );
  }
  const empty = files.find(({ size }) => size === 0);
  if (empty !== undefined) return refused(400, `“${empty.name}” is empty.`);
  return caption.length > MAX_CAPTION_LENGTH ? tooLong(caption, MAX_CAPTION_LENGTH) : null;
}

const GONE = refused(404, 'That message is gone.');

function tooLong(text: string, limit: number): Outcome {
  const [length, most] = [text.length, limit].map(wholeNumber);
  const what = limit === MAX_CAPTION_LENGTH ? 'A caption' : 'A message';
  return refused(400, `${what} has at most ${most} characters; this has ${length}.`);
}

function refused(status: 400 | 404 | 413, sentence: string): Outcome {
  return { kind: 'refused', status, sentence };
}
