import { and, asc, eq, gte, inArray, isNull, or, sql } from 'drizzle-orm';
import { boots, deliveries, messages, toolUses, turns, updates } from '../../drizzle/schema.ts';
import { conversationOf } from '../core/conversation.ts';
import type { Database } from '../platform/database/open.ts';
import { type BotApiStandin, OWNER } from './bot-api/bot-api.ts';
import type { Way } from './trace-ways.ts';

type Turn = typeof turns.$inferSelect;

/** A delivery, with the message of the person that it replies to. */
export type DeliveryRow = Pick<
  typeof deliveries.$inferSelect,
  'id' | 'turnId' | 'status' | 'reason' | 'createdAtMs' | 'endedAtMs'
> & { readonly replyTo: number | null };

/** The rows of the service that belong to some messages of the person. */
export interface TraceRows {
  /** Whether there is a database yet. */
  readonly isThere: boolean;
  readonly updates: readonly (typeof updates.$inferSelect)[];
  readonly messages: readonly Pick<
    typeof messages.$inferSelect,
    'id' | 'role' | 'platformMessageId' | 'createdAtMs'
  >[];
  /** Also those that were joined to them. */
  readonly turns: readonly Turn[];
  readonly toolUses: readonly (typeof toolUses.$inferSelect)[];
  /** All of the chat since the first of the messages, in the order in which they are sent. */
  readonly deliveries: readonly DeliveryRow[];
  readonly boots: readonly Pick<typeof boots.$inferSelect, 'id' | 'startedAtMs'>[];
}

const NONE: TraceRows = {
  isThere: false,
  updates: [],
  messages: [],
  turns: [],
  toolUses: [],
  deliveries: [],
  boots: [],
};

/** Reads what the service keeps of these messages. @param database `null`: it has none yet. */
export function readTraceRows(
  database: Database | null,
  api: BotApiStandin,
  ways: readonly Way[],
): TraceRows {
  if (database === null) return NONE;
  const { orm } = database;
  const [bot = ''] = api.token.split(':');
  const place = { channel: 'telegram', bot, chat: String(OWNER.id), thread: null };
  const { id: conversationId, destination } = conversationOf(place);
  const fromMs = Math.min(...ways.map(({ sentAtMs }) => sentAtMs));
  const updateIds = ways.flatMap((way) => way.updates.map(({ updateId }) => updateId));
  const platformIds = ways.flatMap(({ messageIds }) => [...messageIds].map(String));

  const foundMessages = orm
    .select({
      id: messages.id,
      role: messages.role,
      platformMessageId: messages.platformMessageId,
      createdAtMs: messages.createdAtMs,
    })
    .from(messages)
    .where(
      and(
        eq(messages.conversationId, conversationId),
        inArray(messages.platformMessageId, platformIds),
      ),
    )
    .orderBy(asc(messages.id))
    .all();
  const ownTurns = orm
    .select()
    .from(turns)
    .where(
      inArray(
        turns.messageId,
        foundMessages.map(({ id }) => id),
      ),
    )
    .orderBy(asc(turns.id))
    .all();
  const joinedIds = ownTurns.flatMap(({ joinedTurnId }) => joinedTurnId ?? []);
  const joinedTurns = orm.select().from(turns).where(inArray(turns.id, joinedIds)).all();
  const allTurns = [
    ...new Map([...ownTurns, ...joinedTurns].map((turn) => [turn.id, turn])).values(),
  ];
  const turnIds = allTurns.map(({ id }) => id);

  return {
    isThere: true,
    updates: orm
      .select()
      .from(updates)
      .where(and(eq(updates.source, `telegram:${bot}`), inArray(updates.updateId, updateIds)))
      .all(),
    messages: foundMessages,
    turns: allTurns,
    toolUses: orm
      .select()
      .from(toolUses)
      .where(inArray(toolUses.turnId, turnIds))
      .orderBy(asc(toolUses.id))
      .all(),
    deliveries: orm
      .select({
        id: deliveries.id,
        turnId: deliveries.turnId,
        status: deliveries.status,
        reason: deliveries.reason,
        createdAtMs: deliveries.createdAtMs,
        endedAtMs: deliveries.endedAtMs,
        replyTo: sql<number | null>`coalesce(json_extract(${deliveries.part}, '$.replyTo'),
          json_extract(${deliveries.part}, '$.parts[0].replyTo'))`,
      })
      .from(deliveries)
      .where(
        and(
          eq(deliveries.destination, destination),
          or(
            inArray(deliveries.turnId, turnIds),
            and(isNull(deliveries.turnId), gte(deliveries.createdAtMs, fromMs)),
          ),
        ),
      )
      .orderBy(asc(deliveries.id))
      .all(),
    boots: orm
      .select({ id: boots.id, startedAtMs: boots.startedAtMs })
      .from(boots)
      .where(gte(boots.startedAtMs, fromMs))
      .all(),
  };
}
