import type { Button } from '../core/channel.ts';
import type { InboundMessage } from '../core/inbound.ts';

/** What a command says. */
export interface CommandReply {
  readonly markdown: string;
  readonly buttons?: readonly (readonly Button[])[];
}

/** A command that a person can type. */
export interface Command {
  /** Lower case, digits and `_`, at most 32 characters; without the slash. */
  readonly name: string;
  /** For the list, at most 256 characters. */
  readonly description: string;
  /**
   * Does it. Runs in the transaction that remembers the update, so it happens once; it may not wait
   * for anything.
   *
   * @param messageId The id of the message's row, where it has one.
   */
  run(message: InboundMessage, args: string, messageId?: number): CommandReply;
}
