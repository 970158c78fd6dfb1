import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { Empty, Time } from '../pages/words.tsx';
import { foundIn } from './found-words.ts';
import { Frame } from './frame.tsx';
import { authorOf } from './message.tsx';
import type { ConsoleParts } from './parts.ts';
import { conversationPath, messagePath, rowNumber, withParams } from './paths.ts';
import { createPlaceNames, type PlaceNames } from './place-names.ts';
import { SEARCH_PATH, SearchForm } from './search-form.tsx';
import { createMessageSearch, type Hit, type SearchOutcome } from './search-rows.ts';
import type { Look } from './turn.tsx';

interface HitLook extends Look {
  readonly query: string;
  readonly isBeginning: boolean;
  readonly names: PlaceNames;
}

/** What was said, by its words. */
export function searchPage(
  parts: Pick<ConsoleParts, 'database' | 'clock' | 'bots' | 'mask'>,
): Hono {
  const search = createMessageSearch(parts.database, parts.clock);
  const app = new Hono();
  app.get(SEARCH_PATH, (context) => {
    const { q: query = '', conversation, before, beginning } = context.req.query();
    const conversationId = conversation === undefined || conversation === '' ? null : conversation;
    const beforeId = rowNumber(before);
    const outcome = search(query, {
      conversationId,
      beforeId,
      isBeginning: beginning === undefined ? null : beginning === 'yes',
    });
    const names = createPlaceNames(parts.database, parts.bots);
    const newest = withParams(SEARCH_PATH, { q: query, conversation: conversationId });
    return context.html(
      <Frame title="Search" current="/conversations">
        <h1>Search</h1>
        <SearchForm query={query} conversationId={conversationId} />
        {conversationId === null ? null : (
          <p>
            Only in{' '}
            <bdi>
              <a href={conversationPath(conversationId)}>{names.nameOf(conversationId).people}</a>
            </bdi>
            . <a href={withParams(SEARCH_PATH, { q: query })}>Search everywhere</a>
          </p>
        )}
        {beforeId === null ? null : (
          <p>
            <a href={newest}>Back to the newest</a>
          </p>
        )}
        {outcome.kind === 'no-words' ? (
          <Empty>
            {query.trim() === ''
              ? 'Type some words, and every message that holds all of them is shown here.'
              : 'There is no word in that, and no number.'}
          </Empty>
        ) : (
          <Hits
            outcome={outcome}
            older={
              outcome.olderId === null
                ? null
                : withParams(SEARCH_PATH, {
                    q: query,
                    conversation: conversationId,
                    before: outcome.olderId,
                    beginning: outcome.isBeginning ? 'yes' : 'no',
                  })
            }
            look={{
              mask: parts.mask,
              nowMs: parts.clock.now(),
              query,
              isBeginning: outcome.isBeginning,
              names,
            }}
          />
        )}
      </Frame>,
    );
  });
  return app;
}

const Hits: FC<{
  readonly outcome: Extract<SearchOutcome, { kind: 'found' }>;
  readonly older: string | null;
  readonly look: HitLook;
}> = ({ outcome: { hits }, older, look }) => (
  <>
    {hits.length > 0 ? null : older === null ? (
      <Empty>No message holds these words. Fewer or other words may find it.</Empty>
    ) : (
      <Empty>None of the latest messages here holds these words. There are older ones.</Empty>
    )}
    <div class="stack">
      {hits.map((hit) => (
        <Found hit={hit} look={look} />
      ))}
    </div>
    {older === null ? null : (
      <p>
        <a href={older} rel="next">
          {hits.length === 0 ? 'Look further back →' : 'Older →'}
        </a>
      </p>
    )}
  </>
);

const Found: FC<{ readonly hit: Hit; readonly look: HitLook }> = ({ hit, look }) => {
  // All of it is masked before a part is taken: what is left of a secret does not look like one.
  const text = look.mask(hit.text, true).text;
  return (
    <article class="card stack">
      <h2>
        <a href={messagePath(hit.conversationId, hit.id)}>
          <bdi>{authorOf(hit)},</bdi> <Time atMs={hit.createdAtMs} nowMs={look.nowMs} />
        </a>
      </h2>
      <p dir="auto">
        {foundIn(text, look.query, look.isBeginning).map((stretch) =>
          stretch.isFound ? <mark>{stretch.text}</mark> : stretch.text,
        )}
      </p>
      <p class="muted">
        In <bdi>{look.names.nameOf(hit.conversationId).people}</bdi>
      </p>
    </article>
  );
};
