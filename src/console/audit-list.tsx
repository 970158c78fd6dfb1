import type { FC } from 'hono/jsx';
import { Scroll, Time } from '../pages/words.tsx';
import type { ReadEntry } from '../policy/audit-read.ts';
import { detailWords, eventWords, isoOf } from '../policy/audit-words.ts';
import type { EntryFilter } from './audit-rows.ts';
import { conversationPath, turnPath, withParams } from './paths.ts';
import type { Look } from './turn.tsx';

export const AUDIT_PATH = '/audit';

/** How good or bad a decision looks; what is not here is neither. */
const TONES: Readonly<Record<string, 'ok' | 'warn' | 'bad'>> = {
  allowed: 'ok',
  confirmed: 'ok',
  done: 'ok',
  answered: 'ok',
  denied: 'bad',
  refused: 'bad',
  failed: 'bad',
  cancelled: 'warn',
  interrupted: 'warn',
  expired: 'warn',
  withdrawn: 'warn',
};

/** What entries are shown with. */
export interface EntryLook extends Look {
  readonly nameOf: (personId: string) => string;
  readonly hasConversation: (id: string) => boolean;
}

/** Asks which entries are wanted. */
export const EntryFilters: FC<{
  readonly filter: EntryFilter;
  readonly events: readonly string[];
  readonly people: readonly string[];
  readonly look: EntryLook;
}> = ({ filter: { event, personId }, events, people, look }) => (
  <form class="filters" method="get" action={AUDIT_PATH}>
    <label>
      What happened
      <select name="event">
        <option value="">Anything</option>
        {withChosen(events, event).map((name) => (
          <option value={name} selected={name === event}>
            {eventWords(name)}
          </option>
        ))}
      </select>
    </label>
    <label>
      Who
      <select name="person">
        <option value="">Anybody</option>
        {withChosen(people, personId).map((id) => (
          <option value={id} selected={id === personId}>
            {look.nameOf(id)}
          </option>
        ))}
      </select>
    </label>
    <button type="submit">Show</button>
  </form>
);

/** Entries, a row each. */
export const Entries: FC<{ readonly entries: readonly ReadEntry[]; readonly look: EntryLook }> = ({
  entries,
  look,
}) => (
  <Scroll label="Entries of the audit log">
    <table>
      <caption class="visually-hidden">Entries of the audit log, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Entry</th>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">What</th>
          <th scope="col">Decision</th>
          <th scope="col">Where</th>
          <th scope="col">Details</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr>
            <th scope="row" class="number">
              {entry.id}
            </th>
            <td>
              <When atMs={entry.atMs} nowMs={look.nowMs} />
            </td>
            <td>
              <Who personId={entry.personId} look={look} />
            </td>
            <td>{eventWords(entry.event)}</td>
            <td>
              {entry.decision === null ? null : (
                <span class={`badge ${toneOf(entry.decision)}`.trim()}>{entry.decision}</span>
              )}
            </td>
            <td>
              <Where entry={entry} look={look} />
            </td>
            <td>{detailsOf(entry, look)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

/** What was changed by hand may be no time at all. */
const When: FC<{ readonly atMs: number; readonly nowMs: number }> = ({ atMs, nowMs }) =>
  isoOf(atMs) === null ? <>{String(atMs)}</> : <Time atMs={atMs} nowMs={nowMs} />;

const Who: FC<{ readonly personId: string; readonly look: EntryLook }> = ({ personId, look }) =>
  personId === '' ? null : (
    <a href={withParams(AUDIT_PATH, { person: personId })}>{look.nameOf(personId)}</a>
  );

const Where: FC<{ readonly entry: ReadEntry; readonly look: EntryLook }> = ({
  entry: { conversationId, turnId },
  look,
}) => {
  if (!look.hasConversation(conversationId)) {
    return <>{turnId === null ? conversationId : `${conversationId}, turn ${turnId}`}</>;
  }
  return turnId === null ? (
    <a href={conversationPath(conversationId)}>{conversationId}</a>
  ) : (
    <a href={turnPath(conversationId, turnId)}>Turn {turnId}</a>
  );
};

function toneOf(decision: string): string {
  return Object.hasOwn(TONES, decision) ? (TONES[decision] ?? '') : '';
}

function detailsOf({ details, text }: ReadEntry, { mask }: Look): string {
  const words = [...detailWords(details), ...(text === null ? [] : [`“${text}”`])];
  return mask(words.join(', ')).text;
}

function withChosen(choices: readonly string[], chosen: string | null): readonly string[] {
  return chosen === null || choices.includes(chosen) ? choices : [chosen, ...choices];
}
