import type { StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import type { Origin, PressOptions } from '../../src/playground/bot-api/updates.ts';
import type { World } from './service.ts';

/** Sends a text and resolves with the message when it is acknowledged. */
export async function write(
  { api }: World,
  text: string,
  origin: Origin = {},
): Promise<StoredMessage> {
  const update = api.updates.text(text, origin);
  await api.deliver(update);
  const { message_id: id, chat } = update.message ?? {};
  const message = api.messages(chat?.id).find(({ messageId }) => messageId === id);
  if (message === undefined) throw new Error(`no message ${id}`);
  return message;
}

/** Changes the text of a message; resolves when that is acknowledged. */
export async function edit({ api }: World, message: StoredMessage, text: string): Promise<void> {
  await api.deliver(api.updates.edited(message, text));
}

/** Presses a button, also one that is gone by now; resolves with the word that the person is shown. */
export async function press(
  { api }: World,
  message: StoredMessage,
  button: string,
  options: PressOptions = {},
): Promise<string | null> {
  const update = api.updates.press(message, button, { stale: true, ...options });
  await api.deliver(update);
  const { answers } = await api.until('the answer to a press', () => {
    const made = api.presses.get(update.callback_query?.id ?? '');
    return made === undefined || made.answers.length === 0 ? null : made;
  });
  return answers[0]?.text ?? null;
}

/** What the buttons below a message say. */
export function labelsOf(message: StoredMessage): readonly string[] {
  return message.replyMarkup?.inline_keyboard.flat().map(({ text }) => text) ?? [];
}

/** The message of the bot with exactly this text, one that stands or one to come. */
export function said({ api }: World, text: string): Promise<StoredMessage> {
  return api.message(`“${text}”`, (message) => message.text === text);
}
