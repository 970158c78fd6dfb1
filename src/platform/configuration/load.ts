import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { ensurePrivateFolder, makePrivate } from '../files.ts';
import { changeEnvFile } from './change.ts';
import { parseEnvFile } from './env-file.ts';
import { nearest } from '../../core/nearest.ts';
import { contradictions, doubts } from './rules.ts';
import { SETTING_NAMES, settingsSchema, type Settings } from './schema.ts';

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that can be set, with the defaults filled in. */
export interface Configuration {
  /** Absolute path of `$CLAUDIO_HOME`. */
  readonly home: string;
  readonly settings: Settings & {
    readonly CLAUDE_WORK_DIR: string;
    readonly WEBHOOK_SECRET: string;
  };
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
    throw invalid([`CLAUDIO_HOME must be an absolute path, not ${home}.`], 'your environment');
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
    throw invalid(['HOME must be the absolute path of your home folder.'], 'your environment');
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
 * Reads `$CLAUDIO_HOME/service.env` and the environment, which wins. Where there is no webhook
 * secret yet, it makes one and saves it to the file.
 *
 * @throws ClaudioError `config.invalid`, naming every fault at once; `home.unusable`
 */
export function loadConfiguration(environment: Environment): Configuration {
  const home = claudioHome(environment);
  const file = settingsFile(home);
  if (existsSync(file)) readable(file, () => makePrivate(file));
  const { values, faults, warnings } = gather(environment, file);
  const parsed = settingsSchema.safeParse(values);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      faults.push(`${issue.path.join('.')} ${issue.message}.`);
    }
  }
  faults.push(...contradictions(values));
  if (!parsed.success || faults.length > 0) throw invalid(faults, file);
  warnings.push(...doubts(parsed.data));

  return {
    home,
    settings: {
      ...withPublicAddress(parsed.data),
      CLAUDE_WORK_DIR: parsed.data.CLAUDE_WORK_DIR ?? userHomeOf(environment),
      WEBHOOK_SECRET: parsed.data.WEBHOOK_SECRET ?? makeWebhookSecret(file),
    },
    environment,
    warnings,
  };
}

/** The settings as far as they can be read. What is wrong or missing has its default, or is not there. */
export interface Inspection {
  /** Absolute path of `$CLAUDIO_HOME`, which need not be there. */
  readonly home: string;
  /** Absolute path of `service.env`, which need not be there. */
  readonly file: string;
  readonly settings: Omit<Settings, RequiredSetting> & Partial<Pick<Settings, RequiredSetting>>;
  /** The settings that were given, as text, by name: right or wrong. */
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
  const found: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(settingsSchema.shape)) {
    const parsed = schema.safeParse(values[name]);
    if (parsed.success) {
      found[name] = parsed.data;
      continue;
    }
    faults.push(...parsed.error.issues.map(({ message }) => `${name} ${message}.`));
    const fallback = schema.safeParse(undefined);
    if (fallback.success) found[name] = fallback.data;
  }
  faults.push(...contradictions(values));
  const settings = found as Inspection['settings'];
  warnings.push(...doubts(settings));
  return { home, file, settings: withPublicAddress(settings), given: values, faults, warnings };
}

/** A named tunnel has one address, so it need not be said twice. */
function withPublicAddress<
  T extends Pick<Inspection['settings'], 'WEBHOOK_URL' | 'TUNNEL_HOSTNAME'>,
>(settings: T): T {
  const { WEBHOOK_URL, TUNNEL_HOSTNAME } = settings;
  if (WEBHOOK_URL !== undefined || TUNNEL_HOSTNAME === undefined) return settings;
  return { ...settings, WEBHOOK_URL: `https://${TUNNEL_HOSTNAME}` };
}

function settingsFile(home: string): string {
  return join(home, 'service.env');
}

/** The settings as they were given, as text: from the file, and over that from the environment. */
function gather(environment: Environment, file: string) {
  const { values, faults, warnings } = readFile(file);
  for (const name of SETTING_NAMES) {
    const value = environment[name];
    if (value !== undefined) values[name] = value;
  }
  // An empty value means: not set.
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
  return { values: given, faults, warnings };
}

function readFile(file: string): {
  values: Record<string, string>;
  faults: string[];
  warnings: string[];
} {
  if (!existsSync(file)) return { values: {}, faults: [], warnings: [] };
  const parsed = parseEnvFile(readable(file, () => readFileSync(file, 'utf8')));
  const values: Record<string, string> = {};
  const warnings: string[] = [];
  for (const { key, value, line } of parsed.entries) {
    if (SETTING_NAMES.includes(key)) {
      values[key] = value;
      continue;
    }
    const suggestion = nearest(key, SETTING_NAMES);
    warnings.push(
      `${file}, line ${line}: ${key} is not a setting of Claudio and has no effect.` +
        (suggestion === null ? '' : ` Did you mean ${suggestion}?`),
    );
  }
  return {
    values,
    faults: parsed.faults.map((fault) => `Line ${fault.line} ${fault.message}.`),
    warnings,
  };
}

function readable<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new ClaudioError({
      code: 'home.unusable',
      message: `The settings in ${file} cannot be read: ${messageOf(error)}.`,
      hint: 'Make the file yours and readable for you (chown, chmod 600).',
      cause: error,
    });
  }
}

/**
 * Makes a webhook secret and saves it to a `service.env`.
 *
 * @throws ClaudioError `home.unusable`
 */
export function makeWebhookSecret(file: string): string {
  const secret = randomBytes(32).toString('base64url');
  changeEnvFile(file, { WEBHOOK_SECRET: secret });
  return secret;
}

function invalid(faults: readonly string[], where: string): ClaudioError {
  return new ClaudioError({
    code: 'config.invalid',
    message: `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults
      .map((fault) => `  - ${fault}`)
      .join('\n')}`,
    hint: `Correct ${where} (or your environment, which wins over the file) and start again.`,
  });
}
