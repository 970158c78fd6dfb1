import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How the stand-ins behave. A test may change it at any time. */
export interface StandinSettings {
  /**
   * `missing`: no systemd of the user's runs, as in a container; `after-lingering`: it begins to, at the
   * third question after lingering was turned on, as for a user who came by `su`.
   */
  readonly bus: 'there' | 'missing' | 'after-lingering';
  /** `denied`: the system's policy lets nobody turn lingering on for himself. */
  readonly linger: 'allowed' | 'denied';
  /** `denied`: the user stands in `/etc/cron.deny`. */
  readonly crontab: 'allowed' | 'denied';
  /** `missing`: nobody is logged in at the screen of the Mac. */
  readonly gui: 'there' | 'missing';
  /** Whether `start` really runs what the unit says, as a process that outlives the stand-in. */
  readonly runs: boolean;
  /** Whether a service that fails is started again, as its unit says. */
  readonly restarts: boolean;
  /** What the service manager itself has in its environment, and gives to what it runs. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A program that was asked for something. */
export interface StandinCall {
  readonly program: string;
  readonly argv: readonly string[];
  readonly stdin?: string;
}

/** The folder that the stand-ins lie in, and all that they know. */
export interface Place {
  readonly folder: string;
  readonly settings: StandinSettings;
  /** The folder of the user, as the programs see it. */
  readonly userHome: string;
  path(name: string): string;
  record(call: StandinCall): void;
  read<T>(name: string, fallback: T): T;
  write(name: string, value: unknown): void;
}

export function placeAt(folder: string): Place {
  const path = (name: string): string => join(folder, name);
  const read = <T>(name: string, fallback: T): T =>
    existsSync(path(name)) ? (JSON.parse(readFileSync(path(name), 'utf8')) as T) : fallback;
  return {
    folder,
    settings: read<StandinSettings>('settings.json', DEFAULTS),
    userHome: process.env['HOME'] ?? '/nonexistent',
    path,
    read,
    record: (call) => appendFileSync(path('calls.jsonl'), `${JSON.stringify(call)}\n`),
    write: (name, value) => {
      const temporary = path(`${name}.${process.pid}.tmp`);
      writeFileSync(temporary, JSON.stringify(value));
      renameSync(temporary, path(name));
    },
  };
}

export const DEFAULTS: StandinSettings = {
  bus: 'there',
  linger: 'allowed',
  crontab: 'allowed',
  gui: 'there',
  runs: false,
  restarts: false,
  environment: {},
};

/** How a stand-in ends: with a sentence on standard error and an exit code. */
export class Refusal extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a stand-in: `node PROGRAM.ts FOLDER ARGUMENTS…`. */
export async function runStandin(
  program: string,
  work: (place: Place, argv: readonly string[]) => Promise<void> | void,
  readsInput: (argv: readonly string[]) => boolean = () => false,
): Promise<void> {
  const [folder = '', ...argv] = process.argv.slice(2);
  const place = placeAt(folder);
  const stdin = readsInput(argv) ? readFileSync(0, 'utf8') : undefined;
  place.record({ program, argv, ...(stdin === undefined ? {} : { stdin }) });
  try {
    await work(place, stdin === undefined ? argv : [...argv, stdin]);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}
