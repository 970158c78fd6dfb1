import type { Conversation } from '../core/conversation.ts';
import type { Role } from '../core/role.ts';
import type { Database } from '../platform/database/open.ts';
import type { Audit } from './audit.ts';
import type { KeptFile } from './kept-file.ts';
import type { Limits } from './limits.ts';
import type { Policy } from './policy-file.ts';
import { refusalByRule } from './rules.ts';

/** Somebody wants Claude to answer. */
export interface Request {
  readonly conversation: Conversation;
  readonly personId: string;
  readonly role: Role;
  /**
   * All that is asked; where a template makes the prompt, what the person typed for it: `/deploy staging`.
   */
  readonly text: string;
  readonly isTemplate?: boolean;
  /** Whether somebody who may do so wants it in spite of a rule. The limits hold all the same. */
  readonly insisted?: boolean;
}

/** Why it is not taken. */
export interface Refusal {
  /** `rate`, `budget`, `waiting`: a limit; else the rule: `block 3`. */
  readonly rule: string;
  readonly kind: 'limit' | 'rule';
  /** Says why, and what to do or when it is free again. Markdown. */
  readonly markdown: string;
}

/** What stands between a person and a turn: the limits, and the rules of what may be asked. */
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
}): Gate {
  const byRule = (request: Request): Refusal | null =>
    request.insisted === true ? null : refusalByRule(parts.policy.current(), request);

  const noted = (request: Request, refusal: Refusal | null): Refusal | null => {
    if (refusal === null) return null;
    parts.database.transaction(() =>
      parts.audit.write({
        event: 'gate.refused',
        conversationId: request.conversation.id,
        personId: request.personId,
        decision: 'refused',
        details: { rule: refusal.rule },
        text: request.text,
      }),
    );
    return refusal;
  };

  return {
    check: (request) => noted(request, parts.limits.check(request) ?? byRule(request)),
    checkText: (request) => noted(request, byRule(request)),
  };
}

/** Why something is not taken, short enough for the answer to a press: no Markdown. */
export function inShort({ kind, rule, markdown }: Refusal): string {
  return kind === 'limit' ? markdown : `🚫 Rule ${rule} of the policy stands against it.`;
}
