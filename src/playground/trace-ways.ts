import { excerpt } from '../core/format.ts';
import {
  type AttachedFile,
  type BotApiStandin,
  type Call,
  isSilent,
  OWNER,
  type StoredMessage,
} from './bot-api/bot-api.ts';

/** How much of a text names its way. */
const TEXT_LENGTH = 80;
/** What sends or changes a message. Signs of life are none. */
const SENDING = /^(?:send(?!ChatAction|MessageDraft)|editMessage|deleteMessage)/u;

const KINDS = {
  photo: 'photo',
  document: 'document',
  voice: 'voice note',
  audio: 'audio file',
  video: 'video',
  video_note: 'video note',
} as const satisfies Record<AttachedFile['kind'], string>;

/** A try at delivering an update. */
export interface Attempt {
  readonly updateId: number;
  readonly atMs: number;
  /** `null`: no answer came. */
  readonly status: number | null;
}

/** What the stand-in knows of a message of the person, or of an album. */
export interface Way {
  readonly messageId: number;
  readonly text: string;
  /** All of them, for an album. */
  readonly messageIds: ReadonlySet<number>;
  /** When its first update was sent. */
  readonly sentAtMs: number;
  readonly updates: readonly {
    readonly updateId: number;
    readonly atMs: number;
    readonly isEdit: boolean;
  }[];
  readonly attempts: readonly Attempt[];
  /** What the bot sent to the chat since then, also for other messages. */
  readonly calls: readonly Call[];
}

/** Messages that are shown as one: a message, or an album. */
export function groupsOf(messages: readonly StoredMessage[]): readonly StoredMessage[][] {
  const groups: StoredMessage[][] = [];
  for (const message of messages) {
    const group = groups.at(-1);
    const [first] = group ?? [];
    if (message.albumId !== null && first?.albumId === message.albumId) group?.push(message);
    else groups.push([message]);
  }
  return groups;
}

/** What messages say, or what they hold, on one line. */
export function nameOf(
  group: readonly StoredMessage[],
  attached: (message: StoredMessage) => AttachedFile | null,
): string {
  const words = group.map(({ text }) => text).find((text) => text.trim() !== '');
  if (words !== undefined) return excerpt(words, TEXT_LENGTH);
  const files = group.flatMap((message) => attached(message) ?? []);
  const [file] = files;
  if (file === undefined) return 'a message without text';
  if (files.length > 1) return `album of ${files.length}`;
  const kind = KINDS[file.kind];
  return file.kind === 'document' ? `${kind} ${excerpt(file.fileName, TEXT_LENGTH)}` : kind;
}

/** The newest messages of the person, newest first, with what became of their updates. */
export function waysOf(api: BotApiStandin, count: number): readonly Way[] {
  const groups = groupsOf(api.messages(OWNER.id).filter(({ byBot }) => !byBot)).slice(-count);
  const fromMs = groups[0]?.[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const queued = latest(api.queued, fromMs);
  const attempts = latest(api.deliveries, fromMs);
  const calls = latest(api.calls, fromMs).filter(isOfReply);

  return groups.toReversed().flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const messageIds = new Set(group.map(({ messageId }) => messageId));
    const updates = queued.flatMap(({ update, atMs }) => {
      const message = update.message ?? update.edited_message;
      const isOurs = message?.chat.id === OWNER.id && messageIds.has(message.message_id);
      const isEdit = update.message === undefined;
      return isOurs ? [{ updateId: update.update_id, atMs, isEdit }] : [];
    });
    const updateIds = new Set(updates.map(({ updateId }) => updateId));
    return {
      messageId: first.messageId,
      text: nameOf(group, api.updates.attached),
      messageIds,
      sentAtMs: updates[0]?.atMs ?? first.atMs,
      updates,
      attempts: attempts.filter(({ updateId }) => updateIds.has(updateId)),
      calls,
    };
  });
}

/** Those since a moment, of a list in the order of time. */
function latest<T extends { readonly atMs: number }>(all: readonly T[], fromMs: number): T[] {
  return all.slice(all.findLastIndex(({ atMs }) => atMs < fromMs) + 1);
}

/** A call for a reply in the private chat. What comes without a sound is a sign of life too. */
function isOfReply(call: Call): boolean {
  return SENDING.test(call.method) && call.chat === String(OWNER.id) && !isSilent(call);
}
