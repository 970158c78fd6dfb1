/** What a person is to a bot, from much to little. */
export const ROLES = ['owner', 'member', 'viewer'] as const;

export type Role = (typeof ROLES)[number];

/** Who asked where it was typed in a shell: the owner of the machine. No platform has such an id. */
export const SHELL_PERSON = 'shell';

/** A role in a sentence: `an owner`. */
export function aRole(role: Role): string {
  return `${role === 'owner' ? 'an' : 'a'} ${role}`;
}

/** Whether a role is worth at least as much as another. */
export function isAtLeast(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) <= ROLES.indexOf(least);
}
