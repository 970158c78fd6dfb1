import type { Role } from '../core/role.ts';

/** All that somebody can want of a bot. */
export const ACTIONS = [
  /** See how things stand: help, status, queue, usage, what is remembered. */
  'look',
  /** Have Claude answer. What Claude may do for them is another matter, see `policy.json`. */
  'ask',
  /** Stop, cancel, discard, begin anew what they asked for themselves. */
  'steer-own',
  /** The same for what others asked for. */
  'steer-any',
  /** Choose for the conversation: model, project, mode, progress, a fresh start. */
  'choose',
  /** Have something remembered or forgotten. */
  'remember',
  /** Answer what Claude asks. */
  'answer',
  /** Allow or deny a use of a tool in what they asked for themselves. */
  'approve-own',
  /** The same in what others asked for. */
  'approve-any',
  /** Have something run against a rule of the policy; choose a looser mode than is configured. */
  'override',
  /** Decide who has which role, what is listened to. */
  'administer',
] as const;

export type Action = (typeof ACTIONS)[number];

/** What a role may do: the one place that says so. */
const MAY: Readonly<Record<Role, ReadonlySet<Action>>> = {
  owner: new Set(ACTIONS),
  member: new Set(['look', 'ask', 'steer-own', 'choose', 'remember', 'answer', 'approve-own']),
  viewer: new Set(['look', 'ask', 'steer-own']),
};

/** Whether a role may do something; who has none may do nothing. */
export function mayDo(role: Role | null, action: Action): boolean {
  return role !== null && MAY[role].has(action);
}
