import { z } from 'zod';
import type { AgentReadiness } from '../../core/agent.ts';
import type { Environment } from '../../platform/process/environment.ts';
import { runToEnd } from '../../platform/process/capture.ts';

/** `claude --version` takes about 0.1 s, `claude auth status` 0.3 s. */
const LIMIT_MS = 10_000;

const authSchema = z.looseObject({ loggedIn: z.boolean() });

/**
 * Looks at the program: is it there, which version, is someone logged in. A login is not tried out: that
 * would cost a request to the model.
 *
 * @param programPath Absolute, or `null` where it was not found.
 * @param env The environment of a run; credentials in it count as a login.
 */
export async function readinessOf(
  programPath: string | null,
  env: Environment,
  cwd: string,
  signal: AbortSignal,
): Promise<AgentReadiness> {
  const ask = (...args: string[]): Promise<string | null> =>
    programPath === null
      ? Promise.resolve(null)
      : runToEnd({ file: programPath, args, cwd, env, stdin: '' }, LIMIT_MS, signal);
  const [versionText, authText] = await Promise.all([ask('--version'), ask('auth', 'status')]);
  const version = /\d+\.\d+\.\d+\S*/.exec(versionText ?? '')?.[0] ?? null;
  const loggedIn = readLogin(authText ?? '');
  const found = programPath !== null;
  return { found, version, loggedIn, remedy: remedyOf(found, version, loggedIn) };
}

/** Older versions have no such command: then nothing can be told. */
function readLogin(text: string): boolean | null {
  const json = /\{[^]*\}/.exec(text)?.[0];
  if (json === undefined) return null;
  try {
    const parsed = authSchema.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data.loggedIn : null;
  } catch {
    return null;
  }
}

function remedyOf(found: boolean, version: string | null, loggedIn: boolean | null): string | null {
  if (!found) {
    return 'Claude Code was not found. Install it (https://code.claude.com/docs/en/setup) or set CLAUDE_BIN to where it is.';
  }
  if (version === null) {
    return 'The program does not answer to --version as Claude Code does. Run `claude --version`, and check CLAUDE_BIN.';
  }
  if (loggedIn === false) return 'Claude Code is not logged in. Run `claude` once and log in.';
  return null;
}
