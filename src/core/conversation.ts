/**
 * Where a conversation takes place.
 *
 * `id` is the key of order, `<channel>:<bot>:<chat>[:<thread>]`: turns with one id run one after
 * another. `destination` is what a platform limits the rate of, `<channel>:<bot>:<chat>`: deliveries
 * to one destination go out one after another.
 */
export interface Conversation {
  readonly id: string;
  readonly destination: string;
  readonly channel: string;
  /** The platform's own ids, as text: they may exceed what a number holds. */
  readonly chat: string;
  readonly thread: string | null;
}

/**
 * Names a conversation.
 *
 * @param place The bot's id is part of it, so that two bots in one chat hold two conversations.
 */
export function conversationOf(place: {
  channel: string;
  bot: string;
  chat: string;
  thread: string | null;
}): Conversation {
  const destination = `${place.channel}:${place.bot}:${place.chat}`;
  return {
    id: place.thread === null ? destination : `${destination}:${place.thread}`,
    destination,
    channel: place.channel,
    chat: place.chat,
    thread: place.thread,
  };
}

/** The bot of a conversation, as `<channel>:<bot>`: within it, update ids are unique. */
export function sourceOf({
  destination,
  channel,
}: Pick<Conversation, 'destination' | 'channel'>): string {
  const [, bot = ''] = destination.split(':');
  return `${channel}:${bot}`;
}
