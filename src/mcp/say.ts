import { eq } from 'drizzle-orm';
import { messages } from '../../drizzle/schema.ts';
import type { Button, OutgoingFile } from '../core/channel.ts';
import { maskKeys } from '../core/mask.ts';
import type { ToolContext } from './context.ts';

/**
 * Says something in the middle of a turn: its deliveries and its place in the history are one commit.
 *
 * @param said.history What the history keeps of it.
 * @returns false when the turn is over; nothing was said then.
 */
export function say(
  context: ToolContext,
  said: {
    readonly markdown: string;
    readonly files?: readonly OutgoingFile[];
    readonly buttons?: readonly (readonly Button[])[];
    readonly history: string;
  },
): boolean {
  if (context.closed.aborted) return false;
  const { user, database, outbox, clock, mask = maskKeys } = context;
  database.transaction(() => {
    // As it stands now: its chat may have moved since the turn began.
    const asked = database.orm
      .select({ platformMessageId: messages.platformMessageId })
      .from(messages)
      .where(eq(messages.id, user.messageId))
      .get();
    outbox.say(
      user.conversation,
      {
        markdown: said.markdown,
        ...(said.files === undefined ? {} : { files: said.files }),
        replyTo: asked?.platformMessageId ?? null,
        buttons: said.buttons ?? [],
      },
      user.turnId,
    );
    database.orm
      .insert(messages)
      .values({
        conversationId: user.conversation.id,
        role: 'claude',
        text: mask(said.history).text,
        duringMessageId: user.messageId,
        createdAtMs: clock.now(),
      })
      .run();
  });
  context.said();
  return true;
}
