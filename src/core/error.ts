/** What Claudio throws for the unexpected. Expected outcomes are returned as values instead. */
export class ClaudioError extends Error {
  /** Stable and dotted, for logs and tests: `config.invalid`, `home.in-use`. */
  readonly code: string;
  /** What the person can do about it, as a sentence. */
  readonly hint: string;

  constructor(options: { code: string; message: string; hint: string; cause?: unknown }) {
    super(options.message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ClaudioError';
    this.code = options.code;
    this.hint = options.hint;
  }
}

/** Whether an error of the system is one of these: `ENOENT`. */
export function hasCode(
  error: unknown,
  ...codes: readonly string[]
): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** The message of anything that was thrown, for a log line or a `reason`. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
