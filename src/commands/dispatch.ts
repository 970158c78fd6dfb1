import { messages } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { InboundMessage } from '../core/inbound.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';
import type { Command } from './command.ts';
import { unknownCommand } from './help.ts';

/**
 * Runs the command of a message and answers it. To be called in the transaction that remembers the
 * update: what the command changes and what it says are one commit.
 */
export type CommandHandler = (
  message: InboundMessage,
  command: NonNullable<InboundMessage['command']>,
) => void;

export function createCommandHandler(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly commands: readonly Command[];
}): CommandHandler {
  const byName = new Map(parts.commands.map((command) => [command.name, command]));
  return (message, { name, args }) => {
    const { id } = parts.database.orm
      .insert(messages)
      .values({
        conversationId: message.conversation.id,
        role: 'command',
        author: message.sender.name,
        text: message.text,
        platformMessageId: message.messageId,
        createdAtMs: parts.clock.now(),
      })
      .returning({ id: messages.id })
      .get();
    const reply = byName.get(name)?.run(message, args, id) ?? {
      markdown: unknownCommand(name, parts.commands),
    };
    parts.outbox.say(message.conversation, {
      markdown: reply.markdown,
      replyTo: message.messageId,
      buttons: reply.buttons ?? [],
    });
  };
}
