/** The person's own settings stay, since they may hold how to log in. */
const APART: readonly string[] = [
  '--strict-mcp-config',
  '--setting-sources=user',
  '--settings={"disableAllHooks":true}',
];

/**
 * Builds the argument vector. Neither prompt is in it, since every user of the machine can read it: the
 * turn's goes through standard input, the addition to the system prompt through a file, and so does the
 * address of the tool server with its token. Every value is joined to its flag by `=`, because some flags
 * take all words that follow them, and because a value that starts with a dash would be taken for a flag.
 *
 * @param options.tools Names (`Read`), or a name with what it may be used for: `Bash(git log:*)`.
 *
 * Source: `claude --help` of 2.1.329; `--append-system-prompt-file` and
 * `--system-prompt-file` are hidden options of it. A program without them exits with 1 and says so on
 * standard error.
 */
export function claudeArguments(options: {
  readonly model: string;
  readonly tools: readonly string[];
  /** Whether what the person has set up does not count, and the system prompt is all that there is of one. */
  readonly isApart?: boolean;
  /** Absolute, or `null` where nothing is added. */
  readonly systemPromptPath: string | null;
  /** Absolute paths of folders that may be read besides the working folder. */
  readonly readableDirs: readonly string[];
  /** All of its tools may be used, unasked; those of the person's own servers stay as they are. */
  readonly toolServer: { readonly name: string; readonly configPath: string } | null;
}): string[] {
  const { tools, toolServer, isApart = false } = options;
  // Which tools there are goes by name alone; a pattern would take the tool away.
  const names = new Set(tools.map((tool) => tool.replace(/\(.*$/, '')));
  const allowed = toolServer === null ? tools : [...tools, `mcp__${toolServer.name}__*`];
  return [
    '-p',
    '--output-format=stream-json',
    '--verbose',
    // The pieces of a long answer are its only sign of life while it is being written.
    '--include-partial-messages',
    `--model=${options.model}`,
    `--tools=${[...names].join(',')}`,
    ...(allowed.length === 0 ? [] : [`--allowedTools=${allowed.join(',')}`]),
    '--disable-slash-commands',
    '--no-chrome',
    '--no-session-persistence',
    ...options.readableDirs.map((dir) => `--add-dir=${dir}`),
    ...(toolServer === null ? [] : [`--mcp-config=${toolServer.configPath}`]),
    ...(options.systemPromptPath === null
      ? []
      : [`--${isApart ? '' : 'append-'}system-prompt-file=${options.systemPromptPath}`]),
    ...(isApart ? APART : []),
  ];
}
