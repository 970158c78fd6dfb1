import { and, eq, inArray } from 'drizzle-orm';
import { approvalRules } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import type { Database } from '../platform/database/open.ts';
import type { Access } from '../policy/access.ts';

/** What is always allowed somewhere. */
export interface RuleScope {
  /** Absolute, with links resolved. */
  readonly folder: string;
  /** `Edit` stands for every tool that changes files. */
  readonly tool: string;
  /** The digest of the very command; empty: every use of the tool. */
  readonly pattern: string;
}

/** What people said is always allowed in a folder. */
export interface ApprovalRules {
  /** The id of a rule for just this that counts, or `null`. */
  find(scope: RuleScope, counts: MadeBy): number | null;
  /** Adds a rule of a person, or finds the one that they have. @returns Its id. */
  add(scope: RuleScope, personId: string): number;
  countIn(folder: string, counts: MadeBy): number;
  /** Forgets those of a folder. @returns How many. */
  forget(folder: string, whose: MadeBy): number;
}

/** Chooses rules by who made them. */
export type MadeBy = (personId: string) => boolean;

/**
 * Which rules count for somebody: their own, and those of whoever may allow there what others asked for.
 *
 * @param personId `null`: nobody knows any more.
 */
export function countsFor(
  personId: string | null,
  conversation: Conversation,
  access: Pick<Access, 'may'>,
): MadeBy {
  return (id) => id === personId || access.may({ id }, conversation, 'approve-any');
}

export function createApprovalRules(database: Database, clock: Clock): ApprovalRules {
  const { orm } = database;
  const shown = { id: approvalRules.id, personId: approvalRules.personId };
  const inFolder = (folder: string, counts: MadeBy): readonly number[] =>
    orm
      .select(shown)
      .from(approvalRules)
      .where(eq(approvalRules.folder, folder))
      .all()
      .filter(({ personId }) => counts(personId))
      .map(({ id }) => id);
  const find: ApprovalRules['find'] = ({ folder, tool, pattern }, counts) =>
    orm
      .select(shown)
      .from(approvalRules)
      .where(
        and(
          eq(approvalRules.folder, folder),
          eq(approvalRules.tool, tool),
          eq(approvalRules.pattern, pattern),
        ),
      )
      .all()
      .find(({ personId }) => counts(personId))?.id ?? null;
  return {
    find,
    add: (scope, personId) => {
      const { folder, tool, pattern } = scope;
      return (
        find(scope, (id) => id === personId) ??
        orm
          .insert(approvalRules)
          .values({ folder, tool, pattern, personId, atMs: clock.now() })
          .returning({ id: approvalRules.id })
          .get().id
      );
    },
    countIn: (folder, counts) => inFolder(folder, counts).length,
    forget: (folder, whose) =>
      orm
        .delete(approvalRules)
        .where(inArray(approvalRules.id, [...inFolder(folder, whose)]))
        .run().changes,
  };
}
