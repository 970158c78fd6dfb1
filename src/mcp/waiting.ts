import type { ServerContext } from '@modelcontextprotocol/server';
import type { ToolContext } from './context.ts';

/**
 * Waits for a person, for as long as it takes: nobody is shown to be typing meanwhile, and the program
 * that called is told that the call is alive. Several calls may wait at a time.
 *
 * @param wait Given a signal that aborts when the tools are closed, or the program gives the call up.
 */
export async function waitForPerson<T>(
  context: ToolContext,
  call: ServerContext,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { waiting, user } = context;
  waiting.count += 1;
  if (waiting.count === 1) user.waits(true);
  const stopSigns = giveSigns(context, call);
  try {
    return await wait(AbortSignal.any([context.closed, call.mcpReq.signal]));
  } finally {
    stopSigns();
    waiting.count -= 1;
    if (waiting.count === 0) user.waits(false);
  }
}

/** Tells a program that wants to know that the call is alive. Returns what ends it. */
function giveSigns({ keepAliveMs, log }: ToolContext, { mcpReq }: ServerContext): () => void {
  const { _meta: meta } = mcpReq;
  const progressToken = meta?.progressToken;
  if (progressToken === undefined) return () => undefined;
  let progress = 0;
  const timer = setInterval(() => {
    progress += 1;
    mcpReq
      .notify({
        method: 'notifications/progress',
        params: { progressToken, progress, message: 'Waiting for the person' },
      })
      .catch((error: unknown) => log.debug({ err: error }, 'tool.sign-failed'));
  }, keepAliveMs);
  return () => clearInterval(timer);
}
