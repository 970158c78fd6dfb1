import * as clack from '@clack/prompts';
import { ClaudioError } from '../core/error.ts';
import { startSpinner } from './spinner.ts';

/** How a command talks with a person: with prompts and a spinner in a terminal, in plain lines elsewhere. */
export interface Ui {
  /** Whether there is somebody to ask. */
  readonly isInteractive: boolean;
  /** Whether somebody may be looking on, even where `--yes` leaves nothing to ask. */
  readonly isTerminal: boolean;
  /** What this is about, once, at the start. */
  heading(text: string): void;
  say(text: string): void;
  /** Something is done, or was found in order. */
  done(text: string): void;
  warn(text: string): void;
  fail(text: string): void;
  /** Text in its own shape, such as commands to copy. */
  block(text: string, title?: string): void;
  /**
   * Does something that takes a while. `tell` changes what is shown meanwhile.
   *
   * @returns What `work` returns. What it throws goes on to the caller.
   */
  step<T>(title: string, work: (tell: (text: string) => void) => Promise<T>): Promise<T>;
  /** With `--yes` the answer is yes. @throws ClaudioError `cli.needs-answer`, `cli.cancelled` */
  confirm(question: string, initial?: boolean): Promise<boolean>;
  /** With `--yes`, or without anybody to ask, it is the first one. @throws ClaudioError `cli.cancelled` */
  choose<T extends string>(
    question: string,
    options: readonly { readonly value: T; readonly label: string; readonly hint?: string }[],
  ): Promise<T>;
  /**
   * @param option What to give on the command line instead, for whoever cannot be asked.
   * @param check Says what is wrong, or null.
   * @throws ClaudioError `cli.needs-answer`, `cli.cancelled`
   */
  text(
    question: string,
    option: string,
    check: (text: string) => string | null,
    initial?: string,
  ): Promise<string>;
  /** The same, without showing what is typed. */
  secret(question: string, option: string, check: (text: string) => string | null): Promise<string>;
}

/**
 * @param options.assumeYes `--yes`: nothing is asked.
 */
export function createUi(options: {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly assumeYes: boolean;
}): Ui {
  const { input, output, assumeYes } = options;
  const isTerminal = input.isTTY && output.isTTY;
  const isInteractive = isTerminal && !assumeYes;
  const io = { input, output };
  const line = (mark: string) => (text: string) => void output.write(`${mark}${text}\n`);
  const log = (kind: 'message' | 'step' | 'success' | 'warn' | 'error') => (text: string) =>
    clack.log[kind](text, { output });

  return {
    isInteractive,
    isTerminal,
    heading: isTerminal ? (text) => clack.intro(text, { output }) : line(''),
    say: isTerminal ? log('message') : line(''),
    done: isTerminal ? log('success') : line('✔ '),
    warn: isTerminal ? log('warn') : line('⚠ '),
    fail: isTerminal ? log('error') : line('✖ '),
    block: (text, title) => {
      output.write(`\n${title === undefined ? '' : `${title}\n\n`}${text}\n\n`);
    },
    step: async (title, work) => {
      if (!isTerminal) {
        line('… ')(title);
        return await work(() => undefined);
      }
      const spinner = startSpinner(input, output, title);
      try {
        const result = await work((text) => spinner.tell(text));
        spinner.end();
        log('step')(title);
        return result;
      } catch (error) {
        spinner.end();
        log('error')(title);
        throw error;
      }
    },
    confirm: async (question, initial = true) => {
      if (assumeYes) return true;
      if (!isInteractive) throw needsAnswer(question, 'Give --yes to agree.');
      return answered(await clack.confirm({ ...io, message: question, initialValue: initial }));
    },
    choose: async (question, choices) => {
      const [first] = choices;
      if (first === undefined) throw new Error('a question without answers');
      if (!isInteractive) return first.value;
      return answered(
        await clack.select<string>({ ...io, message: question, options: [...choices] }),
      ) as typeof first.value;
    },
    text: async (question, option, check, initial) => {
      if (!isInteractive) throw needsAnswer(question, `Give it with ${option}.`);
      return answered(
        await clack.text({
          ...io,
          message: question,
          validate: validated(check),
          ...(initial === undefined ? {} : { initialValue: initial }),
        }),
      ).trim();
    },
    secret: async (question, option, check) => {
      if (!isInteractive) throw needsAnswer(question, `Give it with ${option}.`);
      return answered(
        await clack.password({ ...io, message: question, validate: validated(check) }),
      ).trim();
    },
  };
}

function needsAnswer(question: string, hint: string): ClaudioError {
  return new ClaudioError({
    code: 'cli.needs-answer',
    message: `There is nobody to ask: ${question}`,
    hint,
  });
}

function validated(check: (text: string) => string | null) {
  return (text: string | undefined) => check((text ?? '').trim()) ?? undefined;
}

function answered<T>(answer: T | typeof clack.CANCEL_SYMBOL): T {
  if (!clack.isCancel(answer)) return answer;
  throw cancelled();
}

/** What is thrown where the person breaks a command off. */
export function cancelled(): ClaudioError {
  return new ClaudioError({
    code: 'cli.cancelled',
    message: 'Broken off.',
    hint: 'What was done so far stays; the same command goes on from there.',
  });
}
