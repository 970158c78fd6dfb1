import { z } from 'zod';
import { dispensable } from './schema.ts';

/** Longer lists and names than anybody sends in good faith are cut. */
const MAX_ITEM_COUNT = 100;
const MAX_LENGTH = 1_000;

/** A text on one line, without a half of a character at its end. */
const line = z.string().transform((text) => {
  const joined = text.replace(/\s+/g, ' ').trim();
  return joined.length <= MAX_LENGTH ? joined : `${joined.slice(0, MAX_LENGTH).toWellFormed()}…`;
});

const place = z.looseObject({ latitude: z.number(), longitude: z.number() });

// https://core.telegram.org/bots/api#message, with what of it can be said in words.
const contentSchema = z.looseObject({
  venue: dispensable(z.looseObject({ location: place, title: line, address: line })),
  location: dispensable(place.extend({ live_period: dispensable(z.number()) })),
  contact: dispensable(
    z.looseObject({ phone_number: line, first_name: line, last_name: dispensable(line) }),
  ),
  poll: dispensable(
    z.looseObject({
      question: line,
      options: z.array(z.looseObject({ text: line })).catch([]),
    }),
  ),
  checklist: dispensable(
    z.looseObject({
      title: line,
      tasks: z
        .array(z.looseObject({ text: line, completion_date: dispensable(z.number()) }))
        .catch([]),
    }),
  ),
  dice: dispensable(z.looseObject({ emoji: line, value: z.number() })),
  sticker: dispensable(z.looseObject({ emoji: dispensable(line), set_name: dispensable(line) })),
});

function coordinates({ latitude, longitude }: z.infer<typeof place>): string {
  return `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`;
}

function listed(title: string, items: readonly string[]): string {
  const shown = items.slice(0, MAX_ITEM_COUNT);
  const more = items.length > shown.length ? ['…'] : [];
  return [title, ...[...shown, ...more].map((item) => `- ${item}`)].join('\n');
}

/**
 * Puts what is neither text nor a file into words: a location, a contact, a poll, a sticker.
 *
 * @returns A clause without its full stop, such as `A location: 52.5200, 13.4050`; a list has its items
 * on lines of their own. `null` where there is nothing of the kind, or its shape is unknown.
 */
export function wordsOf(message: Readonly<Record<string, unknown>>): string | null {
  // A venue is also a location, for the sake of old clients.
  const { venue, location, contact, poll, checklist, dice, sticker } = contentSchema.parse(message);
  if (venue !== undefined) {
    return `A place: ${venue.title}, ${venue.address} (${coordinates(venue.location)})`;
  }
  if (location !== undefined) {
    const kind = location.live_period === undefined ? 'A location' : 'A live location, at first';
    return `${kind}: ${coordinates(location)}`;
  }
  if (contact !== undefined) {
    const name = [contact.first_name, contact.last_name].filter(Boolean).join(' ');
    return `A contact: ${name}, ${contact.phone_number}`;
  }
  if (poll !== undefined) {
    return listed(
      `A poll: ${poll.question}`,
      poll.options.map(({ text }) => text),
    );
  }
  if (checklist !== undefined) {
    return listed(
      `A checklist: ${checklist.title}`,
      checklist.tasks.map(
        (task) => `[${(task.completion_date ?? 0) > 0 ? 'x' : ' '}] ${task.text}`,
      ),
    );
  }
  if (dice !== undefined) return `A throw of ${dice.emoji}: ${dice.value}`;
  if (sticker !== undefined) {
    const { emoji, set_name: set } = sticker;
    const what = emoji === undefined ? 'A sticker' : `A sticker: ${emoji}`;
    return set === undefined ? what : `${what} from the set ${set}`;
  }
  return null;
}
