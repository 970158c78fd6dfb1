/** What a look at one part of the installation came to. */
export interface Finding {
  /** Stable and short: `service`, `tunnel`, `webhook`. */
  readonly name: string;
  /** `warning`: works, and should be seen; `off`: not set up, and that is allowed. */
  readonly state: 'ok' | 'warning' | 'failed' | 'off';
  /** What was found, in a few words without a full stop. */
  readonly text: string;
  /** What to do about it, a sentence. */
  readonly remedy?: string;
}
