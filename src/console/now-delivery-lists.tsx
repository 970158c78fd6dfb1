import type { FC } from 'hono/jsx';
import { Badge, Empty, Time } from '../pages/words.tsx';
import { HINDRANCES } from './acts.ts';
import type { ListedDelivery } from './now-deliveries.ts';
import { ActButton, ConversationLink, type Look, More, Part, pathOf, shown } from './now-rows.tsx';
import type { Listed } from './now-turns.ts';

/** What did not reach its chat: what was given up, and what is still tried. */
export const Failed: FC<{
  readonly failed: Listed<ListedDelivery>;
  readonly held: Listed<ListedDelivery>;
  readonly look: Look;
}> = ({ failed, held, look }) => (
  <Part id="failed" title="Not delivered">
    {failed.rows.length === 0 && held.rows.length === 0 ? (
      <Empty>Everything that was said has arrived, or is on its way.</Empty>
    ) : null}
    {failed.rows.map((delivery) => (
      <article class="card stack">
        <Head delivery={delivery} look={look} />
        <p class="muted">
          <ConversationLink conversation={delivery.conversation} look={look} />
          {delivery.endedAtMs === null ? null : (
            <>
              {' · given up '}
              <Time atMs={delivery.endedAtMs} nowMs={look.nowMs} />
            </>
          )}
        </p>
        <p>{delivery.reason ?? 'No reason is known.'}</p>
        {delivery.hindrance === null ? null : <p>{HINDRANCES[delivery.hindrance]}</p>}
        <div class="row">
          {delivery.hindrance === null ? (
            <ActButton
              of={`/deliveries/${delivery.id}`}
              act="resend"
              kind="primary"
              about={wordsOf(delivery, look)}
            >
              Resend
            </ActButton>
          ) : null}
          <ActButton
            of={`/deliveries/${delivery.id}`}
            act="dismiss"
            kind="danger"
            about={wordsOf(delivery, look)}
          >
            Discard
          </ActButton>
        </div>
      </article>
    ))}
    <More count={failed.moreCount} />
    {held.rows.length === 0 ? null : <h3>Tried again by itself</h3>}
    {held.rows.map((delivery) => (
      <article class="card stack">
        <Head delivery={delivery} look={look} />
        <p class="muted">
          <ConversationLink conversation={delivery.conversation} look={look} />
          {delivery.attemptCount === 0 ? null : ` · ${attempts(delivery.attemptCount)}`}
          {delivery.status === 'sending' ? (
            ' · being tried now'
          ) : (
            <>
              {' · next try '}
              <Time atMs={delivery.dueAtMs} nowMs={look.nowMs} />
            </>
          )}
        </p>
        <p>{delivery.reason}</p>
      </article>
    ))}
    <More count={held.moreCount} />
  </Part>
);

const Head: FC<{ readonly delivery: ListedDelivery; readonly look: Look }> = ({
  delivery,
  look,
}) => (
  <div class="row">
    <p dir="auto">
      <a href={pathOf(delivery)}>{wordsOf(delivery, look)}</a>
    </p>
    {delivery.status === 'failed' ? (
      <Badge kind="bad">Failed</Badge>
    ) : (
      <Badge kind="warn">Held up</Badge>
    )}
  </div>
);

function wordsOf({ text, files }: ListedDelivery, look: Look): string {
  const words = [text, files === '' ? '' : `(${files})`].filter((part) => part !== '');
  return shown(words.join(' '), look, '(a change to an earlier message)');
}

function attempts(count: number): string {
  return count === 1 ? 'tried once' : `tried ${count} times`;
}
