import type { FC } from 'hono/jsx';
import { formatDollars, formatDuration } from '../core/format.ts';
import { Badge, Empty, Time } from '../pages/words.tsx';
import {
  ActButton,
  Asker,
  ConversationLink,
  type Look,
  More,
  Part,
  pathOf,
  shown,
} from './now-rows.tsx';
import type { Listed, ListedTurn, RunningTurn, Today } from './now-turns.ts';
import { conversationPath } from './paths.ts';

const WORDLESS = '(no words)';

/** What runs, with what it is doing. */
export const Running: FC<{ readonly list: Listed<RunningTurn>; readonly look: Look }> = ({
  list: { rows, moreCount },
  look,
}) => (
  <Part id="running" title="Running">
    {rows.length === 0 ? <Empty>Nothing runs. Claude has time for you.</Empty> : null}
    {rows.map((turn) => {
      const words = shown(turn.text, look, WORDLESS);
      return (
        <article class="card stack">
          <div class="row">
            <h3 dir="auto">
              <a href={pathOf(turn)}>{words}</a>
            </h3>
            <State turn={turn} />
          </div>
          <p class="muted">
            <Asker turn={turn} /> ·{' '}
            <ConversationLink conversation={turn.conversation} look={look} /> ·{' '}
            {turn.requestedModel} · began{' '}
            <Time atMs={turn.startedAtMs ?? turn.queuedAtMs} nowMs={look.nowMs} />
          </p>
          <Doing turn={turn} look={look} />
          {isStopping(turn) ? null : (
            <ActButton of={`/turns/${turn.turnId}`} act="stop" kind="danger" about={words}>
              Stop
            </ActButton>
          )}
        </article>
      );
    })}
    <More count={moreCount} />
  </Part>
);

/** What waits, a conversation after the other. */
export const Waiting: FC<{ readonly list: Listed<ListedTurn>; readonly look: Look }> = ({
  list: { rows, moreCount },
  look,
}) => (
  <Part id="waiting" title="Waiting">
    {rows.length === 0 ? <Empty>Nothing waits.</Empty> : null}
    {[...Map.groupBy(rows, ({ conversation }) => conversation.id).values()].map((queue) => (
      <article class="card stack">
        {queue.slice(0, 1).map(({ conversation }) => (
          <h3>
            <ConversationLink conversation={conversation} look={look} />
          </h3>
        ))}
        <ol class="stack">
          {queue.map((turn) => {
            const words = shown(turn.text, look, WORDLESS);
            return (
              <li>
                <div class="row">
                  <span dir="auto">
                    <a href={pathOf(turn)}>{words}</a>
                  </span>
                  <span class="muted">
                    <Asker turn={turn} />, asked <Time atMs={turn.queuedAtMs} nowMs={look.nowMs} />
                  </span>
                  <ActButton of={`/turns/${turn.turnId}`} act="cancel" about={words}>
                    Cancel
                  </ActButton>
                </div>
              </li>
            );
          })}
        </ol>
      </article>
    ))}
    <More count={moreCount} />
  </Part>
);

/** What was interrupted and waits for somebody to decide. */
export const Interrupted: FC<{ readonly list: Listed<ListedTurn>; readonly look: Look }> = ({
  list: { rows, moreCount },
  look,
}) => (
  <Part id="interrupted" title="Interrupted">
    {rows.length === 0 ? <Empty>Nothing was interrupted.</Empty> : null}
    {rows.map((turn) => {
      const words = shown(turn.text, look, WORDLESS);
      return (
        <article class="card stack">
          <h3 dir="auto">
            <a href={pathOf(turn)}>{words}</a>
          </h3>
          <p class="muted">
            <Asker turn={turn} /> ·{' '}
            <ConversationLink conversation={turn.conversation} look={look} /> · interrupted{' '}
            <Time atMs={turn.endedAtMs ?? turn.queuedAtMs} nowMs={look.nowMs} />
          </p>
          {turn.activity === null ? null : (
            <p>
              It was at: <bdi>{turn.activity}</bdi>
            </p>
          )}
          {turn.question === null ? null : (
            <p>
              It waits for an answer in the chat, which starts it again: “
              <bdi>{shown(turn.question, look, WORDLESS)}</bdi>”
            </p>
          )}
          <div class="row">
            <ActButton of={`/turns/${turn.turnId}`} act="retry" kind="primary" about={words}>
              Retry
            </ActButton>
            <ActButton of={`/turns/${turn.turnId}`} act="discard" kind="danger" about={words}>
              Discard
            </ActButton>
          </div>
        </article>
      );
    })}
    <More count={moreCount} />
  </Part>
);

/** What was done today. */
export const TodaysNumbers: FC<{ readonly today: Today }> = ({ today }) => (
  <Part id="today" title="Today">
    {today.turnCount === 0 ? (
      <Empty>No turn has ended today.</Empty>
    ) : (
      <dl class="row figures">
        <div>
          <dt>Turns</dt>
          <dd class="number">{today.turnCount}</dd>
        </div>
        <div>
          <dt>Cost</dt>
          <dd class="number">{formatDollars(today.costUsd)}</dd>
        </div>
        <div>
          <dt>Median time</dt>
          <dd class="number">{today.medianMs === null ? '–' : formatDuration(today.medianMs)}</dd>
        </div>
      </dl>
    )}
  </Part>
);

/** One that is to begin anew can still be stopped for good. */
function isStopping({ stopRequestedAtMs, restartRequestedAtMs }: ListedTurn): boolean {
  return stopRequestedAtMs !== null && restartRequestedAtMs === null;
}

const State: FC<{ readonly turn: ListedTurn }> = ({ turn }) => {
  if (isStopping(turn)) return <Badge kind="warn">Stopping</Badge>;
  if (turn.restartRequestedAtMs !== null) return <Badge kind="warn">Starting over</Badge>;
  if (turn.tool !== null) return <Badge kind="warn">Waits to be allowed</Badge>;
  if (turn.question !== null) return <Badge kind="warn">Waits for an answer</Badge>;
  return <Badge kind="busy">Running</Badge>;
};

const Doing: FC<{ readonly turn: RunningTurn; readonly look: Look }> = ({ turn, look }) => {
  const before = turn.toolLines.slice(1);
  return (
    <>
      <p dir="auto">{turn.activity ?? 'Thinking'}</p>
      {before.length === 0 ? null : (
        <ul class="muted">
          {before.map((line) => (
            <li dir="auto">{line}</li>
          ))}
        </ul>
      )}
      {turn.tool === null ? null : (
        <p>
          It asks in the chat to be allowed to use {turn.tool}.{' '}
          <a href={conversationPath(turn.conversation.id)}>The conversation</a>
        </p>
      )}
      {turn.question === null ? null : (
        <p>
          It asks in the chat: “<bdi>{shown(turn.question, look, WORDLESS)}</bdi>”
        </p>
      )}
    </>
  );
};
