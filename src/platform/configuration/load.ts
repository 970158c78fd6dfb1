import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { ensurePrivateFolder, makePrivate } from '../files.ts';
import {
  BOT_SETTING_NAMES,
  findBots,
  futureBot,
  isBotsAlone,
  type BotSettings,
  type FoundBots,
  type InspectedBot,
} from './bots.ts';
import { completeBot } from './complete-bot.ts';
import { readable, readSettings } from './read-file.ts';
import { contradictions, doubts } from './rules.ts';
import { SETTING_NAMES, settingsSchema, type Settings } from './schema.ts';

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that can be set, with the defaults filled in. */
export interface Configuration {
  /** Absolute path of `$CLAUDIO_HOME`. */
  readonly home: string;
  /** Those of the service as a whole; what a bot has of its own is here that of the first. */
  readonly settings: Settings & {
    readonly CLAUDE_WORK_DIR: string;
    readonly WEBHOOK_SECRET: string;
  };
  /** At least one; `main` is the first, where there is one of that name. */
  readonly bots: readonly BotSettings[];
  /** Where the agent's own variables are taken from, through its allow-list. */
  readonly environment: Environment;
  /** What does not stop the start and should be seen, a sentence each. */
  readonly warnings: readonly string[];
}

/** The environment of this process. The one place that reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

/**
 * Makes sure of the home folder (0700).
 *
 * @returns Its absolute path: `$CLAUDIO_HOME`, or `$HOME/.claudio`.
 * @throws ClaudioError `config.invalid`
 */
export function claudioHome(environment: Environment): string {
  const home = claudioHomePath(environment);
  try {
    return ensurePrivateFolder(home);
  } catch (error) {
    throw new ClaudioError({
      code: 'home.unusable',
      message: `The folder ${home} cannot be used: ${messageOf(error)}.`,
      hint: 'Make it writable for you, or name another one with CLAUDIO_HOME.',
      cause: error,
    });
  }
}

/**
 * Where the home folder is, or would be: absolute. Touches nothing.
 *
 * @throws ClaudioError `config.invalid`
 */
export function claudioHomePath(environment: Environment): string {
  const home = environment['CLAUDIO_HOME'] || join(userHomeOf(environment), '.claudio');
  if (!isAbsolute(home)) {
    throw invalid([`CLAUDIO_HOME must be an absolute path, not ${home}.`], CORRECT_ENVIRONMENT);
  }
  return home;
}

/**
 * The person's own home folder.
 *
 * @throws ClaudioError `config.invalid` where neither `HOME` nor the system knows one.
 */
export function userHomeOf(environment: Environment): string {
  const home = environment['HOME'] || systemHome();
  if (home === null || !isAbsolute(home)) {
    throw invalid(['HOME must be the absolute path of your home folder.'], CORRECT_ENVIRONMENT);
  }
  return home;
}

function systemHome(): string | null {
  try {
    return homedir();
  } catch {
    // This user is in no user database: only the environment could tell.
    return null;
  }
}

/**
 * Reads `$CLAUDIO_HOME/service.env`, the environment, which wins over it, and `bots/NAME/bot.env` of each
 * bot. Where a bot has no webhook secret yet, it makes one and saves it to the file of that bot. May be
 * called again, for what was changed meanwhile.
 *
 * @throws ClaudioError `config.invalid`, naming every fault of all files at once; `home.unusable`
 */
export function loadConfiguration(environment: Environment): Configuration {
  const home = claudioHome(environment);
  const file = settingsFile(home);
  if (existsSync(file)) readable(file, () => makePrivate(file));
  const { values, faults, warnings } = gather(environment, file);
  const found = findBots(home, file, values);
  const first = withFirstBot(values, file, found);
  const parsed = settingsSchema.safeParse(first);
  for (const issue of parsed.error?.issues ?? []) {
    const key = issue.path.join('.');
    // What the file of a bot has wrong is told there.
    if (first === values || !isBotsAlone(key)) faults.push(`${key} ${issue.message}.`);
  }
  faults.push(...contradictions(values), ...found.faults);
  if (!parsed.success || faults.length > 0) {
    const isOfBots = faults.length === found.faults.length;
    throw invalid(faults, isOfBots ? correct('what is named there') : hintFor(file));
  }
  warnings.push(
    ...doubts(first === values ? parsed.data : withoutBots(parsed.data)),
    ...found.warnings,
  );

  const bots = found.bots.map((bot) => completeBot(bot, userHomeOf(environment)));
  return {
    home,
    settings: {
      ...withPublicAddress(parsed.data),
      CLAUDE_WORK_DIR: parsed.data.CLAUDE_WORK_DIR ?? userHomeOf(environment),
      WEBHOOK_SECRET: bots[0]?.WEBHOOK_SECRET ?? '',
    },
    bots,
    environment,
    warnings,
  };
}

/**
 * The settings of the service, and where its first bot has a file of its own, what is one bot's alone
 * from there: whoever asks for "the" bot or its owner gets the first.
 */
