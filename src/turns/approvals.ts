import { and, desc, eq, sql } from 'drizzle-orm';
import { approvals, conversations, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Person } from '../core/inbound.ts';
import { type Mask, maskKeys } from '../core/mask.ts';
import type { Outbox } from '../outbox/append.ts';
import { messageWithButton } from '../outbox/shown.ts';
import type { Database } from '../platform/database/open.ts';
import type { Access } from '../policy/access.ts';
import type { Audit } from '../policy/audit.ts';
import { type ApprovalRules, countsFor } from './approval-rules.ts';
import {
  APPROVE,
  REACHES,
  buttonsOf,
  hiddenNote,
  verdictOf,
  type Applicant,
  type Application,
  type Decision,
  type OpenApproval,
  type StoredApproval,
  type Verdict,
} from './approval.ts';
import { createWaits } from './waits.ts';

/**
 * Uses of tools that Claude asks to be allowed. What is asked and decided stands in the rows alone, and
 * counts only while the attempt runs that asked and waits for it: nothing is ever allowed afterwards.
 */
export interface Approvals {
  /**
   * Whether it is allowed already: for this turn, or always in this folder. Notes it, where it is. To be
   * called in a transaction with {@link Approvals.ask}.
   */
  isAllowed(applicant: Applicant, application: Application): boolean;
  /** Asks, in one transaction with the message that shows it. @returns The id. */
  ask(applicant: Applicant, application: Application): number;
  /**
   * Takes a decision down. To be called in the transaction of the update that brought it; afterwards
   * {@link wake} tells whoever waits. That the person may decide is for the caller to see to.
   *
   * @returns `gone` where nobody waits for it, or it cannot be allowed as far as that.
   */
  decide(id: number, decision: Decision, by: Person): 'decided' | 'gone';
  get(id: number): (StoredApproval & { readonly askerId: string | null }) | null;
  /** The newest in a conversation that is waited for. */
  openFor(conversationId: string): OpenApproval | null;
  /** What a turn waits for, as it was shown: the newest. */
  openOf(turnId: number): StoredApproval | null;
  /** The platform's id of the message that shows it, as soon as it has gone out. */
  shownAs(id: number): string | null;
  /** Takes back what is open of a turn that is over or begins anew, and its buttons where it was shown. */
  withdraw(turnId: number): void;
  /** Takes back one that is no longer wanted. */
  withdrawOne(id: number): void;
  /** Resolves with what was decided; with `withdrawn` when nothing will be, or `signal` aborts. */
  waitFor(id: number, signal: AbortSignal): Promise<Verdict>;
  /** Has all who wait look again. To be called after a commit that may have decided something. */
  wake(): void;
}

// As the partial index has it.
const OPEN = sql`${approvals.status} = 'open'`;

