import type { Child, FC } from 'hono/jsx';
import { formatDuration } from '../core/format.ts';
import type { Mask } from '../core/mask.ts';
import { plainName } from '../policy/names.ts';
import { Time } from '../pages/words.tsx';
import {
  READ_LENGTH,
  type ReadText,
  type TalkAttachment,
  type TalkMessage,
} from './conversation-rows.ts';
import { messagePath } from './paths.ts';
import { type Look, TurnDetails } from './turn.tsx';
import type { ShownTurn } from './turn-rows.ts';
import { Written } from './written.tsx';

/** What the messages of a page are shown with. */
export interface TalkLook extends Look {
  readonly conversationId: string;
  /** Shows Markdown. */
  readonly markdown: (text: string) => Child;
  /** The turn whose details are open from the start. */
  readonly openTurnId: number | null;
}

const ASIDE: Readonly<Record<TalkMessage['role'], string | null>> = {
  person: null,
  claude: null,
  command: 'Command',
  overheard: 'Overheard',
};
const KINDS: Readonly<Record<TalkAttachment['kind'], string>> = {
  image: 'a picture',
  file: 'a file',
  speech: 'a recording',
};

/** A message, with what came with it, and the turns that it made. */
export const Message: FC<{
  readonly message: TalkMessage;
  readonly turns: readonly ShownTurn[];
  readonly look: TalkLook;
}> = ({ message, turns, look }) => {
  const { id, role, quote, forwardedFrom, said, instruction, former, changed } = message;
  const aside = ASIDE[role];
  const text = shownText(said, look.mask);
  return (
    <article
      id={`message-${id}`}
      class={`card stack message ${role}`}
      aria-label={labelOf(message)}
    >
      <p class="row">
        <strong>
          <bdi>{authorOf(message)}</bdi>
        </strong>
        {aside === null ? null : <span class="badge">{aside}</span>}
        <a class="muted" href={messagePath(look.conversationId, id)}>
          <Time atMs={message.createdAtMs} nowMs={look.nowMs} />
        </a>
      </p>
      {forwardedFrom === null ? null : (
        <p class="muted">
          Forwarded from <bdi>{plainName(forwardedFrom)}</bdi>
        </p>
      )}
      {quote === null ? null : (
        <blockquote>
          <p class="muted">
            In reply to
            {quote.author === null ? null : (
              <>
                {' '}
                <bdi>{plainName(quote.author)}</bdi>
              </>
            )}
          </p>
          <Written text={look.mask(quote.text).text} />
        </blockquote>
      )}
      {former.text === null ? null : (
        <Folded title="Edited; what it said before" text={shownText(former, look.mask)} />
      )}
      {role === 'claude' ? look.markdown(text) : <Written text={text} />}
      {changed.text === null ? null : (
        <Folded title="Changed since to" text={shownText(changed, look.mask)} />
      )}
      {instruction.text === null ? null : (
        <Folded title="What Claude was told" text={shownText(instruction, look.mask)} />
      )}
      <Attachments attachments={message.attachments} mask={look.mask} />
      {turns.map((shown) => (
        <TurnDetails shown={shown} isOpen={shown.turn.id === look.openTurnId} look={look} />
      ))}
    </article>
  );
};

/** Who said it: `Ann`, `Claude`. */
export function authorOf({ role, author }: Pick<TalkMessage, 'role' | 'author'>): string {
  if (role === 'claude') return 'Claude';
  return plainName(author ?? '') || 'Somebody';
}

function labelOf(message: TalkMessage): string {
  const aside = ASIDE[message.role];
  return `Message ${message.id} of ${authorOf(message)}${aside === null ? '' : ` (${aside.toLowerCase()})`}`;
}

const Folded: FC<{ readonly title: string; readonly text: string }> = ({ title, text }) => (
  <details>
    <summary>{title}</summary>
    <Written text={text} />
  </details>
);

const Attachments: FC<{
  readonly attachments: readonly TalkAttachment[];
  readonly mask: Mask;
}> = ({ attachments, mask }) =>
  attachments.length === 0 ? null : (
    <ul>
      {attachments.map((attachment) => (
        <li>
          {attachment.name === null ? null : (
            <>
              <bdi>{mask(attachment.name).text}</bdi>,{' '}
            </>
          )}
          {KINDS[attachment.kind]}
          {attachment.sizeBytes === null ? '' : `, ${sizeOf(attachment.sizeBytes)}`}
          {attachment.durationMs === null ? '' : `, ${formatDuration(attachment.durationMs)}`}
          {attachment.isQuoted ? ', of the message that this replies to' : ''}
          {attachment.transcript.text === null ? null : (
            <Folded title="What is said in it" text={shownText(attachment.transcript, mask)} />
          )}
        </li>
      ))}
    </ul>
  );

/** What is left out is told: it is in the chat. */
function shownText({ text, length }: ReadText, mask: Mask): string {
  const read = text ?? '';
  if (length === null || length <= READ_LENGTH) return mask(read).text;
  return `${mask(read, true).text}\n\n[${length - READ_LENGTH} more characters]`;
}

function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const megabytes = bytes / 1_000_000;
  return megabytes < 1 ? `${Math.round(bytes / 1000)} KB` : `${megabytes.toFixed(1)} MB`;
}
