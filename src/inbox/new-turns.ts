import { sql } from 'drizzle-orm';
import { turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { TurnOptions } from '../core/turn.ts';
import type { Database } from '../platform/database/open.ts';
import type { Audit } from '../policy/audit.ts';

/** A turn to be queued. */
export interface NewTurn {
  readonly conversationId: string;
  readonly messageId: number;
  readonly model: string;
  readonly notBeforeMs: number;
  readonly personId: string | null;
  readonly options: TurnOptions;
  /** What was asked, where that is new. */
  readonly text?: string;
}

/** Makes what writes a turn into the queue, and into the audit log who asked for it. Returns its id. */
export function createNewTurns(
  database: Database,
  clock: Clock,
  audit: Audit | undefined,
): (turn: NewTurn) => number {
  const insertTurn = database.orm
    .insert(turns)
    .values({
      conversationId: sql.placeholder('conversationId'),
      messageId: sql.placeholder('messageId'),
      status: 'queued',
      requestedModel: sql.placeholder('model'),
      notBeforeMs: sql.placeholder('notBeforeMs'),
      queuedAtMs: sql.placeholder('now'),
      personId: sql.placeholder('personId'),
      project: sql.placeholder('project'),
      mode: sql.placeholder('mode'),
      // Mapped by hand: a placeholder would make the word null of what is not there.
      tools: sql`${sql.placeholder('tools')}`,
      insisted: sql`${sql.placeholder('insisted')}`,
    })
    .returning({ id: turns.id })
    .prepare();

  return (turn) => {
    const { options: how, text, ...rest } = turn;
    const { project = null, mode = null, tools = null, insisted = false } = how;
    const { id: turnId } = insertTurn.get({
      ...rest,
      now: clock.now(),
      project,
      mode,
      tools: tools === null ? null : JSON.stringify(tools),
      insisted: insisted ? 1 : 0,
    });
    audit?.write({
      event: 'turn.asked',
      conversationId: turn.conversationId,
      personId: turn.personId ?? '',
      turnId,
      details: { model: turn.model, project, mode, insisted },
      ...(text === undefined ? {} : { text }),
    });
    return turnId;
  };
}
