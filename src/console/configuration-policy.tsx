import { eq } from 'drizzle-orm';
import type { FC } from 'hono/jsx';
import { acceptedFiles } from '../../drizzle/schema.ts';
import { Badge } from '../pages/words.tsx';
import { POLICY_FILE } from '../policy/policy-file.ts';
import { Change } from './configuration-words.tsx';
import type { ConsoleParts } from './parts.ts';

/** The rules of what may be asked, in short. */
export const PolicySection: FC<{ readonly parts: ConsoleParts }> = ({ parts }) => {
  const { mode, allow, block, exempt, roles, deniedFiles } = parts.policy.current();
  const row = parts.database.orm
    .select()
    .from(acceptedFiles)
    .where(eq(acceptedFiles.name, POLICY_FILE))
    .get();
  return (
    <section class="card stack" aria-labelledby="policy-title">
      <h2 id="policy-title">Policy</h2>
      <Change>
        <span class="mono">{`${parts.home}/${POLICY_FILE}`}</span> in an editor; it counts from the
        next message on. <code>claudio config set POLICY strict</code> makes it strict.
      </Change>
      {row?.isFaulty === true ? (
        <p role="alert">
          <Badge kind="bad">Faulty</Badge> The file cannot be used as it is: what was right before
          is in force. You were told in the chat what is wrong with it.
        </p>
      ) : null}
      <dl>
        <dt>Mode</dt>
        <dd>
          {mode === 'strict'
            ? 'strict: only what a rule allows may be asked'
            : 'permissive: all but what a rule forbids may be asked'}
        </dd>
        <dt>From</dt>
        <dd>{row === undefined ? 'what comes with Claudio' : POLICY_FILE}</dd>
        <dt>Free of the rules</dt>
        <dd>{exempt.length === 0 ? 'nobody' : exempt.join(', ')}</dd>
        {Object.entries(roles).map(([role, policy]) =>
          policy === undefined ? null : (
            <>
              <dt>Claude, for a {role}</dt>
              <dd>
                {policy.tools === undefined ? 'all tools' : `tools: ${policy.tools.join(', ')}`};{' '}
                {policy.folders === undefined
                  ? 'all folders'
                  : `folders: ${policy.folders.join(', ')}`}
              </dd>
            </>
          ),
        )}
      </dl>
      <Patterns title="Forbidden" patterns={block.map(({ pattern }) => pattern)} />
      <Patterns
        title={mode === 'strict' ? 'Allowed' : 'Allowed, where it is strict'}
        patterns={allow.map(({ pattern }) => pattern)}
      />
      <Patterns title="Files that Claude is kept from, beside the usual" patterns={deniedFiles} />
    </section>
  );
};

const Patterns: FC<{ readonly title: string; readonly patterns: readonly string[] }> = ({
  title,
  patterns,
}) => (
  <details>
    <summary>
      {title}: {patterns.length}
    </summary>
    <ul>
      {patterns.map((pattern) => (
        <li>
          <code>{pattern}</code>
        </li>
      ))}
    </ul>
  </details>
);
