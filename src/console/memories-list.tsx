import type { FC } from 'hono/jsx';
import { excerpt } from '../core/format.ts';
import { type Memory, MEMORY_KINDS, type MemoryKind } from '../core/memory.ts';
import { KIND_WORDS } from '../memory/telling.ts';
import { Empty } from '../pages/words.tsx';
import type { Memories, MemoryFilter } from './memories-rows.ts';
import { MemoryCard, type MemoryLook } from './memory.tsx';
import { memoryPath, rowNumber, withParams } from './paths.ts';

export const MEMORIES_PATH = '/memories';
/** So many messages and other memories are named with one. */
const TIES_COUNT = 3;
const NAME_LENGTH = 60;

/** A page of memories, and what asks which are wanted. */
export const MemoryPageList: FC<{
  readonly memories: Memories;
  readonly filter: MemoryFilter;
  readonly look: MemoryLook;
}> = ({ memories, filter, look }) => {
  const found = memories.list(filter);
  const { query, scope, kind, beforeId } = filter;
  const address = { q: query, scope, kind };
  const isFiltered = query !== '' || scope !== null || kind !== null;
  return (
    <>
      <Filters filter={filter} scopes={memories.scopes()} look={look} />
      {beforeId === null ? null : (
        <p>
          <a href={withParams(MEMORIES_PATH, address)}>Back to the newest</a>
        </p>
      )}
      {found.kind === 'no-words' ? (
        <Empty>There is no word in that, and no number.</Empty>
      ) : (
        <>
          {found.memories.length > 0 ? null : (
            <Empty>{emptyWords(isFiltered, found.olderId !== null)}</Empty>
          )}
          <div class="stack">
            {found.memories.map((one) => (
              <MemoryCard
                memory={one}
                ties={memories.ties(one.id, TIES_COUNT)}
                successor={null}
                look={look}
              >
                <ForgetLink memory={one} look={look} />
              </MemoryCard>
            ))}
          </div>
          {found.olderId === null ? null : (
            <p>
              <a href={withParams(MEMORIES_PATH, { ...address, before: found.olderId })} rel="next">
                {found.memories.length === 0 ? 'Look further back →' : 'Older →'}
              </a>
            </p>
          )}
        </>
      )}
    </>
  );
};

function emptyWords(isFiltered: boolean, isMore: boolean): string {
  if (isMore) return 'None of the latest ones fits. There are older ones.';
  return isFiltered ? 'No memory fits.' : 'Nothing is remembered yet.';
}

const Filters: FC<{
  readonly filter: MemoryFilter;
  readonly scopes: readonly string[];
  readonly look: MemoryLook;
}> = ({ filter, scopes, look }) => (
  <form class="filters" method="get" action={MEMORIES_PATH} role="search">
    <label>
      Words
      <input type="search" name="q" value={filter.query} />
    </label>
    <label>
      Conversation
      <select name="scope">
        <option value="">All</option>
        {[...new Set([...scopes, ...(filter.scope === null ? [] : [filter.scope])])].map(
          (scope) => (
            <option value={scope} selected={scope === filter.scope}>
              {look.names.nameOf(scope).people}
            </option>
          ),
        )}
      </select>
    </label>
    <label>
      Kind
      <select name="kind">
        <option value="">All</option>
        {MEMORY_KINDS.map((kind) => (
          <option value={kind} selected={kind === filter.kind}>
            {KIND_WORDS[kind][1]}
          </option>
        ))}
      </select>
    </label>
    <button type="submit">Show</button>
  </form>
);

/** Leads to where it is asked whether a memory is to be forgotten. */
export const ForgetLink: FC<{ readonly memory: Memory; readonly look: MemoryLook }> = ({
  memory,
  look,
}) => (
  <p>
    <a href={`${memoryPath(memory.id)}/forget`}>
      Forget
      <UnseenName memory={memory} look={look} />
    </a>
  </p>
);

/** Which memory it is about, for who cannot see what is beside it. */
export const UnseenName: FC<{ readonly memory: Memory; readonly look: MemoryLook }> = ({
  memory,
  look,
}) => <span class="visually-hidden"> “{excerpt(look.mask(memory.text).text, NAME_LENGTH)}”</span>;

/** Which memories an address asks for. */
export function filterOf(query: Readonly<Record<string, string | undefined>>): MemoryFilter {
  const kind = MEMORY_KINDS.find((one): one is MemoryKind => one === query['kind']) ?? null;
  const scope = query['scope'] ?? '';
  return {
    query: (query['q'] ?? '').trim(),
    scope: scope === '' ? null : scope,
    kind,
    beforeId: rowNumber(query['before']),
  };
}
