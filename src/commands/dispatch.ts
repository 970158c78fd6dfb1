import type { InboundMessage } from '../core/inbound.ts';
import type { MessageStore } from '../inbox/messages.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Access } from '../policy/access.ts';
import type { Audit } from '../policy/audit.ts';
import { type Command, type CommandReply, mayUse, notAllowed } from './command.ts';
import { unknownCommand } from './help.ts';

/**
 * Runs the command of a message and answers it. To be called in the transaction that remembers the
 * update: what the command changes and what it says are one commit.
 *
 * @returns The turn that it became, if it became one.
 */
export type CommandHandler = (
  message: InboundMessage,
  command: NonNullable<InboundMessage['command']>,
) => number | null;

export function createCommandHandler(parts: {
  readonly messages: Pick<MessageStore, 'addAside'>;
  readonly outbox: Outbox;
  /** As they are now: people may add their own. */
  readonly commands: () => readonly Command[];
  readonly access: Pick<Access, 'may' | 'roleOf'>;
  readonly audit: Audit;
}): CommandHandler {
  const reply = (message: InboundMessage, name: string, args: string): CommandReply => {
    const commands = parts.commands();
    const command = commands.find((one) => one.name === name);
    // What is attached goes with it, where it becomes a turn.
    const id = parts.messages.addAside(message, command !== undefined);
    if (command === undefined) {
      const usable = commands.filter((one) => mayUse(parts.access, message, one));
      return { markdown: unknownCommand(name, usable) };
    }
    const said = mayUse(parts.access, message, command)
      ? command.run(message, args, id)
      : notAllowed(`/${name}`);
    const { decision, details } = said;
    parts.audit.write({
      event: `command.${name}`,
      conversationId: message.conversation.id,
      personId: message.sender.id,
      turnId: said.turnId ?? said.about ?? null,
      text: message.text,
      ...(decision === undefined ? {} : { decision }),
      ...(details === undefined ? {} : { details }),
    });
    return said;
  };
  return (message, { name, args }) => {
    const { markdown, buttons = [], turnId } = reply(message, name, args);
    if (turnId !== undefined) return turnId;
    parts.outbox.say(message.conversation, { markdown, replyTo: message.messageId, buttons });
    return null;
  };
}
