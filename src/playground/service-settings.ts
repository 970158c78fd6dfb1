import { randomBytes } from 'node:crypto';
import { claudeEnvironment, MARKER_VARIABLE } from '../agent/claude/environment.ts';
import type { Environment as Variables } from '../platform/configuration/load.ts';
import type { Environment } from '../platform/process/environment.ts';
import { OWNER, type BotApiStandin } from './bot-api/bot-api.ts';
import { PLAYGROUND_VARIABLE, type ThrowAwayHome } from './home.ts';
import { LIFELINE_VARIABLE } from './lifeline.ts';

/** How many messages may wait in a conversation. */
export const QUEUE_SIZE = 5;

const SECRET_BYTES = 24;

/**
 * All of the environment of the service: its settings, and of the person's own what Claude Code gets, so
 * that it finds their login.
 *
 * @param parts.claudePath Absolute path of the program that answers.
 */
export function serviceEnvironment(parts: {
  readonly environment: Variables;
  readonly place: ThrowAwayHome;
  readonly api: Pick<BotApiStandin, 'root' | 'token'>;
  readonly port: number;
  readonly claudePath: string;
}): Environment {
  const { place, api, port } = parts;
  const { [MARKER_VARIABLE]: _, ...passed } = claudeEnvironment(parts.environment, '');
  return {
    ...passed,
    [PLAYGROUND_VARIABLE]: place.folder,
    [LIFELINE_VARIABLE]: '1',
    CLAUDIO_HOME: place.home,
    CLAUDE_BIN: parts.claudePath,
    CLAUDE_WORK_DIR: place.workDir,
    PORT: String(port),
    TELEGRAM_API_ROOT: api.root,
    TELEGRAM_BOT_TOKEN: api.token,
    TELEGRAM_CHAT_ID: String(OWNER.id),
    WEBHOOK_URL: `http://127.0.0.1:${port}`,
    WEBHOOK_SECRET: randomSecret(),
    WEBHOOK_RETRY_DELAY: '1',
    MAX_QUEUE_SIZE: String(QUEUE_SIZE),
    // What is learned here goes with the home: not worth asking the model for.
    MEMORY_DAILY_BUDGET: '0',
  };
}

/** Nothing that anybody could guess. */
export function randomSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}
