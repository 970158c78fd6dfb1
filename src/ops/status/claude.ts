import { z } from 'zod';
import { claudeEnvironment } from '../../agent/claude/environment.ts';
import { locateClaude } from '../../agent/claude/locate.ts';
import { readinessOf } from '../../agent/claude/readiness.ts';
import type { AgentReadiness } from '../../core/agent.ts';
import type { Finding } from '../../core/finding.ts';
import type { View } from './site.ts';

const NAME = 'claude';
const LIMIT_MS = 4000;

const checkSchema = z.looseObject({
  ok: z.boolean(),
  found: z.boolean(),
  version: z.string().nullable(),
  loggedIn: z.boolean().nullable(),
  remedy: z.string().optional(),
});

/** Whether Claude Code is there and logged in: as the service sees it, or as it is seen from here. */
export async function claudeFinding(view: View): Promise<Finding> {
  const seen = checkSchema.safeParse(view.report?.checks['claude']);
  if (!seen.success) return findingOf(await askClaude(view));
  return findingOf({ ...seen.data, remedy: seen.data.remedy ?? null });
}

/** Asks the program itself, as the service would run it. */
export async function askClaude({ host, configuration }: View): Promise<AgentReadiness> {
  return await readinessOf(
    locateClaude(configuration.settings.CLAUDE_BIN ?? null, host.environment),
    claudeEnvironment(host.environment, 'readiness'),
    // It reads the settings that are where it runs: anybody could put some into the temporary folder.
    '/',
    AbortSignal.timeout(LIMIT_MS),
  );
}

export function findingOf({ found, version, loggedIn, remedy }: AgentReadiness): Finding {
  const login = { true: 'logged in', false: 'not logged in', null: 'login unknown' }[
    String(loggedIn) as 'true' | 'false' | 'null'
  ];
  const text = found
    ? `${version === null ? 'does not answer' : `version ${version}`}, ${login}`
    : 'not found';
  return remedy === null
    ? { name: NAME, state: 'ok', text }
    : { name: NAME, state: 'failed', text, remedy };
}
