import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createHost, type Host } from '../../../src/platform/host.ts';
import { packageRoot } from '../../../src/platform/package.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { DEFAULTS, placeAt, type StandinCall, type StandinSettings } from './place.ts';
import { killProcess, type ProcessState } from './processes.ts';

export type { StandinCall, StandinSettings } from './place.ts';

const CACHE = join(packageRoot(), '.vitest/standins');
const PROGRAMS = ['systemctl', 'loginctl', 'journalctl', 'launchctl', 'crontab'] as const;
type Program = (typeof PROGRAMS)[number];

/** Stand-ins for the programs that run services and schedules, in a folder of their own. */
export interface SystemStandins {
  /** Where they lie, to be put first in a PATH. */
  readonly folder: string;
  /** A PATH with them first and the system's folders behind them. */
  readonly path: string;
  /** What they were asked so far, oldest first. */
  calls(program?: Program): readonly StandinCall[];
  /** Forgets what they were asked. */
  forgetCalls(): void;
  /** Changes how they behave from now on. */
  behave(settings: Partial<StandinSettings>): void;
  /** The crontab of the user; `null` where there is none. */
  crontab(): string | null;
  setCrontab(text: string): void;
  isLingering(): boolean;
  setLingering(isOn: boolean): void;
  /** The process of a unit (`claudio.service`) or an agent (`com.claudio.server`); `null` where none runs. */
  pidOf(name: string): number | null;
  /** What that process wrote to its standard output and standard error. */
  journalOf(name: string): string;
  /**
   * A host of this user that knows these programs and no other ones: the machine's own are never run.
   * Programs of `alsoUses` are looked for on the machine.
   */
  host(options: {
    readonly userHome: string;
    readonly platform?: NodeJS.Platform;
    readonly environment?: Readonly<Record<string, string>>;
    readonly alsoUses?: readonly string[];
  }): Host;
}

/**
 * Puts the stand-ins into a new folder. What they run is stopped, and the folder removed, when the test
 * has ended.
 *
 * @param options.programs Which of them there are; all unless given.
 */
export function systemStandins(
  options: Partial<StandinSettings> & { readonly programs?: readonly Program[] } = {},
): SystemStandins {
  const { programs = PROGRAMS, ...settings } = options;
  const folder = temporaryFolder();
  const place = placeAt(folder);
  mkdirSync(join(folder, 'processes'));
  place.write('settings.json', { ...DEFAULTS, ...settings });
  for (const program of programs) {
    const script = join(import.meta.dirname, `${program}.ts`);
    const words = [process.execPath, script, folder].map((word) => `'${word}'`).join(' ');
    writeFileSync(
      join(folder, program),
      // A stand-in is started often: its code is to be read once.
      `#!/bin/sh\nNODE_COMPILE_CACHE='${CACHE}'\nexport NODE_COMPILE_CACHE\nexec ${words} "$@"\n`,
    );
    chmodSync(join(folder, program), 0o755);
  }

  const processes = (): Record<string, ProcessState> =>
    place.read<Record<string, ProcessState>>('processes/names.json', {});
  const stateOf = (name: string): ProcessState | null =>
    place.read<ProcessState | null>(`processes/${name}.json`, null);
  onTestFinished(async () => {
    place.write('processes/over', true);
    for (const name of Object.keys(processes())) await killProcess(stateOf(name));
  });

  return {
    folder,
    path: [folder, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    calls: (program) => {
      const file = place.path('calls.jsonl');
      if (!existsSync(file)) return [];
      return (
        readFileSync(file, 'utf8')
          .split('\n')
          // What follows the last end of a line is not whole yet.
          .slice(0, -1)
          .map((line) => JSON.parse(line) as StandinCall)
          .filter((call) => program === undefined || call.program === program)
      );
    },
    forgetCalls: () => writeFileSync(place.path('calls.jsonl'), ''),
    behave: (changes) => {
      const before = place.read('settings.json', DEFAULTS);
      place.write('settings.json', { ...before, ...changes });
    },
    crontab: () => place.read<string | null>('crontab.json', null),
    setCrontab: (text) => place.write('crontab.json', text),
    isLingering: () => place.read('lingering.json', false),
    setLingering: (isOn) => place.write('lingering.json', isOn),
    pidOf: (name) => stateOf(name)?.pid ?? null,
    journalOf: (name) => {
      const file = place.path(`processes/${name}.log`);
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    },
    host: ({ userHome, platform = 'linux', environment = {}, alsoUses = [] }) => {
      const host = createHost(
        { HOME: userHome, USER: 'someone', PATH: '/usr/local/bin:/usr/bin:/bin', ...environment },
        platform,
      );
      const locate = (program: string): string | null => {
        if (alsoUses.includes(program)) return host.locate(program);
        const path = join(folder, program);
        return existsSync(path) ? path : null;
      };
      return {
        ...host,
        locate,
        run: async (program, args, runOptions) => {
          const file = program.startsWith('/') ? program : locate(program);
          if (file === null) {
            return { kind: 'not-started', reason: `${program} is not installed` };
          }
          return await host.run(file, args, runOptions);
        },
      };
    },
  };
}
