import { sql } from 'drizzle-orm';
import type { FC } from 'hono/jsx';
import { boots } from '../../drizzle/schema.ts';
import { formatDuration } from '../core/format.ts';
import { Badge, Empty, Scroll, Time } from '../pages/words.tsx';
import { packageVersion } from '../platform/package.ts';
import type { ConsoleParts } from './parts.ts';

const BOOTS_SHOWN = 20;

/** The service that runs, and how those before it ended. */
export const Starts: FC<{ readonly parts: ConsoleParts }> = ({ parts }) => {
  const { database, clock, home, port } = parts;
  const nowMs = clock.now();
  const [present, ...before] = database.orm
    .select()
    .from(boots)
    // The order of their making, whatever the clock said.
    .orderBy(sql`rowid desc`)
    .limit(BOOTS_SHOWN)
    .all();
  return (
    <section id="starts" aria-labelledby="starts-title" class="card stack">
      <h2 id="starts-title">The service</h2>
      <dl>
        <dt>Version</dt>
        <dd>Claudio {packageVersion()}</dd>
        {present === undefined ? null : (
          <>
            <dt>Runs since</dt>
            <dd>
              <Time atMs={present.startedAtMs} nowMs={nowMs} />
            </dd>
          </>
        )}
        <dt>Process</dt>
        <dd>{process.pid}</dd>
        <dt>Home</dt>
        <dd class="mono">{home}</dd>
        <dt>Port</dt>
        <dd>{port()}</dd>
      </dl>
      <h3>Earlier starts</h3>
      {before.length === 0 ? (
        <Empty>This is the first.</Empty>
      ) : (
        <Scroll label="Earlier starts">
          <table>
            <caption class="visually-hidden">
              When the service was started and how it ended, the newest first
            </caption>
            <thead>
              <tr>
                <th scope="col">Started</th>
                <th scope="col">Ended</th>
                <th scope="col">How</th>
              </tr>
            </thead>
            <tbody>
              {before.map((boot) => (
                <tr>
                  <td>
                    <Time atMs={boot.startedAtMs} nowMs={nowMs} />
                  </td>
                  <End boot={boot} nowMs={nowMs} />
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
};

const End: FC<{ readonly boot: typeof boots.$inferSelect; readonly nowMs: number }> = ({
  boot: { startedAtMs, seenAtMs, endedAtMs },
  nowMs,
}) =>
  endedAtMs === null ? (
    <>
      <td>
        last seen alive <Time atMs={seenAtMs} nowMs={nowMs} />
      </td>
      <td>
        <Badge kind="bad">Died</Badge>{' '}
        <span class="muted">killed, broken, or the machine went off</span>
      </td>
    </>
  ) : (
    <>
      <td>
        <Time atMs={endedAtMs} nowMs={nowMs} />
      </td>
      <td>
        <Badge kind="ok">In good order</Badge>{' '}
        <span class="muted">ran for {formatDuration(endedAtMs - startedAtMs)}</span>
      </td>
    </>
  );
