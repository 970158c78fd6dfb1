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