export function createApprovals(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly audit: Audit;
  readonly rules: ApprovalRules;
  readonly access: Pick<Access, 'may'>;
  readonly mask?: Mask;
}): Approvals {
  const { database, clock, outbox, rules, mask = maskKeys } = parts;
  const { orm } = database;
  const { isWaitedFor, ...waits } = createWaits();

  const audit = (
    { turnId, conversation }: Pick<Applicant, 'turnId'> & { conversation: { id: string } },
    event: 'asked' | 'allowed' | 'denied',
    personId: string,
    details: Readonly<Record<string, string | number>>,
  ): void => {
    parts.audit.write({
      event: `approval.${event}`,
      conversationId: conversation.id,
      personId,
      turnId,
      ...(event === 'asked' ? {} : { decision: event }),
      details,
    });
  };

  const select = () =>
    orm
      .select({ approval: approvals, askerId: turns.personId, turn: turns })
      .from(approvals)
      .innerJoin(turns, eq(turns.id, approvals.turnId));

  // Each message is first held against what waits.
  const openIn = select()
    .where(and(eq(approvals.conversationId, sql.placeholder('conversationId')), OPEN))
    .orderBy(desc(approvals.id))
    .prepare();

  const found = (id: number) => select().where(eq(approvals.id, id)).get();

  /** Whether the attempt that asked still waits for it. */
  const isPending = ({ approval, turn }: NonNullable<ReturnType<typeof found>>): boolean =>
    approval.status === 'open' &&
    turn.status === 'running' &&
    turn.stopRequestedAtMs === null &&
    turn.attemptCount === approval.attempt &&
    isWaitedFor(approval.id);

  const shownAs = ({ id, conversationId, askedAtMs: sinceMs }: StoredApproval): string | null =>
    messageWithButton(database, { conversationId, data: `${APPROVE}:${id}.deny`, sinceMs });

  const withdrawWhere = (which: ReturnType<typeof eq>): void => {
    const withdrawn = orm
      .update(approvals)
      .set({ status: 'withdrawn' })
      .where(and(which, OPEN))
      .returning()
      .all();
    for (const approval of withdrawn) {
      const messageId = shownAs(approval);
      const { conversationId: of, subject } = approval;
      const place = orm.select().from(conversations).where(eq(conversations.id, of)).get();
      if (messageId === null || place === undefined) continue;
      const { id, destination, channel, chat, thread } = place;
      const markdown = `${subject}\n\n**⌛ No longer asked.**`;
      const conversation = { id, destination, channel, chat, thread };
      outbox.edit(conversation, { messageId, markdown, buttons: [] });
    }
  };

  return {
    isAllowed: (applicant, { tool, subject, inputDigest }) => {
      if (subject.further === null) return false;
      const scope = { folder: applicant.folder, tool: subject.tool, pattern: subject.pattern };
      const { personId, conversation } = applicant;
      const rule = rules.find(scope, countsFor(personId, conversation, parts.access));
      if (rule !== null) {
        audit(applicant, 'allowed', '', { tool, inputDigest, reach: 'project', rule });
        return true;
      }
      const earlier = orm
        .select({ id: approvals.id })
        .from(approvals)
        .where(
          and(
            eq(approvals.turnId, applicant.turnId),
            eq(approvals.attempt, applicant.attempt),
            eq(approvals.status, 'allowed'),
            eq(approvals.reach, 'turn'),
            eq(approvals.tool, subject.tool),
          ),
        )
        .limit(1)
        .get();
      if (earlier === undefined) return false;
      audit(applicant, 'allowed', '', { tool, inputDigest, reach: 'turn', approval: earlier.id });
      return true;
    },

    ask: (applicant, { tool, subject, inputDigest }) =>
      database.transaction(() => {
        const { turnId, attempt, conversation } = applicant;
        const shown = mask(subject.markdown);
        // What nobody sees may be anything: what looks like a key can be a part of a command.
        const further = shown.maskedCount === 0 ? subject.further : null;
        const { id } = orm
          .insert(approvals)
          .values({
            conversationId: conversation.id,
            turnId,
            attempt,
            tool: subject.tool,
            subject: shown.text,
            inputDigest,
            // Without a folder nothing further can be allowed.
            folder: further === null ? '' : applicant.folder,
            pattern: subject.pattern,
            status: 'open',
            askedAtMs: clock.now(),
          })
          .returning({ id: approvals.id })
          .get();
        const markdown = [
          shown.text,
          ...(shown.maskedCount === 0 ? [] : [hiddenNote(subject.markdown, shown.text)]),
          ...(further === null ? [] : [`_${further}_`]),
        ].join('\n\n');
        const buttons = buttonsOf(id, further === null ? ['once'] : REACHES);
        outbox.say(conversation, { markdown, replyTo: null, buttons }, turnId);
        audit(applicant, 'asked', '', { tool, inputDigest, approval: id });
        return id;
      }),

    decide: (id, decision, by) =>
      database.transaction(() => {
        const row = found(id);
        if (row === undefined || !isPending(row)) return 'gone';
        const { tool, folder, pattern, inputDigest, turnId, conversationId } = row.approval;
        const reach = decision.kind === 'allowed' ? decision.reach : null;
        if (folder === '' && reach !== null && reach !== 'once') return 'gone';
        orm
          .update(approvals)
          .set({
            status: decision.kind,
            reach,
            reason:
              decision.kind === 'denied' && decision.reason !== null
                ? mask(decision.reason).text
                : null,
            decidedById: by.id,
            decidedBy: by.name,
            decidedAtMs: clock.now(),
          })
          .where(and(eq(approvals.id, id), OPEN))
          .run();
        const rule = reach === 'project' ? rules.add({ folder, tool, pattern }, by.id) : null;
        audit({ turnId, conversation: { id: conversationId } }, decision.kind, by.id, {
          tool,
          inputDigest,
          approval: id,
          ...(reach === null ? {} : { reach }),
          ...(rule === null ? {} : { rule }),
        });
        return 'decided';
      }),

    get: (id) => {
      const row = found(id);
      return row === undefined ? null : { ...row.approval, askerId: row.askerId };
    },

    openFor: (conversationId) => {
      if (!waits.isAnybodyThere()) return null;
      const row = openIn.all({ conversationId }).find(isPending);
      if (row === undefined) return null;
      const { id, turnId, tool, askedAtMs } = row.approval;
      return { id, turnId, tool, askedAtMs, askerId: row.askerId };
    },

    openOf: (turnId) =>
      orm
        .select()
        .from(approvals)
        .where(and(eq(approvals.turnId, turnId), OPEN))
        .orderBy(desc(approvals.id))
        .limit(1)
        .get() ?? null,

    shownAs: (id) => {
      const row = found(id);
      return row === undefined ? null : shownAs(row.approval);
    },
    withdraw: (turnId) => withdrawWhere(eq(approvals.turnId, turnId)),
    withdrawOne: (id) => withdrawWhere(eq(approvals.id, id)),

    waitFor: (id, signal) =>
      waits.until(id, signal, () => {
        if (signal.aborted) return { found: { kind: 'withdrawn' } };
        const row = orm.select().from(approvals).where(eq(approvals.id, id)).get();
        const verdict = verdictOf(row);
        return verdict === null ? null : { found: verdict };
      }),

    wake: waits.wake,
  };
}
