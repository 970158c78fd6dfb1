import type { BotApiStandin, StoredMessage } from '../../src/playground/bot-api/bot-api.ts';

/** People in private chats of their own, who write to the bot and press what it shows them. */
export interface People {
  /** Their ids, for TELEGRAM_ALLOWED_USERS. */
  readonly ids: readonly number[];
  /** What was written, in the order of each chat. */
  readonly asked: readonly Asked[];
  /** A person writes. The update is delivered again and again until it is acknowledged. */
  write(person: number, text: string): void;
  /** Resolves when all that was written and pressed is acknowledged. */
  acknowledged(): Promise<void>;
  /** The messages with a Retry button that nobody has pressed. */
  offers(): readonly StoredMessage[];
  /** Presses Retry; resolves when that is acknowledged. */
  retry(offer: StoredMessage): Promise<void>;
  /** Presses every Retry that is shown until every message is answered. */
  retryUntilAllAreAnswered(): Promise<void>;
}

/** A message of a person. */
export interface Asked {
  readonly chatId: number;
  readonly messageId: number;
  readonly text: string;
}

const RETRY = '🔁 Retry';

export function createPeople(api: BotApiStandin, count: number): People {
  const ids = Array.from({ length: count }, (_, index) => 2001 + index);
  const asked: Asked[] = [];
  const underWay: Promise<{ outcome: string }>[] = [];
  const pressed = new Set<StoredMessage>();

  const offers = () =>
    api
      .sentMessages()
      .filter(
        (message) =>
          !pressed.has(message) &&
          message.replyMarkup?.inline_keyboard.flat().some(({ text }) => text === RETRY) === true,
      );

  const retry = async (offer: StoredMessage): Promise<void> => {
    pressed.add(offer);
    const from = { id: offer.chatId, is_bot: false, first_name: 'Someone' };
    const delivered = api.deliver(api.updates.press(offer, RETRY, { from }));
    underWay.push(delivered);
    await delivered;
  };

  const isAnswered = ({ chatId, messageId, text }: Asked): boolean =>
    api
      .sentMessages(chatId)
      .some((sent) => sent.replyTo === messageId && sent.text === `Answer to ${text}`);

  return {
    ids,
    asked,
    write: (person, text) => {
      const update = api.updates.text(text, {
        from: { id: person, is_bot: false, first_name: 'Someone' },
      });
      const messageId = update.message?.message_id ?? 0;
      asked.push({ chatId: person, messageId, text });
      underWay.push(api.deliver(update));
    },
    acknowledged: async () => {
      const reports = await Promise.all(underWay);
      const missed = reports.filter(({ outcome }) => outcome !== 'acknowledged');
      if (missed.length > 0) throw new Error(`${missed.length} updates were never acknowledged`);
    },
    offers,
    retry,
    retryUntilAllAreAnswered: async () => {
      for (;;) {
        const open = await api.until(
          'an offer to retry, or all answers',
          () => {
            const found = offers();
            return found.length > 0 || asked.every(isAnswered) ? found : null;
          },
          90_000,
        );
        if (open.length === 0) return;
        await Promise.all(open.map(retry));
      }
    },
  };
}
