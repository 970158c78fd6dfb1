import type { Permissions } from './permissions.ts';

/** The person's own settings stay, since they may hold how to log in. */
const APART: readonly string[] = [
  '--strict-mcp-config',
  '--setting-sources=user',
  '--settings={"disableAllHooks":true}',
];

/** Whatever mode the person's own settings begin with. */
const STRICT: readonly string[] = ['--permission-mode=default', '--setting-sources=user'];

/**
 * Builds the argument vector. Neither prompt is in it, since every user of the machine can read it: the
 * turn's goes through standard input, the addition to the system prompt through a file, and so does the
 * address of the tool server with its token. Every value is joined to its flag by `=`, because some flags
 * take all words that follow them, and because a value that starts with a dash would be taken for a flag.
 *
 * Source: `claude --help` of 2.1.329; `--append-system-prompt-file`, `--system-prompt-file` and
 * `--permission-prompt-tool` are hidden options of it. A program without them exits with 1 and says so on
 * standard error.
 */
export function claudeArguments(options: {
  readonly model: string;
  readonly permissions: Permissions;
  /** Whether what the person has set up does not count, and the system prompt is all that there is of one. */
  readonly isApart?: boolean;
  /** Absolute, or `null` where nothing is added. */
  readonly systemPromptPath: string | null;
  /** Absolute, or `null` where there are none. */
  readonly settingsPath: string | null;
  /** Absolute paths of folders that may be read besides the working folder. */
  readonly readableDirs: readonly string[];
  /** All of its tools may be used, unasked; those of the person's own servers stay as they are. */
  readonly toolServer: {
    readonly name: string;
    readonly configPath: string;
    readonly approvalTool?: string;
  } | null;
}): string[] {
  const { permissions, toolServer, isApart = false } = options;
  const { names, allowed, disallowed } = permissions;
  const approvalTool = toolServer?.approvalTool;
  return [
    '-p',
    '--output-format=stream-json',
    '--verbose',
    // The pieces of a long answer are its only sign of life while it is being written.
    '--include-partial-messages',
    `--model=${options.model}`,
    `--tools=${names.join(',')}`,
    ...(allowed.length === 0 ? [] : [`--allowedTools=${allowed.join(',')}`]),
    ...(disallowed.length === 0 ? [] : [`--disallowedTools=${disallowed.join(',')}`]),
    '--disable-slash-commands',
    '--no-chrome',
    '--no-session-persistence',
    ...options.readableDirs.map((dir) => `--add-dir=${dir}`),
    ...(toolServer === null ? [] : [`--mcp-config=${toolServer.configPath}`]),
    ...(toolServer === null || approvalTool === undefined
      ? []
      : [`--permission-prompt-tool=mcp__${toolServer.name}__${approvalTool}`]),
    ...(options.systemPromptPath === null
      ? []
      : [`--${isApart ? '' : 'append-'}system-prompt-file=${options.systemPromptPath}`]),
    ...(permissions.isStrict && !isApart ? STRICT : []),
    ...(permissions.hasOtherServers || isApart ? [] : ['--strict-mcp-config']),
    ...(options.settingsPath === null ? [] : [`--settings=${options.settingsPath}`]),
    ...(isApart ? APART : []),
  ];
}
