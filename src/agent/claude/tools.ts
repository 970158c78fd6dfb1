/** How Claude calls the tools that Claudio itself offers: `mcp__claudio__send_message`. */
export const OWN_TOOL_PREFIX = 'mcp__claudio__';

/** What Claude may use, unasked, unless it is set otherwise. */
export const DEFAULT_TOOLS: readonly string[] = [
  'Read',
  'Write',
  'Edit',
  'Bash',
  'Glob',
  'Grep',
  'WebFetch',
  'WebSearch',
  'Task',
  'TaskOutput',
  'TaskStop',
  'TodoWrite',
];

const LOOKS_ONLY: ReadonlySet<string> = new Set([
  'Read',
  'Glob',
  'Grep',
  'LS',
  'WebFetch',
  'WebSearch',
  'TaskOutput',
  'TodoWrite',
  `${OWN_TOOL_PREFIX}search_history`,
  `${OWN_TOOL_PREFIX}recall`,
]);

/**
 * Whether a use of this tool can have changed something outside of the conversation, so that the same
 * prompt may not be run a second time unasked. A tool that is not known counts as one that can.
 */
export function canChangeThings(tool: string): boolean {
  return !LOOKS_ONLY.has(tool);
}

/** What reads files by their paths. */
export const READS_FILES: ReadonlySet<string> = new Set(['Read', 'Glob', 'Grep', 'LS']);

/** What writes files by their paths. */
export const CHANGES_FILES: ReadonlySet<string> = new Set([
  'Edit',
  'Write',
  'MultiEdit',
  'NotebookEdit',
]);

/** What only hands work on, or ends it: whatever is done behind it is looked at by itself. */
const HANDS_ON: ReadonlySet<string> = new Set(['Task', 'Agent', 'TaskStop']);

/** Whether a person who wants to be asked is asked about each use of this tool. */
export function isAskedAbout(tool: string): boolean {
  return canChangeThings(tool) && !HANDS_ON.has(tool);
}

/** The name in an entry of a list of tools: `Bash` of `Bash(git log:*)`. */
export function toolName(entry: string): string {
  return entry.replace(/\(.*$/s, '');
}
