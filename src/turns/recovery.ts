import { and, desc, eq, isNull, lte, ne, sql } from 'drizzle-orm';
import { boots, messages, turns } from '../../drizzle/schema.ts';
import type { AgentOutcome } from '../core/agent.ts';
import { NO_USAGE } from '../core/turn.ts';
import { answerOf, interruptedAnswer, restoredAnswer } from './answer.ts';
import { discardButton, retryButton } from './buttons.ts';
import { restart, tellEnd } from './ending.ts';
import { removeTurnFolders } from './folder.ts';
import type { TurnParts } from './parts.ts';

/** A turn that was interrupted this often is not offered again. */
const MOST_INTERRUPTIONS = 3;
/** So many earlier starts are looked at for processes that they left behind. */
const LOOKED_BACK_COUNT = 50;

/**
 * Clears up behind an instance that died: stops the processes it left, then ends each turn found
 * running and tells its conversation, in one commit a turn. Nothing is run again. To be called before
 * the worker starts, by the one process that owns the home.
 */
export async function recover(
  parts: TurnParts & {
    readonly bootId: string;
    /** Turns up to this one came from a backup: those that wait may have been answered since. */
    readonly restoredUpTo?: number | null;
  },
): Promise<void> {
  const { orm } = parts.database;
  const earlier = orm
    .select()
    .from(boots)
    .where(and(ne(boots.id, parts.bootId), isNull(boots.endedAtMs)))
    .orderBy(desc(boots.startedAtMs))
    .limit(LOOKED_BACK_COUNT)
    .all();
  if (earlier.length > 0) {
    const stoppedCount = await parts.agent.stopLeftovers(
      earlier.map(({ id, startedAtMs }) => ({ prefix: `${id}.`, sinceMs: startedAtMs })),
    );
    if (stoppedCount > 0) parts.log.warn({ stoppedCount }, 'recovery.processes-stopped');
  }

  await removeTurnFolders(parts.tempDir, parts.log);

  const found = orm
    .select({ turn: turns, message: messages })
    .from(turns)
    .innerJoin(messages, eq(messages.id, turns.messageId))
    .where(sql`${turns.status} = 'running'`)
    .orderBy(turns.id)
    .all();
  for (const { turn, message } of found) {
    const conversation = parts.conversations.get(turn.conversationId);
    const claimed = { turnId: turn.id, conversationId: conversation.id, messageId: message.id };
    if (turn.restartRequestedAtMs !== null) {
      // The person wanted that before the service died.
      parts.database.transaction(() => restart(claimed, parts));
      parts.log.info({ conversation: conversation.id, turn: turn.id }, 'turn.restarted');
      continue;
    }
    const toolLines = parts.records.toolLines(turn.id);
    const wasLastTry = turn.interruptionCount + 1 >= MOST_INTERRUPTIONS;
    const end =
      turn.stopRequestedAtMs === null
        ? interruptedAnswer(
            {
              activity: turn.activity,
              wasLastTry,
              question: parts.questions.openOf(turn.id)?.text ?? null,
              waitedForLeave: parts.approvals.openOf(turn.id) !== null,
            },
            toolLines,
          )
        : answerOf(STOPPED, { toolLines, explain: parts.agent.explain });
    parts.database.transaction(() => {
      const kept = parts.records.ended(claimed, end);
      if (end.status !== 'interrupted') parts.questions.withdraw(turn.id);
      // A question may still be answered; what would have been done then may not be allowed any more.
      parts.approvals.withdraw(turn.id);
      const buttons = [[retryButton(turn.id), discardButton(turn.id)]];
      tellEnd(claimed, end.status === 'interrupted' ? { ...kept, buttons } : kept, parts);
    });
    parts.log.warn({ conversation: conversation.id, turn: turn.id }, `turn.${end.status}`);
  }
  holdRestored(parts, parts.restoredUpTo ?? 0);
  parts.queue.awaitAlbums();
}

const STOPPED: AgentOutcome = { kind: 'stopped', usage: NO_USAGE };

/** Asks about what waited in a backup instead of running it. */
function holdRestored(parts: TurnParts, upToTurnId: number): void {
  const { orm } = parts.database;
  const waiting = orm
    .select()
    .from(turns)
    .where(and(eq(turns.status, 'queued'), lte(turns.id, upToTurnId)))
    .orderBy(turns.id)
    .all();
  for (const { id: turnId, conversationId, messageId } of waiting) {
    const claimed = { turnId, conversationId, messageId };
    const end = restoredAnswer();
    parts.database.transaction(() => {
      orm.update(turns).set({ status: 'running' }).where(eq(turns.id, turnId)).run();
      const kept = parts.records.ended(claimed, end);
      const buttons = [[retryButton(turnId), discardButton(turnId)]];
      tellEnd(claimed, { ...kept, buttons }, parts);
    });
    parts.log.warn({ conversation: conversationId, turn: turnId }, 'turn.interrupted');
  }
}
