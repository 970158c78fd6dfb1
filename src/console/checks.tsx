import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { Finding } from '../core/finding.ts';
import type { CheckResult } from '../http/health.ts';
import { streamPatches, type Subscribe } from '../pages/live.ts';
import { WithCode } from '../pages/with-code.tsx';
import { Empty, Scroll, Time } from '../pages/words.tsx';
import { createBeside, type Beside } from './beside.ts';
import { Changes, State } from './check-changes.tsx';
import { aboutOf, detailsOf, nameOf } from './check-words.ts';
import { Frame, HealthBadge } from './frame.tsx';
import type { HealthChange } from './health-history.ts';
import { fragments } from './live.tsx';
import type { ConsoleParts } from './parts.ts';
import { Starts } from './starts.tsx';

const OWN_STREAM = '/live/checks';

/** How the checks of the service are, and were. */
export function checksPage(parts: ConsoleParts): Hono {
  const beside = createBeside(parts);
  const app = new Hono();

  app.get('/checks', async (context) => {
    // So soon after the start nobody has looked yet.
    if (parts.history.latest() === null) await parts.health();
    // Once the page is on its way: what is new comes by the stream.
    setImmediate(() => {
      beside.look();
      void parts.health();
    });
    const before = Number(context.req.query('before') ?? Number.NaN);
    const beforeId = Number.isSafeInteger(before) ? before : undefined;
    return context.html(
      <Frame title="Health" current="/checks" live={beforeId === undefined ? OWN_STREAM : '/live'}>
        <h1>Health</h1>
        <div class="stack">
          <Checks parts={parts} />
          <Surroundings beside={beside} parts={parts} />
          <Changes parts={parts} {...(beforeId === undefined ? {} : { beforeId })} />
          <Starts parts={parts} />
        </div>
      </Frame>,
    );
  });

  app.get(OWN_STREAM, (context) =>
    streamPatches(context, {
      subscribe: both(parts.subscribe, beside.subscribe),
      render: () =>
        fragments([
          ['health', <HealthBadge failing={parts.history.failingCount()} />],
          ['checks', <Checks parts={parts} />],
          ['surroundings', <Surroundings beside={beside} parts={parts} />],
          ['changes', <Changes parts={parts} />],
          ['starts', <Starts parts={parts} />],
        ]),
      ended: parts.ended,
      onFault: (error) => parts.log.error({ path: OWN_STREAM, err: error }, 'console.broken'),
    }),
  );
  return app;
}

function both(one: Subscribe, other: Subscribe): Subscribe {
  return (changed) => {
    const ends = [one(changed), other(changed)];
    return () => {
      for (const end of ends) end();
    };
  };
}

const Checks: FC<{ readonly parts: ConsoleParts }> = ({ parts: { history, clock, mask } }) => {
  const latest = history.latest();
  const last = history.lastChanges();
  const rows = Object.entries(latest?.checks ?? {}).toSorted(
    ([, one], [, other]) => Number(one.ok) - Number(other.ok),
  );
  return (
    <section id="checks" aria-labelledby="checks-title" class="card stack">
      <h2 id="checks-title">How it is now</h2>
      {latest === null ? (
        <Empty>Nobody has looked yet. This takes a moment.</Empty>
      ) : (
        <Scroll label="Checks">
          <table class="prose">
            <caption class="visually-hidden">Each check, and what to do about it</caption>
            <thead>
              <tr>
                <th scope="col">Check</th>
                <th scope="col">How it is</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([check, result]) => (
                <tr>
                  <th scope="row">
                    {nameOf(check)} <span class="muted">{aboutOf(check)}</span>
                  </th>
                  <td>
                    <State ok={result.ok} />{' '}
                    <Since change={last.get(check)} ok={result.ok} nowMs={clock.now()} />
                    <Found result={result} mask={(text) => mask(text).text} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {latest === null ? null : (
        <p class="muted">
          Looked at <Time atMs={latest.atMs} nowMs={clock.now()} />.
        </p>
      )}
    </section>
  );
};

const Since: FC<{
  readonly change: HealthChange | undefined;
  readonly ok: boolean;
  readonly nowMs: number;
}> = ({ change, ok, nowMs }) =>
  // What could not be written down has no time.
  change?.ok === ok ? (
    <span class="muted">
      changed <Time atMs={change.atMs} nowMs={nowMs} />
    </span>
  ) : null;

const Found: FC<{ readonly result: CheckResult; readonly mask: (text: string) => string }> = ({
  result,
  mask,
}) => {
  const details = detailsOf(result);
  const remedy = result.remedy ?? '`claudio doctor` looks for the cause.';
  return (
    <>
      {result.ok ? null : (
        <div>
          <WithCode text={mask(remedy)} />
        </div>
      )}
      {details.length === 0 ? null : <div class="muted">{mask(details.join(', '))}</div>}
    </>
  );
};

const TONES = { ok: 'ok', warning: 'warn', failed: 'bad', off: '' } as const;
const TITLES: Readonly<Record<string, string>> = {
  backup: 'Backup',
  'health check': 'Health check, every five minutes',
};
const STATES = { ok: 'Well', warning: 'Look at it', failed: 'Failing', off: 'Off' } as const;

const Surroundings: FC<{ readonly beside: Beside; readonly parts: ConsoleParts }> = ({
  beside,
  parts: { mask },
}) => {
  const found = beside.latest();
  return (
    <section id="surroundings" aria-labelledby="surroundings-title" class="card stack">
      <h2 id="surroundings-title">Beside the service</h2>
      {found === null ? (
        <Empty>Looking at the backup and the health check …</Empty>
      ) : (
        <dl>
          {found.map((finding: Finding) => (
            <>
              <dt>
                {TITLES[finding.name] ?? finding.name}{' '}
                <span class={`badge ${TONES[finding.state]}`}>{STATES[finding.state]}</span>
              </dt>
              <dd>
                {mask(finding.text).text}
                {finding.remedy === undefined ? null : (
                  <>
                    . <WithCode text={mask(finding.remedy).text} />
                  </>
                )}
              </dd>
            </>
          ))}
        </dl>
      )}
    </section>
  );
};
