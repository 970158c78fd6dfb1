import type { Child, FC } from 'hono/jsx';
import type { conversations } from '../../drizzle/schema.ts';
import { excerpt } from '../core/format.ts';
import type { Mask } from '../core/mask.ts';
import { SHELL_PERSON } from '../core/role.ts';
import { plainName } from '../policy/names.ts';
import type { Acts } from './acts.ts';
import { type ListedTurn, READ_LENGTH } from './now-turns.ts';
import { conversationPath, turnPath } from './paths.ts';
import type { PlaceNames } from './place-names.ts';

/** So much of a text is shown, and so much of it names a button for who cannot see what is beside it. */
const SHOWN_LENGTH = 200;
const NAME_LENGTH = 60;

/** What a page says after something was asked for, by the word for it in the address. */
export const TOLD = {
  stop: 'Stopping. That takes a moment.',
  cancel: 'Taken out of the queue.',
  retry: 'Started again.',
  discard: 'Discarded.',
  resend: 'On its way again.',
  dismiss: 'Discarded: it is shown no more.',
} as const satisfies Record<keyof Acts, string>;

/** What all rows of a list are made with. */
export interface Look {
  readonly names: PlaceNames;
  /** The words of a turn that has not ended may still hold secrets. */
  readonly mask: Mask;
  readonly nowMs: number;
}

type StoredConversation = typeof conversations.$inferSelect;

/** Leads to a turn, or to the conversation of what belongs to none. */
export function pathOf(of: {
  readonly conversation: StoredConversation;
  readonly turnId: number | null;
}): string {
  const { id } = of.conversation;
  return of.turnId === null ? conversationPath(id) : turnPath(id, of.turnId);
}

/** A text on one line, as far as it is shown; `instead` where there is none. */
export function shown(text: string, { mask }: Look, instead: string): string {
  const safe = mask(text, text.length >= READ_LENGTH).text;
  return excerpt(safe, SHOWN_LENGTH) || instead;
}

/** Leads to a conversation, by the people in it; where it is stands behind, as many may be with one person. */
export const ConversationLink: FC<{
  readonly conversation: StoredConversation;
  readonly look: Look;
}> = ({ conversation, look }) => {
  const { people, place } = look.names.nameOf(conversation.id);
  return (
    <bdi>
      <a href={conversationPath(conversation.id)}>{people}</a>
      {people === place ? null : ` (${place})`}
    </bdi>
  );
};

/** Who asked, and where they typed it if that was no chat. */
export const Asker: FC<{ readonly turn: ListedTurn }> = ({ turn: { author, personId } }) => (
  <>
    <bdi>{plainName(author ?? '') || 'somebody'}</bdi>
    {personId === SHELL_PERSON ? ', in a shell' : ''}
  </>
);

/** A button that does one thing. */
export const ActButton: FC<{
  /** The path of what it is done to. */
  readonly of: string;
  readonly act: keyof Acts;
  readonly kind?: 'primary' | 'danger';
  /** What it is about. */
  readonly about: string;
  readonly children: string;
}> = ({ of, act, kind, about, children }) => (
  <form method="post" action={`${of}/${act}`} data-quiet data-told={TOLD[act]}>
    <button type="submit" class={kind}>
      {children}
      <span class="visually-hidden">
        {' '}
        “<bdi>{excerpt(about, NAME_LENGTH)}</bdi>”
      </span>
    </button>
  </form>
);

/** Says how many rows there are that are not shown. */
export const More: FC<{ readonly count: number }> = ({ count }) =>
  count > 0 ? <p class="muted">and {count} more</p> : null;

/** A part of the page that is kept up to date as a whole. Its heading takes the focus of what goes out of it. */
export const Part: FC<{
  readonly id: string;
  readonly title: string;
  readonly children: Child;
}> = ({ id, title, children }) => (
  <section id={id} class="stack part" aria-labelledby={`${id}-title`}>
    <h2 id={`${id}-title`} tabindex={-1}>
      {title}
    </h2>
    {children}
  </section>
);
