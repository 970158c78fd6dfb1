/** Whom a set-up talks to: the part of the command line's `Ui` that it needs. */
export interface Person {
  /** Whether there is somebody to ask. */
  readonly isInteractive: boolean;
  say(text: string): void;
  done(text: string): void;
  warn(text: string): void;
  /** Text in its own shape, such as commands to copy. */
  block(text: string, title?: string): void;
  step<T>(title: string, work: (tell: (text: string) => void) => Promise<T>): Promise<T>;
  /** @throws ClaudioError `cli.needs-answer`, `cli.cancelled` */
  confirm(question: string): Promise<boolean>;
}
