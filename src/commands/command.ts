import type { AuditDetails } from '../../drizzle/schema.ts';
import type { Button } from '../core/channel.ts';
import type { InboundMessage } from '../core/inbound.ts';
import { isAtLeast, type Role } from '../core/role.ts';
import type { Access } from '../policy/access.ts';
import type { Action } from '../policy/roles.ts';

/** What a command says. */
export interface CommandReply {
  readonly markdown: string;
  readonly buttons?: readonly (readonly Button[])[];
  /** The turn that it became: that answers it, and nothing else is said. */
  readonly turnId?: number;
  /** For the audit log, where something was decided: what, of which turn, and what else belongs to it. */
  readonly decision?: string;
  readonly about?: number;
  readonly details?: AuditDetails;
}

/** A command that a person can type. */
export interface Command {
  /** Lower case, digits and `_`, at most 32 characters; without the slash. */
  readonly name: string;
  /** For the list, at most 256 characters. */
  readonly description: string;
  /** What one has to be allowed to do for it; where it depends on what is typed, `run` looks for itself. */
  readonly needs: Action;
  /** The least role that may use it, where that takes more than what it needs. */
  readonly role?: Role;
  /**
   * Does it. Runs in the transaction that remembers the update, so it happens once; it may not wait
   * for anything.
   *
   * @param messageId The id of the message's row, where it has one.
   */
  run(message: InboundMessage, args: string, messageId?: number): CommandReply;
}

/** What is said to somebody who may not do that. */
export function notAllowed(typed: string): CommandReply {
  return {
    markdown: `You may not use ${typed} here. Who may is up to the owner of the bot.`,
    decision: 'refused',
  };
}

/** Whether the sender of a message may use a command there. */
export function mayUse(
  access: Pick<Access, 'may' | 'roleOf'>,
  { sender, conversation }: Pick<InboundMessage, 'sender' | 'conversation'>,
  { needs, role }: Pick<Command, 'needs' | 'role'>,
): boolean {
  if (!access.may(sender, conversation, needs)) return false;
  if (role === undefined) return true;
  const own = access.roleOf(sender, conversation);
  return own !== null && isAtLeast(own, role);
}
