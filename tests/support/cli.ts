import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { CliContext } from '../../src/cli/context.ts';
import { formatEnvLine } from '../../src/platform/configuration/env-file.ts';
import { startBotApi, type BotApiStandin } from '../../src/playground/bot-api/bot-api.ts';
import type { StandinSettings } from '../standins/system/place.ts';
import { systemStandins, type SystemStandins } from '../standins/system/standins.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { terminal, uiAt, type Terminal } from './terminal.ts';

/** What a command that sets things up needs around it, in an empty home. */
export interface CliWorld {
  readonly api: BotApiStandin;
  readonly system: SystemStandins;
  readonly userHome: string;
  readonly home: string;
  readonly envFile: string;
  /** The content of `service.env`. */
  env(): string;
  /** Adds lines to `service.env`. */
  set(settings: Readonly<Record<string, string>>): void;
  /** What a command gets in front of a terminal. */
  context(at: Terminal, options?: ContextOptions): CliContext;
  /** The same in a script, where nobody can be asked. */
  script(options?: ContextOptions): { readonly context: CliContext; shown(): string };
}

interface ContextOptions {
  readonly yes?: boolean;
  readonly stdin?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** @param options.homeName The name of the home folder below the user's. */
export async function cliWorld(
  options: {
    readonly homeName?: string;
    readonly system?: Partial<StandinSettings>;
    readonly programs?: readonly ('systemctl' | 'loginctl' | 'launchctl' | 'crontab')[];
  } = {},
): Promise<CliWorld> {
  const api = await startBotApi();
  onTestFinished(() => api.close());
  // Before the stand-ins: what they run in it is stopped first.
  const userHome = temporaryFolder();
  const system = systemStandins({
    ...options.system,
    ...(options.programs === undefined ? {} : { programs: options.programs }),
  });
  const home = join(userHome, options.homeName ?? '.claudio');
  const envFile = join(home, 'service.env');
  const given = {
    HOME: userHome,
    PATH: system.path,
    ...(options.homeName === undefined ? {} : { CLAUDIO_HOME: home }),
  };
  mkdirSync(home, { mode: 0o700 });
  const world: CliWorld = {
    api,
    system,
    userHome,
    home,
    envFile,
    env: () => readFileSync(envFile, 'utf8'),
    set: (settings) => {
      const lines = Object.entries(settings).map(([name, value]) => formatEnvLine(name, value));
      writeFileSync(envFile, `${lines.join('\n')}\n`, { flag: 'a', mode: 0o600 });
    },
    context: (at, { yes = false, stdin, environment = {} } = {}) => {
      const all = { ...given, ...environment };
      return {
        environment: all,
        host: system.host({ userHome, environment: all }),
        ui: uiAt(at, yes),
        print: (text) => void at.output.write(text),
        stdin: (stdin === undefined
          ? at.input
          : Readable.from([stdin])) as unknown as NodeJS.ReadStream,
      };
    },
    script: (how) => {
      const at = terminal();
      Object.assign(at.input, { isTTY: false });
      Object.assign(at.output, { isTTY: false });
      return { context: world.context(at, how), shown: at.shown };
    },
  };
  world.set({ TELEGRAM_API_ROOT: api.root });
  return world;
}
