import type { CallToolResult } from '@modelcontextprotocol/server';
import type { ToolContext } from './context.ts';

export const OVER = 'This turn is over: nothing more can be done for it.';

export function done(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}

/** @param reason A sentence from which the model learns what to do otherwise. */
export function refused(reason: string): CallToolResult {
  return { content: [{ type: 'text', text: reason }], isError: true };
}

/** Runs a tool. A fault of ours, such as a full disk, is logged and told as a refusal. */
export async function guarded(
  context: ToolContext,
  tool: string,
  work: () => CallToolResult | Promise<CallToolResult>,
): Promise<CallToolResult> {
  if (context.closed.aborted) return refused(OVER);
  try {
    return await work();
  } catch (error) {
    context.log.error({ turn: context.user.turnId, tool, err: error }, 'tool.broken');
    return refused(`${tool} did not work: something is wrong on this machine. Try once more.`);
  }
}