function withFirstBot(
  values: Readonly<Record<string, string>>,
  file: string,
  { bots: [bot] }: FoundBots,
): Readonly<Record<string, string>> {
  if (bot === undefined || bot.file === file) return values;
  return {
    ...chosen(values, (name) => !isBotsAlone(name)),
    ...chosen(bot.given, isBotsAlone),
  };
}

/** Without what is told of the file of a bot. */
function withoutBots<T extends { readonly TELEGRAM_CHAT_ID?: string }>(settings: T) {
  const { TELEGRAM_CHAT_ID: _, ...rest } = settings;
  return rest;
}

function chosen(values: Readonly<Record<string, string>>, which: (name: string) => boolean) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => which(name)));
}

/** The settings as far as they can be read. What is wrong or missing has its default, or is not there. */
export interface Inspection {
  /** Absolute path of `$CLAUDIO_HOME`, which need not be there. */
  readonly home: string;
  /** Absolute path of `service.env`, which need not be there. */
  readonly file: string;
  /** What a bot has of its own is here that of the first. */
  readonly settings: Omit<Settings, RequiredSetting> & Partial<Pick<Settings, RequiredSetting>>;
  /** At least one, which may have nothing yet. */
  readonly bots: readonly InspectedBot[];
  /** The settings of the service that were given, as text, by name: right or wrong. */
  readonly given: Readonly<Record<string, string>>;
  /** A sentence each; none where the service would start. */
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

type RequiredSetting = 'TELEGRAM_BOT_TOKEN' | 'TELEGRAM_CHAT_ID';

/**
 * Reads the settings for whoever must work with a broken or unfinished configuration too. Writes nothing.
 *
 * @throws ClaudioError `config.invalid` where not even the home can be told; `home.unusable` where the
 * file is there and cannot be read.
 */
export function inspectConfiguration(environment: Environment): Inspection {
  const home = claudioHomePath(environment);
  const file = settingsFile(home);
  const { values, faults, warnings } = gather(environment, file);
  const bots = findBots(home, file, values);
  const first = withFirstBot(values, file, bots);
  const found: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(settingsSchema.shape)) {
    const parsed = schema.safeParse(first[name]);
    if (parsed.success) {
      found[name] = parsed.data;
      continue;
    }
    if (first === values || !isBotsAlone(name)) {
      faults.push(...parsed.error.issues.map(({ message }) => `${name} ${message}.`));
    }
    const fallback = schema.safeParse(undefined);
    if (fallback.success) found[name] = fallback.data;
  }
  faults.push(...contradictions(values), ...bots.faults);
  const settings = found as Inspection['settings'];
  warnings.push(...doubts(first === values ? settings : withoutBots(settings)), ...bots.warnings);
  return {
    home,
    file,
    settings: withPublicAddress(settings),
    bots: bots.bots,
    given: values,
    faults,
    warnings,
  };
}

/**
 * The same configuration as one bot sees it: `file`, `given` and what is a bot's in `settings` are of
 * that one. It need not be there yet.
 */
export function asBotSees(inspection: Inspection, name: string): Inspection {
  const { home, settings, given } = inspection;
  const bot = inspection.bots.find((one) => one.name === name) ?? futureBot(home, name, given);
  const mine = new Set<string>(BOT_SETTING_NAMES);
  const shared = Object.fromEntries(Object.entries(settings).filter(([key]) => !mine.has(key)));
  return {
    ...inspection,
    file: bot.file,
    given: bot.given,
    // What of a bot is not there is not that of another.
    settings: { ...(shared as typeof settings), ...bot.settings },
  };
}

/** A named tunnel has one address, so it need not be said twice. */
function withPublicAddress<
  T extends Pick<Inspection['settings'], 'WEBHOOK_URL' | 'TUNNEL_HOSTNAME'>,
>(settings: T): T {
  const { WEBHOOK_URL, TUNNEL_HOSTNAME } = settings;
  if (WEBHOOK_URL !== undefined || TUNNEL_HOSTNAME === undefined) return settings;
  return { ...settings, WEBHOOK_URL: `https://${TUNNEL_HOSTNAME}` };
}

/** Absolute path of `service.env`, which need not be there. */
export function settingsFile(home: string): string {
  return join(home, 'service.env');
}

/** The settings as they were given, as text: from the file, and over that from the environment. */
function gather(environment: Environment, file: string) {
  const { values, faults, warnings } = readSettings(file, SETTING_NAMES);
  for (const name of SETTING_NAMES) {
    const value = environment[name];
    if (value !== undefined) values[name] = value;
  }
  // An empty value means: not set.
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
  return { values: given, faults, warnings };
}

const CORRECT_ENVIRONMENT = 'Correct your environment and start again.';

function correct(where: string): string {
  return `Correct ${where} (or your environment, which wins over the file) and start again.`;
}

function hintFor(file: string): string {
  return existsSync(file)
    ? correct(file)
    : `Nothing is set up yet: \`claudio install\` asks for what is missing. Or set it in ${file} or your environment.`;
}

function invalid(faults: readonly string[], hint: string): ClaudioError {
  return new ClaudioError({
    code: 'config.invalid',
    message: `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults
      .map((fault) => `  - ${fault}`)
      .join('\n')}`,
    hint,
  });
}
