import { claudeEnvironment } from '../agent/claude/environment.ts';
import { locateClaude } from '../agent/claude/locate.ts';
import { readinessOf } from '../agent/claude/readiness.ts';
import { ClaudioError } from '../core/error.ts';
import type { Environment } from '../platform/configuration/load.ts';

/** Who answers: Claude Code, or the echo that is built in. */
export type AgentKind = 'echo' | 'claude';

/** Who answers here, and why. */
export type ChosenAgent =
  | {
      readonly kind: 'claude';
      /** Absolute path of Claude Code. */
      readonly programPath: string;
      readonly remedy: null;
    }
  | {
      readonly kind: 'echo';
      /** Why it is the echo and what to do about it, in a sentence or two; `null` where it was asked for. */
      readonly remedy: string | null;
    };

/** Half a second on most machines; Claude Code takes its time on one that is busy. */
const LIMIT_MS = 10_000;

/**
 * Chooses who answers. Claude Code is only asked whether it is there and logged in, which costs nothing.
 *
 * @param asked Who is wanted; left out: Claude Code where it is there and logged in, else the echo.
 * @param environment `CLAUDE_BIN` names the program where it is not to be looked for.
 * @throws ClaudioError `playground.no-claude`
 */
export async function chooseAgent(
  asked: AgentKind | undefined,
  environment: Environment,
): Promise<ChosenAgent> {
  if (asked === 'echo') return { kind: 'echo', remedy: null };
  const programPath = locateClaude(environment['CLAUDE_BIN'] || null, environment);
  const { remedy } = await readinessOf(
    programPath,
    claudeEnvironment(environment, 'readiness'),
    // It reads the settings that are where it runs: anybody could put some into the temporary folder.
    '/',
    AbortSignal.timeout(LIMIT_MS),
  );
  if (programPath !== null && remedy === null) return { kind: 'claude', programPath, remedy };
  const configured = environment['CLAUDE_BIN'];
  const why =
    programPath === null && configured
      ? `CLAUDE_BIN is ${configured}, where no program is. Correct it, or leave it out.`
      : (remedy ?? 'Claude Code was not found.');
  if (asked === 'claude') {
    throw new ClaudioError({
      code: 'playground.no-claude',
      message: 'Claude Code cannot answer in the playground.',
      hint: `${why} Without it, the echo answers: \`--agent echo\`.`,
    });
  }
  return { kind: 'echo', remedy: `${why} Then start the playground again to talk to Claude.` };
}
