import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { SHELL_PERSON } from '../core/role.ts';
import { Empty, Time } from '../pages/words.tsx';
import { type AuditVerdict, verifyAuditCalmly } from '../policy/audit-verify.ts';
import { brokenSentence } from '../policy/audit-words.ts';
import { AUDIT_PATH, Entries, EntryFilters } from './audit-list.tsx';
import { type AuditEntries, createAuditEntries, type EntryFilter } from './audit-rows.ts';
import { Frame } from './frame.tsx';
import type { ConsoleParts } from './parts.ts';
import { rowNumber, withParams } from './paths.ts';

/** What came of the last look at the chain, and when that was. */
interface Verified {
  readonly verdict: AuditVerdict;
  readonly atMs: number;
}

/** What was refused, asked, done and decided. */
export function auditPage(parts: Pick<ConsoleParts, 'database' | 'clock' | 'bots' | 'mask'>): Hono {
  const { database, clock } = parts;
  const entries = createAuditEntries(database);
  let verified: Verified | null = null;
  let verifying: Promise<void> | null = null;
  const verify = async (): Promise<void> => {
    try {
      verified = { verdict: await verifyAuditCalmly(database), atMs: clock.now() };
    } finally {
      verifying = null;
    }
  };
  /** Those who may stand in the log, beside whoever asks to be let in. */
  const people = (): readonly string[] =>
    [
      ...new Set([
        ...parts.bots.all().flatMap(({ ownerId, memberIds }) => [ownerId, ...memberIds]),
        ...entries.people(),
        SHELL_PERSON,
      ]),
    ].filter((id) => id !== null);

  const app = new Hono();
  app.get(AUDIT_PATH, (context) => {
    const filter = filterOf(context.req.query());
    const page = entries.page(filter);
    const look = {
      mask: parts.mask,
      nowMs: clock.now(),
      nameOf: namesOf(entries),
      hasConversation: knownOf(entries),
    };
    const address = { event: filter.event, person: filter.personId };
    return context.html(
      <Frame title="Audit" current={AUDIT_PATH}>
        <h1>Audit</h1>
        <div class="stack">
          <Chain verified={verified} nowMs={look.nowMs} />
          <EntryFilters filter={filter} events={entries.events()} people={people()} look={look} />
        </div>
        {filter.beforeId === null ? null : (
          <p>
            <a href={withParams(AUDIT_PATH, address)}>Back to the newest</a>
          </p>
        )}
        {page.entries.length === 0 ? (
          <Empty>Nothing like that is in the audit log.</Empty>
        ) : (
          <Entries entries={page.entries} look={look} />
        )}
        {page.olderId === null ? null : (
          <p>
            <a href={withParams(AUDIT_PATH, { ...address, before: page.olderId })} rel="next">
              Older →
            </a>
          </p>
        )}
      </Frame>,
    );
  });
  app.post(`${AUDIT_PATH}/verify`, async (context) => {
    // Whoever asks meanwhile waits for the same look.
    verifying ??= verify();
    await verifying;
    return context.redirect(AUDIT_PATH, 303);
  });
  return app;
}

/** Whether the log is as it was written, as far as anybody has looked. */
const Chain: FC<{ readonly verified: Verified | null; readonly nowMs: number }> = ({
  verified,
  nowMs,
}) => (
  <section id="chain" class="card stack" aria-labelledby="chain-title">
    <h2 id="chain-title">Is it as it was written?</h2>
    {verified === null ? (
      <p>
        Each entry carries a hash of the one before it, so that nobody can change one unseen. Nobody
        has looked since the service started.
      </p>
    ) : (
      <>
        <Verdict verdict={verified.verdict} />
        <p class="muted">
          Looked at <Time atMs={verified.atMs} nowMs={nowMs} />
        </p>
      </>
    )}
    <form method="post" action={`${AUDIT_PATH}/verify`}>
      <button type="submit">Verify all entries</button>
    </form>
  </section>
);

const Verdict: FC<{ readonly verdict: AuditVerdict }> = ({ verdict }) =>
  verdict.kind === 'broken' ? (
    <p role="alert">
      <span class="badge bad">Broken</span> {brokenSentence(verdict)}
    </p>
  ) : (
    <p role="status">
      <span class="badge ok">Unbroken</span> {verdict.count}{' '}
      {verdict.count === 1 ? 'entry' : 'entries'}.
      {verdict.head === '' ? null : (
        <>
          {' '}
          The last one’s hash stands for all of them: <code>{verdict.head}</code>
        </>
      )}
    </p>
  );

/** A name with the id, for nobody can choose an id; each is looked up once. */
function namesOf({ nameOf }: AuditEntries): (personId: string) => string {
  const known = new Map<string, string>([[SHELL_PERSON, 'A shell on this machine']]);
  return (personId) => {
    const before = known.get(personId);
    if (before !== undefined) return before;
    const name = nameOf(personId);
    const words = name === null ? personId : `${name} (${personId})`;
    known.set(personId, words);
    return words;
  };
}

function knownOf({ hasConversation }: AuditEntries): (id: string) => boolean {
  const known = new Map<string, boolean>();
  return (id) => {
    const isThere = known.get(id) ?? hasConversation(id);
    known.set(id, isThere);
    return isThere;
  };
}

function filterOf(query: Readonly<Record<string, string | undefined>>): EntryFilter {
  const given = (name: string) => query[name] || null;
  return {
    event: given('event'),
    personId: given('person'),
    beforeId: rowNumber(query['before']),
  };
}
