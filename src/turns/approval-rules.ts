import { and, count, eq } from 'drizzle-orm';
import { approvalRules } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';

/** What is always allowed somewhere. */
export interface RuleScope {
  /** Absolute, with links resolved. */
  readonly folder: string;
  /** `Edit` stands for every tool that changes files. */
  readonly tool: string;
  /** The very command; empty: every use of the tool. */
  readonly pattern: string;
}

/** What people said is always allowed in a folder. */
export interface ApprovalRules {
  /** The id of the rule for just this, or `null`. */
  find(scope: RuleScope): number | null;
  /** Adds a rule, or finds the one that there is. @returns Its id. */
  add(scope: RuleScope, personId: string): number;
  countIn(folder: string): number;
  /** Forgets those of a folder. @returns How many. */
  forget(folder: string): number;
}

export function createApprovalRules(database: Database, clock: Clock): ApprovalRules {
  const { orm } = database;
  const find: ApprovalRules['find'] = ({ folder, tool, pattern }) =>
    orm
      .select({ id: approvalRules.id })
      .from(approvalRules)
      .where(
        and(
          eq(approvalRules.folder, folder),
          eq(approvalRules.tool, tool),
          eq(approvalRules.pattern, pattern),
        ),
      )
      .get()?.id ?? null;
  return {
    find,
    add: (scope, personId) => {
      const { folder, tool, pattern } = scope;
      return (
        find(scope) ??
        orm
          .insert(approvalRules)
          .values({ folder, tool, pattern, personId, atMs: clock.now() })
          .returning({ id: approvalRules.id })
          .get().id
      );
    },
    countIn: (folder) =>
      orm
        .select({ count: count() })
        .from(approvalRules)
        .where(eq(approvalRules.folder, folder))
        .get()?.count ?? 0,
    forget: (folder) =>
      orm.delete(approvalRules).where(eq(approvalRules.folder, folder)).run().changes,
  };
}
