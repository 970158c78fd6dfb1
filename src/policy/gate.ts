import type { Conversation } from '../core/conversation.ts';
import type { Clock } from '../core/clock.ts';
import type { Role } from '../core/role.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import type { Audit } from './audit.ts';
import type { KeptFile } from './kept-file.ts';
import type { Limits } from './limits.ts';
import type { Policy } from './policy-file.ts';
import { createTold, GATE_REFUSED } from './refusals.ts';
import { mayDo } from './roles.ts';
import { refusalByRule } from './rules.ts';

/** Somebody wants Claude to answer. */
export interface Request {
  readonly conversation: Conversation;
  readonly personId: string;
  readonly role: Role;
  /** Who wants it now, where that is not who asked: whom the audit log names. All else is the asker's. */
  readonly pressedBy?: string;
  /**
   * All that is asked; where a template makes the prompt, what the person typed for it: `/deploy staging`.
   */
  readonly text: string;
  readonly isTemplate?: boolean;
  /** Whether more words of it are still to come: of a recording, of an album. The rules see them later. */
  readonly isUnfinished?: boolean;
  /** Whether it answers what Claude asked: nothing is asked for by it, and what is forbidden stays so. */
  readonly isReply?: boolean;
  /** The words of others that it brings along. What may be asked is not for them to fit. */
  readonly quoted?: string;
  /** Whether somebody who may do so wants it in spite of a rule. The limits hold all the same. */
  readonly insisted?: boolean;
  /** Whether it was taken once and is only begun anew: then the budgets alone stand against it. */
  readonly isBegunAnew?: boolean;
}

/** Why it is not taken. */
export interface Refusal {
  /** `rate`, `budget`, `waiting`, `role`: a limit; else the rule: `block 3`. */
  readonly rule: string;
  readonly kind: 'limit' | 'rule';
  /** Says why, and what to do or when it is free again. Markdown. */
  readonly markdown: string;
  /** The person was told the same within the last minute: it is not said, nor written down, once more. */
  readonly isRepeated?: boolean;
}

/** What stands between a person and a turn: their role, the limits, and the rules of what may be asked. */
export interface Gate {
  /**
   * `null`: it may pass. To be called in the transaction that makes the turn. What is refused is written
   * to the audit log.
   */
  check(request: Request): Refusal | null;
  /** The rules alone, for words that became known only later: a recording, an edit. */
  checkText(request: Request): Refusal | null;
}

/** A gate that stands open. */
export const OPEN_GATE: Gate = { check: () => null, checkText: () => null };

export function createGate(parts: {
  readonly database: Database;
  readonly limits: Limits;
  readonly policy: KeptFile<Policy>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'debug'>;
}): Gate {
  const wasTold = createTold(parts.database, parts.clock);

  const byRule = (request: Request): Refusal | null =>
    request.insisted === true ? null : refusalByRule(parts.policy.current(), request);

  const noted = (request: Request, refusal: Refusal | null): Refusal | null => {
    if (refusal === null) return null;
    const { pressedBy = request.personId } = request;
    const of = {
      personId: pressedBy,
      conversationId: request.conversation.id,
      rule: refusal.rule,
    };
    // Who may have it run all the same is offered that each time.
    const mayInsist = refusal.kind === 'rule' && mayDo(request.role, 'override');
    if (!mayInsist && wasTold(of)) {
      parts.log.debug(of, 'gate.refused-again');
      return { ...refusal, isRepeated: true };
    }
    parts.database.transaction(() =>
      parts.audit.write({
        event: GATE_REFUSED,
        conversationId: request.conversation.id,
        personId: pressedBy,
        decision: 'refused',
        details: {
          rule: refusal.rule,
          ...(pressedBy === request.personId ? {} : { asker: request.personId }),
        },
        text: request.text,
      }),
    );
    return refusal;
  };

  return {
    check: (request) =>
      noted(
        request,
        request.isBegunAnew === true
          ? parts.limits.budgets(request)
          : (byRole(request) ?? parts.limits.check(request) ?? byRule(request)),
      ),
    checkText: (request) => noted(request, byRule(request)),
  };
}

function byRole({ role }: Request): Refusal | null {
  if (mayDo(role, 'ask')) return null;
  return { kind: 'limit', rule: 'role', markdown: '🚫 You may not ask here.' };
}

/** Why something is not taken, short enough for the answer to a press: no Markdown. */
export function inShort({ kind, rule, markdown }: Refusal): string {
  return kind === 'limit' ? markdown : `🚫 Rule ${rule} of the policy stands against it.`;
}
