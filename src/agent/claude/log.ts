/** What this folder needs of a log; a pino logger is one. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  /** A log with these fields on each line. */
  child(fields: { readonly marker: string }): Logger;
}
