import type { FC } from 'hono/jsx';
import { WithCode } from '../pages/with-code.tsx';
import { Badge, Empty, Pager, Scroll, Time } from '../pages/words.tsx';
import { nameOf } from './check-words.ts';
import type { ConsoleParts } from './parts.ts';

const CHANGES_SHOWN = 50;

/** Whether a check is well. */
export const State: FC<{ readonly ok: boolean }> = ({ ok }) => (
  <Badge kind={ok ? 'ok' : 'bad'}>{ok ? 'Well' : 'Failing'}</Badge>
);

/** When which check came out otherwise than before. */
export const Changes: FC<{ readonly parts: ConsoleParts; readonly beforeId?: number }> = ({
  parts: { history, clock, mask },
  beforeId,
}) => {
  const options = beforeId === undefined ? {} : { beforeId };
  const found = history.changes({ ...options, limit: CHANGES_SHOWN + 1 });
  const shown = found.slice(0, CHANGES_SHOWN);
  const oldest = shown.at(-1);
  return (
    <section id="changes" aria-labelledby="changes-title" class="card stack">
      <h2 id="changes-title">What changed</h2>
      {shown.length === 0 ? (
        <Empty>
          {beforeId === undefined ? 'Nothing yet.' : 'Nothing older: 90 days are kept.'}
        </Empty>
      ) : (
        <Scroll label="Changes of the checks">
          <table>
            <caption class="visually-hidden">
              Each time that a check came out otherwise than before, the newest first
            </caption>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Check</th>
                <th scope="col">What it came to</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ atMs, check, ok, remedy }) => (
                <tr>
                  <td>
                    <Time atMs={atMs} nowMs={clock.now()} />
                  </td>
                  <th scope="row">{nameOf(check)}</th>
                  <td>
                    <State ok={ok} />{' '}
                    {remedy === null ? null : <WithCode text={mask(remedy).text} />}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <Pager
        {...(beforeId === undefined ? {} : { newer: '/checks' })}
        {...(found.length > CHANGES_SHOWN && oldest !== undefined
          ? { older: `/checks?before=${oldest.id}` }
          : {})}
      />
    </section>
  );
};
