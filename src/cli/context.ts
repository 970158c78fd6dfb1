import { MARKER_VARIABLE } from '../agent/claude/environment.ts';
import { ClaudioError } from '../core/error.ts';
import { processEnvironment, type Environment } from '../platform/configuration/load.ts';
import { createHost, type Host } from '../platform/host.ts';
import { createUi, type Ui } from './ui.ts';

/** What the exit codes mean; those above 2 are named as in sysexits.h. */
export const EXIT = {
  ok: 0,
  /** Something went wrong, or was found wrong. */
  failed: 1,
  /** The service, Telegram or the network cannot be reached. */
  unavailable: 69,
  /** Something else is under way; the same again later. */
  tryAgain: 75,
  /** The configuration is to be corrected first. */
  config: 78,
  /** The person broke it off. */
  cancelled: 130,
} as const;

/** What every command gets. */
export interface CliContext {
  readonly environment: Environment;
  readonly host: Host;
  readonly ui: Ui;
  /** What the command reports, as text or JSON; for people to read, `ui` is the way. */
  print(text: string): void;
  readonly stdin: NodeJS.ReadStream;
}

/** Where a command may run: also within a turn, as Claude may run it, or only where a person does. */
export type RunsIn = 'anywhere' | 'no-turn';

/** Options that many commands have. */
export interface CommonOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function createContext(options: CommonOptions): CliContext {
  const environment = processEnvironment();
  const { stdin, stdout, stderr } = process;
  return {
    environment,
    host: createHost(environment),
    // With --json, standard output is for the program that reads it.
    ui: createUi({
      input: stdin,
      output: options.json === true ? stderr : stdout,
      assumeYes: options.yes === true,
    }),
    print: (text) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    stdin,
  };
}

/**
 * Runs a command, and turns what it throws into two sentences and an exit code: 78 for a wrong
 * configuration, 75 where something else is under way, 69 for what cannot be reached, 130 where the
 * person broke it off, else 1. What decides who may do what, or stops the service, is for a person to do:
 * whoever may ask Claude could have it done by asking.
 */
export async function runCommand(
  options: CommonOptions,
  work: (context: CliContext) => Promise<number>,
  runsIn: RunsIn = 'anywhere',
): Promise<number> {
  try {
    const context = createContext(options);
    if (runsIn === 'no-turn' && context.environment[MARKER_VARIABLE] !== undefined) {
      throw new ClaudioError({
        code: 'cli.in-turn',
        message: 'This runs in a turn of Claude, and is for a person to do. Nothing was changed.',
        hint: 'Run it in a terminal of your own.',
      });
    }
    return await work(context);
  } catch (error) {
    if (!(error instanceof ClaudioError)) throw error;
    process.stderr.write(`${error.message}\n${error.hint}\n`);
    return exitCodeOf(error.code);
  }
}

function exitCodeOf(code: string): number {
  if (code === 'config.invalid') return EXIT.config;
  if (code === 'cli.cancelled') return EXIT.cancelled;
  if (code.endsWith('.under-way')) return EXIT.tryAgain;
  return code.endsWith('.unreachable') ? EXIT.unavailable : EXIT.failed;
}
