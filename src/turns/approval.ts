import type { approvals } from '../../drizzle/schema.ts';
import type { Button } from '../core/channel.ts';
import type { Conversation } from '../core/conversation.ts';
import type { Subject } from './approval-subject.ts';

/** The verb of the buttons below what waits to be allowed: `approve:<id>.<once|turn|project|deny>`. */
export const APPROVE = 'approve';

/** How far a permission reaches: this use, others in this attempt at the turn, all in the folder. */
export const REACHES = ['once', 'turn', 'project'] as const;
export type Reach = (typeof REACHES)[number];

const LABELS: Readonly<Record<Reach, string>> = {
  once: '✅ Allow',
  turn: 'Allow for this turn',
  project: 'Always for this project',
};

export type StoredApproval = typeof approvals.$inferSelect;

/** The attempt at a turn that wants to use a tool. */
export interface Applicant {
  readonly turnId: number;
  /** From 1. */
  readonly attempt: number;
  readonly conversation: Conversation;
  /** Who asked for the turn; `null`: nobody knows any more. */
  readonly personId: string | null;
  /** Absolute, with links resolved. */
  readonly folder: string;
}

/** What is to be decided. */
export interface Application {
  readonly tool: string;
  readonly subject: Subject;
  readonly inputDigest: string;
}

/** What somebody said to it. */
export type Decision =
  | { readonly kind: 'allowed'; readonly reach: Reach }
  /** `reason`: in their words. */
  | { readonly kind: 'denied'; readonly reason: string | null };

/** What came of it for whoever waits. */
export type Verdict = (Decision & { readonly by: string }) | { readonly kind: 'withdrawn' };

/** One that waits to be decided. */
export interface OpenApproval {
  readonly id: number;
  readonly turnId: number;
  readonly tool: string;
  /** Who asked for the turn; `null`: nobody knows any more. */
  readonly askerId: string | null;
  readonly askedAtMs: number;
}

/** What came of it as the row says; `null` while it is open. */
export function verdictOf(row: StoredApproval | undefined): Verdict | null {
  const by = row?.decidedBy ?? '';
  switch (row?.status) {
    case 'open':
      return null;
    case 'allowed':
      return { kind: 'allowed', reach: row.reach ?? 'once', by };
    case 'denied':
      return { kind: 'denied', reason: row.reason, by };
    case 'withdrawn':
    case undefined:
      return { kind: 'withdrawn' };
  }
}

/** How much nobody sees: what is left of the text, its marks aside, is shorter by that. */
export function hiddenNote(given: string, shown: string): string {
  const hiddenLength = withoutMarks(given).length - withoutMarks(shown).length;
  return `⚠️ ${hiddenLength} characters of it are hidden, because they look like a key. If you do not know what stands there, deny it.`;
}

function withoutMarks(text: string): string {
  return text.replaceAll(/‹masked: [^›]*›/gu, '');
}

/** The buttons below what waits. */
export function buttonsOf(id: number, reaches: readonly Reach[]): readonly (readonly Button[])[] {
  const button = (reach: Reach): Button => ({
    label: LABELS[reach],
    data: `${APPROVE}:${id}.${reach}`,
  });
  const deny = { label: '🚫 Deny', data: `${APPROVE}:${id}.deny` };
  const further = reaches.filter((reach) => reach !== 'once');
  return [[button('once'), deny], ...further.map((reach) => [button(reach)])];
}
