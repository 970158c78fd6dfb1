/** An alias or a full model name, as Claude Code takes them: `haiku`, `claude-opus-4-1[1m]`. */
export const MODEL_NAME = /^[A-Za-z0-9][\w.:@/[\]-]{0,127}$/u;
