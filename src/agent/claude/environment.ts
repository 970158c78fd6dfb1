import { childEnvironment, type Environment } from '../../platform/process/environment.ts';

/** The variable that marks every process of a run. */
export const MARKER_VARIABLE = 'CLAUDIO_TURN';

/** What any program needs on a person's machine, and nothing that opens another service. */
const MACHINE = [
  'HOME',
  'PATH',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_*',
  'TZ',
  'TMPDIR',
  'XDG_*',
  'SSH_AUTH_SOCK',
  '__CF_USER_TEXT_ENCODING',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'all_proxy',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/**
 * What Claude Code itself reads.
 *
 * Source: https://code.claude.com/docs/en/env-vars
 */
const CLAUDE = [
  'ANTHROPIC_*',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CONFIG_DIR',
  'CLAUDE_CODE_USE_*',
  'CLAUDE_CODE_SKIP_*',
  'CLAUDE_CODE_CLIENT_*',
  'CLAUDE_CODE_CERT_STORE',
  'API_TIMEOUT_MS',
  'CLAUDE_CODE_MAX_OUTPUT_TOKENS',
  'MAX_THINKING_TOKENS',
  'BASH_DEFAULT_TIMEOUT_MS',
  'BASH_MAX_TIMEOUT_MS',
  'BASH_MAX_OUTPUT_LENGTH',
];

/** Credentials of a cloud pass only where Claude Code is told to reach its models there. */
const CLOUDS: readonly { readonly flag: string; readonly names: readonly string[] }[] = [
  { flag: 'CLAUDE_CODE_USE_BEDROCK', names: ['AWS_*'] },
  {
    flag: 'CLAUDE_CODE_USE_VERTEX',
    names: ['GOOGLE_*', 'GCLOUD_PROJECT', 'CLOUD_ML_REGION', 'CLOUDSDK_*', 'VERTEX_*'],
  },
  { flag: 'CLAUDE_CODE_USE_FOUNDRY', names: ['AZURE_*'] },
];

/** What makes Claude Code behave as a service needs it; each was seen to work in 2.1.329. */
const SETTINGS: Environment = {
  TERM: 'dumb',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_TELEMETRY: '1',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  CLAUDE_CODE_MAX_RETRIES: '3',
  // A tool that hides behind a search is one that the model forgets.
  ENABLE_TOOL_SEARCH: 'false',
  // A command in the background would hold the process open after the answer.
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
  CLAUDE_CODE_DISABLE_FILE_MENTIONS: '1',
};

/** What a run apart from the person's own work has set as well; seen to work in 2.1.329. */
export const APART_ENVIRONMENT: Environment = { CLAUDE_CODE_DISABLE_CLAUDE_MDS: '1' };

/**
 * What a run has set as well whose folder has no say in what may be done: the `CLAUDE.md` of a further
 * folder counts, and each command begins in the working folder. Both were seen to work in 2.1.329.
 */
export const STRICT_ENVIRONMENT: Environment = {
  CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: '1',
  CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR: '1',
};

/**
 * All of the environment of a run, and of every command that Claude runs in it.
 *
 * @param source The service's own environment: nothing passes that is not named here.
 * @param extra Set over everything else but the marker.
 */
export function claudeEnvironment(
  source: Readonly<Record<string, string | undefined>>,
  marker: string,
  extra: Environment = {},
): Environment {
  const clouds = CLOUDS.filter(({ flag }) => (source[flag] ?? '') !== '');
  const allowed = [...MACHINE, ...CLAUDE, ...clouds.flatMap(({ names }) => names)];
  return childEnvironment(source, allowed, { ...SETTINGS, ...extra, [MARKER_VARIABLE]: marker });
}
