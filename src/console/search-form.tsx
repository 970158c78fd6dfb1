import type { FC } from 'hono/jsx';

export const SEARCH_PATH = '/search';

/** Asks for words to be looked for in all conversations, or in one. */
export const SearchForm: FC<{
  readonly query: string;
  readonly conversationId: string | null;
}> = ({ query, conversationId }) => (
  <form class="filters" method="get" action={SEARCH_PATH} role="search">
    <label>
      {conversationId === null ? 'Words in all conversations' : 'Words in this conversation'}
      <input type="search" name="q" value={query} />
    </label>
    {conversationId === null ? null : (
      <input type="hidden" name="conversation" value={conversationId} />
    )}
    <button type="submit">Search</button>
  </form>
);
