import { and, desc, eq } from 'drizzle-orm';
import { conversations, deliveries, reactions, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { InboundReaction } from '../core/inbound.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';

/** The verb of the button below the offer to answer once more with a larger model. */
export const AGAIN = 'again';
const THUMB_DOWN = '👎';

/** From small to large. */
const SIZES = ['haiku', 'sonnet', 'opus'] as const;

/** The next larger model; the same one where there is none that is known to be larger. */
export function nextLarger(model: string): string {
  const size = SIZES.findIndex((name) => model.toLowerCase().includes(name));
  return size === -1 ? model : (SIZES[size + 1] ?? model);
}

/**
 * Keeps how a person reacted to an answer, for Claude to hear of with the next message; 👎 is offered a
 * second try. To be called in the transaction that remembers the update.
 *
 * @returns Whether it was a reaction to an answer.
 */
export function createReactionHandler(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly outbox: Outbox;
}): (reaction: InboundReaction) => boolean {
  const { orm } = parts.database;

  const answered = ({ conversation, messageId }: InboundReaction) =>
    orm
      .select({ turn: turns, conversation: conversations })
      .from(deliveries)
      .innerJoin(turns, eq(turns.id, deliveries.turnId))
      .innerJoin(conversations, eq(conversations.id, deliveries.conversationId))
      .where(
        and(
          eq(deliveries.destination, conversation.destination),
          eq(deliveries.platformMessageId, messageId),
        ),
      )
      .orderBy(desc(deliveries.id))
      .limit(1)
      .get();

  return (reaction) => {
    const found = answered(reaction);
    if (found === undefined) return false;
    const { turn, conversation } = found;
    const { messageId: platformMessageId, sender } = reaction;
    const isTheirs = and(
      eq(reactions.conversationId, conversation.id),
      eq(reactions.platformMessageId, platformMessageId),
      eq(reactions.personId, sender.id),
    );
    const before = orm.select().from(reactions).where(isTheirs).get();
    const emoji = reaction.emoji.join(' ');
    // A row of its own: a turn that runs may be telling Claude of the one before.
    orm.delete(reactions).where(isTheirs).run();
    if (emoji === '') return true;
    orm
      .insert(reactions)
      .values({
        conversationId: conversation.id,
        turnId: turn.id,
        platformMessageId,
        personId: sender.id,
        personName: sender.name,
        emoji,
        atMs: parts.clock.now(),
      })
      .run();
    const isNew = before?.emoji.includes(THUMB_DOWN) !== true && emoji.includes(THUMB_DOWN);
    if (isNew && (turn.status === 'done' || turn.status === 'failed')) {
      const answeredBy = turn.model ?? turn.requestedModel;
      const model = nextLarger(answeredBy);
      const isLarger = model !== answeredBy;
      const { id, destination, channel, chat, thread } = conversation;
      parts.outbox.say(
        { id, destination, channel, chat, thread },
        {
          markdown: 'Sorry that was not right. Shall I try again?',
          replyTo: platformMessageId,
          buttons: [
            [
              {
                label: isLarger ? `🔁 Try again with ${model}` : '🔁 Try again',
                data: `${AGAIN}:${turn.id}`,
              },
            ],
          ],
        },
      );
    }
    return true;
  };
}
