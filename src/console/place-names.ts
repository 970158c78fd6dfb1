import type { Bots } from '../core/bot.ts';
import { type Conversation, sourceOf } from '../core/conversation.ts';
import type { Database } from '../platform/database/open.ts';
import { plainName } from '../policy/names.ts';

/** How a conversation is called where people read. */
export interface PlaceName {
  /** Who talked there lately: `Ann, Ben and 2 others`; where nobody has a name, the same as `place`. */
  readonly people: string;
  /** The bot by the person's name for it, and the platform's own ids: `main, chat 42, thread 7`. */
  readonly place: string;
}

/** Names conversations. */
export interface PlaceNames {
  /** By its row. Reads a few of its latest messages. */
  name(conversation: Conversation): PlaceName;
  /** By its id, or by the destination that a memory is kept for. Its id where there is no such row. */
  nameOf(id: string): PlaceName;
}

/** Names are those of the authors of so many of the latest messages. */
const LATEST_COUNT = 20;
const NAMED_COUNT = 3;

/** To be made anew for each page: what was looked up is kept. */
export function createPlaceNames(database: Database, bots: Bots): PlaceNames {
  const sqlite = database.orm.$client;
  const authors = sqlite
    .prepare<[string, number], string | null>(
      `SELECT author FROM messages WHERE conversation_id = ? ORDER BY position DESC, id DESC LIMIT ?`,
    )
    .pluck();
  const columns = 'SELECT id, destination, channel, chat, thread FROM conversations';
  const byId = sqlite.prepare<[string], Conversation>(`${columns} WHERE id = ?`);
  const byDestination = sqlite.prepare<[string], Conversation>(
    `${columns} WHERE destination = ? LIMIT 1`,
  );
  const known = new Map<string, PlaceName>();

  const name = (conversation: Conversation): PlaceName => {
    const place = placeOf(conversation, bots);
    const names = new Set(
      authors
        .all(conversation.id, LATEST_COUNT)
        .flatMap((author) => (author === null ? [] : [plainName(author)]))
        .filter((author) => author !== ''),
    );
    return { place, people: names.size === 0 ? place : listed([...names]) };
  };

  return {
    name,
    nameOf: (id) => {
      const before = known.get(id);
      if (before !== undefined) return before;
      const conversation = byId.get(id) ?? byDestination.get(id);
      const named = conversation === undefined ? { people: id, place: id } : name(conversation);
      known.set(id, named);
      return named;
    },
  };
}

/** The bot by the person's name for it, and the platform's own ids. */
export function placeOf(conversation: Conversation, bots: Bots): string {
  const bot = bots.of(conversation)?.name ?? sourceOf(conversation);
  const { chat, thread } = conversation;
  return thread === null ? `${bot}, chat ${chat}` : `${bot}, chat ${chat}, thread ${thread}`;
}

function listed(names: readonly string[]): string {
  const otherCount = names.length - NAMED_COUNT;
  if (otherCount > 1) return `${names.slice(0, NAMED_COUNT).join(', ')} and ${otherCount} others`;
  return [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');
}
