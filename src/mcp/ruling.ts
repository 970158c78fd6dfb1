/**
 * What Claude Code takes for a decision.
 *
 * Source: https://code.claude.com/docs/en/cli-reference, `--permission-prompt-tool`; its form was seen in
 * 2.1.329, which takes anything else for a no.
 */
export type Ruling =
  | { readonly behavior: 'allow'; readonly updatedInput: Readonly<Record<string, unknown>> }
  | { readonly behavior: 'deny'; readonly message: string };

/** @param message A sentence from which the model learns what to do otherwise. */
export function denied(message: string): Ruling {
  return { behavior: 'deny', message };
}
