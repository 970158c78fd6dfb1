import type { Check, CheckResult } from '../http/health.ts';

/**
 * The checks of several bots as one, which names the bot that is not well. That of the only bot there is
 * stays as it is.
 */
export async function together(
  bots: readonly { readonly name: string; readonly check: Check }[],
): Promise<CheckResult> {
  const results = await Promise.all(
    bots.map(async ({ name, check }) => ({ name, result: await check() })),
  );
  const [only] = results;
  if (only !== undefined && results.length === 1) return only.result;
  const unwell = results.find(({ result }) => !result.ok);
  const shown = unwell ?? only;
  return {
    ok: unwell === undefined,
    ...(unwell === undefined ? {} : told(unwell)),
    state: shown?.result['state'] ?? 'unknown',
    pendingCount: results.reduce((sum, { result }) => sum + countOf(result['pendingCount']), 0),
    lastError:
      results.map(({ result }) => result['lastError'] ?? null).find((one) => one !== null) ?? null,
    bots: results.map(({ name, result }) => ({ name, ...result })),
  };
}

/** Why it is not well, with the name of the bot before it. */
function told({ name, result }: { readonly name: string; readonly result: CheckResult }) {
  const { reason, remedy } = result;
  return {
    ...(typeof reason === 'string' ? { reason: `the bot ${name}: ${reason}` } : {}),
    ...(remedy === undefined ? {} : { remedy: `The bot ${name}: ${remedy}` }),
  };
}

function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
