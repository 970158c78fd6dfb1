import { and, eq, inArray, or } from 'drizzle-orm';
import { confirmations, messages, turns } from '../../drizzle/schema.ts';
import type { InboundPress } from '../core/inbound.ts';
import { isAtLeast, type Role } from '../core/role.ts';
import type { Database } from '../platform/database/open.ts';
import type { Access } from '../policy/access.ts';
import type { Command } from './command.ts';

/**
 * Whether somebody may have a turn run once more: what it took to have it run, it takes again, of who says
 * so now. A command needs its role, and whatever somebody had to say yes to, the role for that yes; that it
 * was theirs once is not enough. It counts for all messages that the turn answers.
 */
export type MayRunAgain = (
  press: Pick<InboundPress, 'sender' | 'conversation'>,
  turnId: number,
) => boolean;

/** @param parts.commands Those of the person's own, as they are now. */
export function createMayRunAgain(parts: {
  readonly database: Database;
  readonly access: Pick<Access, 'may' | 'roleOf'>;
  readonly commands?: () => readonly Pick<Command, 'name' | 'role'>[];
}): MayRunAgain {
  const { access, commands = () => [] } = parts;
  const { orm } = parts.database;

  const answeredBy = (turnId: number) =>
    orm
      .select({
        id: messages.id,
        text: messages.text,
        instruction: messages.instruction,
        insisted: turns.insisted,
      })
      .from(turns)
      .innerJoin(messages, eq(messages.id, turns.messageId))
      .where(or(eq(turns.id, turnId), eq(turns.joinedTurnId, turnId)))
      .all();

  const rolesOfYes = (messageIds: readonly number[]): readonly Role[] =>
    orm
      .select({ role: confirmations.role })
      .from(confirmations)
      .where(
        and(
          inArray(confirmations.messageId, [...messageIds]),
          eq(confirmations.status, 'confirmed'),
        ),
      )
      .all()
      .map(({ role }) => role);

  const rolesOfCommand = (text: string): readonly Role[] => {
    const [, typed] = /^\/(\w+)/u.exec(text) ?? [];
    const role = commands().find(({ name }) => name === typed?.toLowerCase())?.role;
    return role === undefined ? [] : [role];
  };

  return ({ sender, conversation }, turnId) => {
    const own = access.roleOf(sender, conversation);
    if (own === null) return false;
    const asked = answeredBy(turnId);
    const isInsisted = asked.some(({ insisted }) => insisted);
    if (isInsisted && !access.may(sender, conversation, 'override')) return false;
    const roles = [
      ...rolesOfYes(asked.map(({ id }) => id)),
      ...asked.flatMap(({ text, instruction }) =>
        instruction === null ? [] : rolesOfCommand(text),
      ),
    ];
    return roles.every((role) => isAtLeast(own, role));
  };
}
