import type { InlineKeyboardMarkup, MessageEntity } from '@grammyjs/types';
import type { Button } from '../../core/channel.ts';

/** The buttons of a message. */
export function keyboardOf(buttons: readonly (readonly Button[])[]): {
  reply_markup?: InlineKeyboardMarkup;
} {
  if (buttons.length === 0) return {};
  return {
    reply_markup: {
      inline_keyboard: buttons.map((row) =>
        row.map(({ label, data }) => ({ text: label, callback_data: data })),
      ),
    },
  };
}

/** A message that was deleted meanwhile is no reason to keep the answer back. */
export function answering(replyTo: number | null): {
  reply_parameters?: { message_id: number; allow_sending_without_reply: true };
} {
  return replyTo === null
    ? {}
    : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } };
}

/** A text without the preview of what it links to. */
export function plainLinks(
  text: string,
  entities: MessageEntity[],
): {
  text: string;
  entities: MessageEntity[];
  link_preview_options: { is_disabled: true };
} {
  return { text, entities, link_preview_options: { is_disabled: true } };
}

/** What stands below a file, if anything. */
export function captionOf(
  text: string,
  entities: MessageEntity[],
): { caption?: string; caption_entities?: MessageEntity[] } {
  if (text === '') return {};
  return { caption: text, ...(entities.length === 0 ? {} : { caption_entities: entities }) };
}
