import type { MessageEntity } from '@grammyjs/types';
import type { SendOutcome } from '../../core/channel.ts';
import type { BotApi, CallOptions, CallOutcome } from './client.ts';
import { filesOutcomeOf } from './lost.ts';
import { answering, keyboardOf, plainLinks } from './message-fields.ts';
import { FORBIDDEN, refuses, refusesMarkup, sendOutcomeOf } from './outcome.ts';
import type { DocumentPart, EditPart, RemovalPart, TextPart } from './part.ts';
import { doneSchema, sentMessageSchema } from './schema.ts';
import type { Target } from './target.ts';

/** All that is left of a message that Telegram no longer takes away. */
const TICK = '✓';

/** Makes a call, and once more without its formatting where that is what Telegram refuses. */
export async function formattedOrPlain(
  entities: MessageEntity[],
  attempt: (entities: MessageEntity[]) => Promise<CallOutcome<string | null>>,
): Promise<CallOutcome<string | null>> {
  const formatted = await attempt(entities);
  return refusesMarkup(formatted) ? await attempt([]) : formatted;
}

/** Sends a text, as a rich message first where it is to be one. */
export async function sendText(
  api: BotApi,
  target: Target,
  part: TextPart,
  call: CallOptions,
): Promise<SendOutcome> {
  const around = { ...target, ...answering(part.replyTo), ...keyboardOf(part.buttons) };
  if (part.rich !== undefined) {
    const params = { ...around, rich_message: { markdown: part.rich } };
    const rich = await api.call('sendRichMessage', params, sentMessageSchema, call);
    const isFinal = rich.kind !== 'rejected' || rich.movedTo !== null || FORBIDDEN.has(rich.status);
    if (isFinal) return sendOutcomeOf(rich);
  }
  return sendOutcomeOf(
    await formattedOrPlain(part.entities, (entities) =>
      api.call(
        'sendMessage',
        { ...around, ...plainLinks(part.text, entities) },
        sentMessageSchema,
        call,
      ),
    ),
  );
}

/** Sends a text as a document. */
export async function sendDocument(
  api: BotApi,
  target: Target,
  part: DocumentPart,
  call: CallOptions,
): Promise<SendOutcome> {
  const params = {
    ...target,
    document: new File([part.content], part.fileName),
    ...answering(part.replyTo),
    ...keyboardOf(part.buttons),
  };
  return filesOutcomeOf(await api.call('sendDocument', params, sentMessageSchema, call), part);
}

/** Changes a text. That it says so already is as good. */
export async function sendEdit(
  api: BotApi,
  chat: string,
  part: EditPart,
  call: CallOptions,
): Promise<SendOutcome> {
  const outcome = await formattedOrPlain(part.entities, (entities) =>
    api.call(
      'editMessageText',
      {
        chat_id: chat,
        message_id: part.messageId,
        ...plainLinks(part.text, entities),
        ...keyboardOf(part.buttons),
      },
      sentMessageSchema,
      call,
    ),
  );
  const stands = outcome.kind === 'ok' || refuses(outcome, /message is not modified/);
  return stands ? { kind: 'sent', messageId: String(part.messageId) } : sendOutcomeOf(outcome);
}

/**
 * Takes a message away. One that is more than 48 hours old stays and loses its text and its buttons:
 * https://core.telegram.org/bots/api#deletemessage. That it is gone, or cannot be changed, is as good.
 */
export async function sendRemoval(
  api: BotApi,
  chat: string,
  part: RemovalPart,
  call: CallOptions,
): Promise<SendOutcome> {
  const params = { chat_id: chat, message_id: part.messageId };
  const outcome = await api.call('deleteMessage', params, doneSchema, call);
  if (refuses(outcome, /message can't be deleted/)) {
    const { messageId } = part;
    const tick: EditPart = { kind: 'edit', messageId, text: TICK, entities: [], buttons: [] };
    const edited = await sendEdit(api, chat, tick, call);
    const isOver = edited.kind === 'sent' || edited.kind === 'rejected';
    return isOver ? { kind: 'sent', messageId: null } : edited;
  }
  const done =
    outcome.kind === 'ok' || refuses(outcome, /message to delete not found|MESSAGE_ID_INVALID/);
  return done ? { kind: 'sent', messageId: null } : sendOutcomeOf(outcome);
}
