import type { Child, FC } from 'hono/jsx';
import { excerpt } from '../core/format.ts';
import type { Memory } from '../core/memory.ts';
import { confidenceLeft } from '../memory/confidence.ts';
import { KIND_WORDS, percent, SOURCE_WORDS, STATUS_WORDS } from '../memory/telling.ts';
import { Time } from '../pages/words.tsx';
import type { MemorySource, MemoryTies } from './memories-rows.ts';
import { authorOf } from './message.tsx';
import { memoryPath, messagePath } from './paths.ts';
import type { PlaceNames } from './place-names.ts';
import type { Look } from './turn.tsx';

const SAID_LENGTH = 120;

/** What memories are shown with. */
export interface MemoryLook extends Look {
  readonly names: PlaceNames;
}

/** A memory, with what is known of it. */
export const MemoryCard: FC<{
  readonly memory: Memory;
  readonly ties: MemoryTies;
  /** What took its place. */
  readonly successor: Memory | null;
  readonly look: MemoryLook;
  /** What can be done with it. */
  readonly children?: Child;
}> = ({ memory, ties, successor, look, children }) => {
  const { id, text, trigger, context, outcome } = memory;
  const plain = (words: string) => look.mask(words).text;
  return (
    <article id={`memory-${id}`} class="card stack">
      <p>{plain(text)}</p>
      <Detail name="When" words={trigger} plain={plain} />
      <Detail name="About" words={context} plain={plain} />
      <Detail name="Outcome" words={outcome} plain={plain} />
      <p class="muted">
        <a href={memoryPath(id)}>Memory {id}</a> · {aboutWords(memory, look)} ·{' '}
        <Time atMs={memory.createdAtMs} nowMs={look.nowMs} /> · <Uses memory={memory} look={look} />
      </p>
      {ties.sources.length === 0 ? null : (
        <div>
          <p class="muted">
            {memory.source === 'noted' ? 'Noted by Claude in answer to' : 'It came from'}
          </p>
          <ul>
            {ties.sources.map((source) => (
              <Source source={source} look={look} />
            ))}
          </ul>
        </div>
      )}
      {successor === null ? null : <Other title="Replaced by" memories={[successor]} look={look} />}
      <Other title="It took the place of" memories={ties.replaced} look={look} />
      <Other title="It was made of" memories={ties.episodes} look={look} />
      {children}
    </article>
  );
};

const Detail: FC<{
  readonly name: string;
  readonly words: string | null;
  readonly plain: (words: string) => string;
}> = ({ name, words, plain }) =>
  words === null ? null : (
    <p>
      <strong>{name}:</strong> {plain(words)}
    </p>
  );

const Uses: FC<{ readonly memory: Memory; readonly look: MemoryLook }> = ({ memory, look }) => {
  // That it was made is the first time.
  const count = memory.accessCount - 1;
  const lastMs = memory.recentAccessesMs[0];
  if (count < 1 || lastMs === undefined) return <>not used yet</>;
  return (
    <>
      used {count === 1 ? 'once' : `${count} times`}, last <Time atMs={lastMs} nowMs={look.nowMs} />
    </>
  );
};

const Source: FC<{ readonly source: MemorySource; readonly look: MemoryLook }> = ({
  source,
  look,
}) => {
  const words = excerpt(look.mask(source.text, true).text, SAID_LENGTH);
  return (
    <li>
      <a href={messagePath(source.conversationId, source.messageId)}>
        {words === '' ? 'a message without words' : `“${words}”`}
      </a>{' '}
      <span class="muted">
        {authorOf(source)}, <Time atMs={source.createdAtMs} nowMs={look.nowMs} />
      </span>
    </li>
  );
};

const Other: FC<{
  readonly title: string;
  readonly memories: readonly Memory[];
  readonly look: MemoryLook;
}> = ({ title, memories, look }) =>
  memories.length === 0 ? null : (
    <div>
      <p class="muted">{title}</p>
      <ul>
        {memories.map(({ id, text }) => (
          <li>
            <a href={memoryPath(id)}>{excerpt(look.mask(text).text, SAID_LENGTH)}</a>
          </li>
        ))}
      </ul>
    </div>
  );

/** `Fact, you told me, in Ann, 95 % sure`. */
function aboutWords(memory: Memory, look: MemoryLook): string {
  const [kind] = KIND_WORDS[memory.kind];
  const confidence = confidenceLeft(memory, look.nowMs);
  return [
    `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
    SOURCE_WORDS[memory.source],
    `in ${look.names.nameOf(memory.scope).people}`,
    confidence === null ? null : `${percent(confidence)} sure`,
    memory.importance === null ? null : `${percent(memory.importance)} important`,
    memory.status === 'live' ? null : STATUS_WORDS[memory.status],
  ]
    .filter((words) => words !== null)
    .join(', ');
}
