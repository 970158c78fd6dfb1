import { secretsOf } from '../platform/configuration/complete-bot.ts';
import type { Configuration, Environment } from '../platform/configuration/load.ts';

/** What Claude Code and the cloud that it may be reached in are paid with. */
const OF_THE_AGENT = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AZURE_CLIENT_SECRET',
];

/** The secrets in the environment of the service. Those of the settings are not among them. */
export function secretsIn(environment: Environment): readonly string[] {
  return OF_THE_AGENT.flatMap((name) => environment[name] || []);
}

/** All of Claudio's own secrets: those of the settings, of every bot, and those in the environment. */
export function ownSecrets(configuration: Configuration): readonly string[] {
  return [...secretsOf(configuration), ...secretsIn(configuration.environment)];
}
