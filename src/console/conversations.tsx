import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { excerpt, messagesCount } from '../core/format.ts';
import { Empty, Pager, Time } from '../pages/words.tsx';
import {
  COUNTED_COUNT,
  createConversationList,
  fromOf,
  type ListedConversation,
} from './conversations-rows.ts';
import { Frame } from './frame.tsx';
import { authorOf } from './message.tsx';
import type { ConsoleParts } from './parts.ts';
import { conversationPath, withParams } from './paths.ts';
import { createPlaceNames, type PlaceName } from './place-names.ts';
import { SearchForm } from './search-form.tsx';
import type { Look } from './turn.tsx';

const PATH = '/conversations';
const LAST_LENGTH = 200;

/** All conversations, those with the latest message first. */
export function conversationsPage(
  parts: Pick<ConsoleParts, 'database' | 'clock' | 'bots' | 'mask'>,
): Hono {
  const list = createConversationList(parts.database);
  const app = new Hono();
  app.get(PATH, (context) => {
    const from = fromOf(context.req.query());
    const { rows, newerId, olderId } = list(from);
    const names = createPlaceNames(parts.database, parts.bots);
    const look = { mask: parts.mask, nowMs: parts.clock.now() };
    return context.html(
      <Frame title="Conversations" current={PATH}>
        <h1>Conversations</h1>
        <SearchForm query="" conversationId={null} />
        {rows.length > 0 ? null : from === 'newest' ? (
          <Empty>Nothing was said yet.</Empty>
        ) : (
          <Empty>
            There are none that are older. <a href={PATH}>Back to the newest</a>
          </Empty>
        )}
        <div class="stack">
          {rows.map((conversation) => (
            <Conversation conversation={conversation} name={names.name(conversation)} look={look} />
          ))}
        </div>
        <Pager
          {...(newerId === null ? {} : { newer: withParams(PATH, { after: newerId }) })}
          {...(olderId === null ? {} : { older: withParams(PATH, { before: olderId }) })}
        />
      </Frame>,
    );
  });
  return app;
}

const Conversation: FC<{
  readonly conversation: ListedConversation;
  readonly name: PlaceName;
  readonly look: Look;
}> = ({ conversation, name, look }) => {
  const { id, last, messageCount } = conversation;
  const words = excerpt(look.mask(last.text, last.isCut).text, LAST_LENGTH);
  return (
    <article class="card stack">
      <h2>
        <bdi>
          <a href={conversationPath(id)}>{name.people}</a>
        </bdi>
      </h2>
      <p>
        <strong>
          <bdi>{authorOf(last)}:</bdi>
        </strong>{' '}
        <bdi>{words === '' ? 'something without words' : words}</bdi>
      </p>
      <p class="muted">
        {[name.place, ...chosenWords(conversation), countWords(messageCount)].map((said) => (
          <>
            <bdi>{said}</bdi> ·{' '}
          </>
        ))}
        <Time atMs={last.createdAtMs} nowMs={look.nowMs} />
      </p>
    </article>
  );
};

/** What was chosen for a conversation, each in two words. */
export function chosenWords({
  project,
  mode,
  model,
}: Pick<ListedConversation, 'project' | 'mode' | 'model'>): readonly string[] {
  return [
    project === null ? null : `project ${project}`,
    mode === null ? null : `mode ${mode}`,
    model === null ? null : `model ${model}`,
  ].filter((words) => words !== null);
}

function countWords(count: number): string {
  return count > COUNTED_COUNT ? `over ${messagesCount(COUNTED_COUNT)}` : messagesCount(count);
}
