import { deliveries } from '../../drizzle/schema.ts';
import type { Edit, OutgoingFile, Part, Reply } from '../core/channel.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import { type Mask, maskKeys, maskNote } from '../core/mask.ts';
import type { Database } from '../platform/database/open.ts';
import type { Channels } from './channels.ts';

/** The way out: whatever Claudio says becomes rows here first. */
export interface Outbox {
  /**
   * Adds a reply behind everything that waits for the same destination, a row for each of its parts.
   * To be called in the transaction whose outcome it tells.
   */
  say(conversation: Conversation, reply: Reply, turnId?: number): void;
  /** Adds a change to one of Claudio's own messages. */
  edit(conversation: Conversation, edit: Edit): void;
  /** Adds that one of Claudio's own messages is taken away. */
  remove(conversation: Conversation, messageId: string): void;
}

/**
 * Makes the way out. No secret passes: each is masked before the text gets the form of its channel, and
 * a reply says that it was.
 */
export function createOutbox(
  database: Database,
  clock: Clock,
  channels: Channels,
  mask: Mask = maskKeys,
): Outbox {
  const append = (conversation: Conversation, parts: readonly Part[], turnId: number | null) => {
    const now = clock.now();
    database.orm
      .insert(deliveries)
      .values(
        parts.map((part) => ({
          conversationId: conversation.id,
          destination: conversation.destination,
          turnId,
          part,
          status: 'pending' as const,
          dueAtMs: now,
          createdAtMs: now,
        })),
      )
      .run();
  };

  return {
    say: (conversation, reply, turnId) => {
      append(
        conversation,
        channels.of(conversation).render(safeReply(reply, mask)),
        turnId ?? null,
      );
    },
    edit: (conversation, edit) => {
      const { markdown, buttons } = edit;
      const safe = { ...edit, markdown: mask(markdown).text, buttons: safeButtons(buttons, mask) };
      append(conversation, [channels.of(conversation).renderEdit(safe)], null);
    },
    remove: (conversation, messageId) => {
      append(conversation, [channels.of(conversation).renderRemoval(messageId)], null);
    },
  };
}

function safeReply(reply: Reply, mask: Mask): Reply {
  let maskedCount = 0;
  const counting: Mask = (text) => {
    const masked = mask(text);
    maskedCount += masked.maskedCount;
    return masked;
  };
  const safe = {
    ...reply,
    markdown: counting(reply.markdown).text,
    buttons: safeButtons(reply.buttons, counting),
    ...(reply.files === undefined
      ? {}
      : { files: reply.files.map((file) => safeFile(file, counting)) }),
  };
  if (maskedCount === 0) return safe;
  const note = maskNote(maskedCount);
  return { ...safe, markdown: safe.markdown.trim() === '' ? note : `${safe.markdown}\n\n${note}` };
}

/** What a file holds goes out as it is. */
function safeFile(file: OutgoingFile, mask: Mask): OutgoingFile {
  return {
    ...file,
    name: mask(file.name).text,
    ...(file.instead === undefined ? {} : { instead: mask(file.instead).text }),
  };
}

function safeButtons(buttons: Reply['buttons'], mask: Mask): Reply['buttons'] {
  return buttons.map((row) => row.map((button) => ({ ...button, label: mask(button.label).text })));
}
