import type { MessageEntity } from '@grammyjs/types';
import type { Child, FC } from 'hono/jsx';
import { excerpt } from '../core/format.ts';

/** Of two entities with the same bounds, the one that comes first here holds the other. */
const OUTER_FIRST: readonly MessageEntity['type'][] = [
  'blockquote',
  'expandable_blockquote',
  'text_link',
  'bold',
  'italic',
  'underline',
  'strikethrough',
  'spoiler',
];
const BLOCKS: ReadonlySet<MessageEntity['type']> = new Set([
  'pre',
  'blockquote',
  'expandable_blockquote',
]);
const SUMMARY_LENGTH = 60;

/**
 * A text with its entities, as Telegram's apps show it. Whatever the entities say, all of the text is
 * there and stands for itself; links lead to `http` and `https` only.
 *
 * Source: https://core.telegram.org/bots/api#messageentity, offsets and lengths in UTF-16 units.
 */
export const Formatted: FC<{
  readonly text: string;
  readonly entities: readonly MessageEntity[];
}> = ({ text, entities }) => <>{between(text, 0, text.length, inOrder(entities))}</>;

/** The address where a link may lead, or `null`. */
export function safeLink(address: string): string | null {
  const url = URL.parse(address);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : null;
}

function inOrder(entities: readonly MessageEntity[]): readonly MessageEntity[] {
  return entities.toSorted(
    (a, b) => a.offset - b.offset || b.length - a.length || rankOf(a) - rankOf(b),
  );
}

function rankOf({ type }: MessageEntity): number {
  const found = OUTER_FIRST.indexOf(type);
  return found === -1 ? OUTER_FIRST.length : found;
}

/** The text from `start` to `end`, with those of the entities that begin in there. */
function between(
  text: string,
  start: number,
  end: number,
  entities: readonly MessageEntity[],
): Child[] {
  const children: Child[] = [];
  let at = start;
  for (const [index, entity] of entities.entries()) {
    const from = Math.max(entity.offset, start);
    const to = Math.min(entity.offset + entity.length, end);
    // Empty, out of bounds, or within one that was shown.
    if (from < at || from >= to) continue;
    children.push(text.slice(at, from));
    const inner = entities.slice(index + 1).filter(({ offset }) => offset >= from && offset < to);
    const covered = text.slice(from, to);
    children.push(marked(entity, covered, between(text, from, to, inner)));
    at = to;
    // A block ends its line by itself.
    if (BLOCKS.has(entity.type) && text.startsWith('\n', at) && at < end) at += 1;
  }
  children.push(text.slice(at, end));
  return children;
}

function marked(entity: MessageEntity, covered: string, children: Child[]): Child {
  switch (entity.type) {
    case 'bold':
      return <strong>{children}</strong>;
    case 'italic':
      return <em>{children}</em>;
    case 'underline':
      return <u>{children}</u>;
    case 'strikethrough':
      return <s>{children}</s>;
    case 'spoiler':
      return (
        <span class="spoiler" tabindex={0}>
          {children}
        </span>
      );
    case 'code':
      return <code>{covered}</code>;
    case 'pre':
      return (
        <pre tabindex={0}>
          {entity.language === undefined ? null : <span class="language">{entity.language}</span>}
          <code>{covered}</code>
        </pre>
      );
    case 'blockquote':
      return <blockquote>{children}</blockquote>;
    case 'expandable_blockquote':
      return (
        <blockquote>
          <details>
            <summary>{excerpt(covered, SUMMARY_LENGTH)}</summary>
            {children}
          </details>
        </blockquote>
      );
    case 'text_link':
      return link(safeLink(entity.url), children);
    case 'url':
      return link(safeLink(/^\w+:/u.test(covered) ? covered : `https://${covered}`), children);
    case 'mention':
    case 'text_mention':
    case 'hashtag':
    case 'cashtag':
    case 'bot_command':
      return <span class="mention">{children}</span>;
    case 'custom_emoji':
    case 'date_time':
    case 'email':
    case 'phone_number':
      return <>{children}</>;
  }
}

function link(address: string | null, children: Child[]): Child {
  if (address === null) return <>{children}</>;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
