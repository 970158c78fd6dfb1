import { eq } from 'drizzle-orm';
import { turns } from '../../drizzle/schema.ts';
import type { Conversation } from '../core/conversation.ts';
import type { InboundPress } from '../core/inbound.ts';
import { type Role, SHELL_PERSON } from '../core/role.ts';
import type { StoredMessage } from '../inbox/messages.ts';
import type { Database } from '../platform/database/open.ts';
import type { Access } from '../policy/access.ts';
import { type Gate, inShort } from '../policy/gate.ts';
import { ASKER_GONE, TOO_LATE } from './press.ts';

/** What the gate has against what a press would set going, in a few words; `null`: nothing. */
export interface PressRefusals {
  /** Against a turn more for a message: it is one of the person who asked, whoever presses, with their limits and the rules for their role. */
  refusalOf(
    press: InboundPress,
    message: StoredMessage,
    text: string,
    insisted: boolean,
  ): string | null;
  /** Against what was taken already and costs once more. */
  unpaidOf(press: InboundPress, turnId: number): string | null;
}

export function createPressRefusals(parts: {
  readonly database: Database;
  readonly access: Pick<Access, 'roleOf'>;
  readonly gate: Gate;
}): PressRefusals {
  const { access, gate } = parts;
  const { orm } = parts.database;

  const roleOfAsker = (id: string, conversation: Conversation): Role | null =>
    id === SHELL_PERSON ? 'owner' : access.roleOf({ id }, conversation);

  return {
    refusalOf: ({ conversation, sender }, message, text, insisted) => {
      const personId = message.personId ?? sender.id;
      const role = roleOfAsker(personId, conversation);
      if (role === null) return ASKER_GONE;
      const isTemplate = message.instruction !== null;
      const who = { conversation, personId, role, pressedBy: sender.id };
      const refusal = gate.check({ ...who, text, isTemplate, insisted });
      return refusal === null ? null : inShort(refusal);
    },
    unpaidOf: ({ conversation, sender }, turnId) => {
      const turn = orm.select().from(turns).where(eq(turns.id, turnId)).get();
      if (turn === undefined) return TOO_LATE;
      const personId = turn.personId ?? sender.id;
      const role = roleOfAsker(personId, conversation);
      if (role === null) return ASKER_GONE;
      const who = { conversation, personId, role, pressedBy: sender.id };
      const refusal = gate.check({ ...who, text: '', isBegunAnew: true });
      return refusal === null ? null : inShort(refusal);
    },
  };
}
