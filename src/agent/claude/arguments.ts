/** The longest argument that Linux takes is 131,072 bytes with its NUL: MAX_ARG_STRLEN, execve(2). */
export const MAX_ARGUMENT_BYTES = 120_000;

/** How the addition to the system prompt reaches the program. */
export type SystemPromptSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string };

/**
 * Builds the argument vector. The prompt is not in it: it goes through standard input. Every value is
 * joined to its flag by `=`, because some flags take all words that follow them, and because a value
 * that starts with a dash would be taken for a flag.
 *
 * Source: `claude --help` of 2.1.329; `--append-system-prompt-file` is a hidden option of it.
 */
export function claudeArguments(options: {
  readonly model: string;
  readonly tools: readonly string[];
  readonly systemPrompt: SystemPromptSource;
}): string[] {
  const tools = options.tools.join(',');
  return [
    '-p',
    '--output-format=stream-json',
    '--verbose',
    // The pieces of a long answer are its only sign of life while it is being written.
    '--include-partial-messages',
    `--model=${options.model}`,
    `--tools=${tools}`,
    `--allowedTools=${tools}`,
    '--disable-slash-commands',
    '--no-chrome',
    '--no-session-persistence',
    ...systemPromptArguments(options.systemPrompt),
  ];
}

function systemPromptArguments(source: SystemPromptSource): string[] {
  switch (source.kind) {
    case 'none':
      return [];
    case 'text':
      return [`--append-system-prompt=${source.text}`];
    case 'file':
      return [`--append-system-prompt-file=${source.path}`];
  }
}
