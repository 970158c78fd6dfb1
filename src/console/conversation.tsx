import { eq } from 'drizzle-orm';
import { type Context, Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { conversations } from '../../drizzle/schema.ts';
import { Empty, Time } from '../pages/words.tsx';
import { createTalk, type TalkMessage } from './conversation-rows.ts';
import { chosenWords } from './conversations.tsx';
import { fromOf, type Page } from './conversations-rows.ts';
import { Frame } from './frame.tsx';
import { createMarkdown } from './markdown.tsx';
import { Message } from './message.tsx';
import { answerMissing } from './missing.tsx';
import type { ConsoleParts } from './parts.ts';
import { conversationPath, rowNumber, withParams } from './paths.ts';
import { answerPiecewise, PIECES } from './piecewise.ts';
import { createPlaceNames, type PlaceName } from './place-names.ts';
import { SearchForm } from './search-form.tsx';
import { createShownTurns } from './turn-rows.ts';

type StoredConversation = typeof conversations.$inferSelect;

const LIST = '/conversations';

/**
 * One conversation, oldest message first: its latest page, the one before or after a message (`before`,
 * `after`), or the one that holds a message or the message of a turn (`message`, `turn`).
 */
export function conversationPage(
  parts: Pick<ConsoleParts, 'database' | 'clock' | 'bots' | 'mask'>,
): Hono {
  const { database, clock, mask } = parts;
  const talk = createTalk(database);
  const turns = createShownTurns(database);

  const pageOf = (conversationId: string, context: Context): Page<TalkMessage> | null => {
    const { message, turn } = context.req.query();
    if (message === undefined && turn === undefined) {
      return talk.page(conversationId, fromOf(context.req.query()));
    }
    const turnId = rowNumber(turn);
    const messageId =
      turnId === null ? rowNumber(message) : turns.messageOf(conversationId, turnId);
    return messageId === null ? null : talk.around(conversationId, messageId);
  };

  const app = new Hono();
  app.get(`${LIST}/:id`, (context) => {
    const id = context.req.param('id');
    const conversation = database.orm
      .select()
      .from(conversations)
      .where(eq(conversations.id, id))
      .get();
    if (conversation === undefined) {
      return answerMissing(context, LIST, 'There is no conversation of that name.');
    }
    const page = pageOf(id, context);
    if (page === null) return answerMissing(context, LIST, 'There is no such message in it.');
    const byMessage = turns.of(
      id,
      page.rows.map((message) => message.id),
    );
    const look = {
      mask,
      nowMs: clock.now(),
      conversationId: id,
      markdown: createMarkdown(),
      openTurnId: rowNumber(context.req.query('turn')),
    };
    const name = createPlaceNames(database, parts.bots).name(conversation);
    return answerPiecewise(
      context,
      <Conversation conversation={conversation} name={name} page={page} nowMs={look.nowMs} />,
      page.rows.map((message) => (
        <Message message={message} turns={byMessage.get(message.id) ?? []} look={look} />
      )),
    );
  });
  return app;
}

/** All but the messages. */
const Conversation: FC<{
  readonly conversation: StoredConversation;
  readonly name: PlaceName;
  readonly page: Page<TalkMessage>;
  readonly nowMs: number;
}> = ({ conversation, name, page: { rows, newerId, olderId }, nowMs }) => {
  const path = conversationPath(conversation.id);
  const facts = [
    name.place,
    ...chosenWords(conversation),
    conversation.listens ? 'listens to what is said to others' : null,
    conversation.hasMemory ? null : 'its memory is off',
  ].filter((words) => words !== null);
  return (
    <Frame title={name.people} current={LIST}>
      <h1>{name.people}</h1>
      <p class="muted">
        {facts.join(' · ')} · since <Time atMs={conversation.createdAtMs} nowMs={nowMs} />
      </p>
      <SearchForm query="" conversationId={conversation.id} />
      <p>
        <a href="#end">Down to the last of them</a>
      </p>
      {olderId === null ? null : (
        <p>
          <a href={withParams(path, { before: olderId })} rel="prev">
            ↑ Older messages
          </a>
        </p>
      )}
      {rows.length > 0 ? null : (
        <Empty>
          Nothing is here. <a href={path}>The latest messages</a>
        </Empty>
      )}
      <div class="stack">{PIECES}</div>
      <p id="end">
        {newerId === null ? (
          <a href={path}>Look again</a>
        ) : (
          <a href={withParams(path, { after: newerId })} rel="next">
            ↓ Newer messages
          </a>
        )}
      </p>
    </Frame>
  );
};
