import type { Role } from '../core/role.ts';
import type { RolePolicy } from './policy-file.ts';

/** What somebody gets who may only look. Not `WebFetch`: an address can carry away what was read. */
const TOOLS_TO_LOOK: readonly string[] = ['Read', 'Glob', 'Grep', 'WebSearch', 'TodoWrite'];

/** What can be kept to folders, or touches no files at all: a command of a shell goes anywhere. */
const TOOLS_WITH_BOUNDS: readonly string[] = [
  ...TOOLS_TO_LOOK,
  'LS',
  'Write',
  'Edit',
  'NotebookEdit',
  'WebFetch',
  'Task',
  'TaskOutput',
  'TaskStop',
];

/**
 * The only tools that Claude gets for a role; `null`: all that there are.
 *
 * @param isSandboxed Whether commands see no other folders either.
 */
export function toolsOf(
  role: Role,
  policy: RolePolicy | undefined,
  isSandboxed: boolean,
): readonly string[] | null {
  if (policy?.tools !== undefined) return policy.tools;
  if (role === 'viewer') return TOOLS_TO_LOOK;
  return policy?.folders === undefined || isSandboxed ? null : TOOLS_WITH_BOUNDS;
}

/**
 * What two lists of tools have in common, where `null` is the list of all. A name stands for every use
 * of a tool, a name with a pattern for some of them: of `Bash` and `Bash(git log:*)` the latter remains;
 * of two different patterns, nobody can tell, neither does.
 */
export function toolsInCommon(
  one: readonly string[] | null,
  other: readonly string[] | null,
): readonly string[] | null {
  if (one === null) return other;
  if (other === null) return one;
  return [...new Set([...kept(one, other), ...kept(other, one)])];
}

function kept(tools: readonly string[], within: readonly string[]): readonly string[] {
  return tools.filter((tool) => within.includes(tool) || within.includes(nameOf(tool)));
}

function nameOf(tool: string): string {
  return tool.replace(/\(.*$/su, '');
}
