import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import { ensurePrivateFolder, makePrivate, writePrivateFile } from '../files.ts';
import { formatEnvLine, parseEnvFile } from './env-file.ts';
import { nearest } from '../../core/nearest.ts';
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
  const home = environment['CLAUDIO_HOME'] || join(userHomeOf(environment), '.claudio');
  if (!isAbsolute(home)) {
    throw invalid([`CLAUDIO_HOME must be an absolute path, not ${home}.`], 'your environment');
  }
  return ensurePrivateFolder(home);
}

function userHomeOf(environment: Environment): string {
  return environment['HOME'] || homedir();
}

/**
 * Reads `$CLAUDIO_HOME/service.env` and the environment, which wins. Where there is no webhook
 * secret yet, it makes one and saves it to the file.
 *
 * @throws ClaudioError `config.invalid`, naming every fault at once.
 */
export function loadConfiguration(environment: Environment): Configuration {
  const userHome = userHomeOf(environment);
  const home = claudioHome(environment);
  const file = join(home, 'service.env');
  const { values, faults, warnings } = readFile(file);

  for (const name of SETTING_NAMES) {
    const value = environment[name];
    if (value !== undefined) values[name] = value;
  }
  // An empty value means: not set.
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      faults.push(`${issue.path.join('.')} ${issue.message}.`);
    }
  }
  if (!parsed.success || faults.length > 0) throw invalid(faults, file);

  if (parsed.data.ELEVENLABS_STT_MODEL === 'scribe_v1') {
    warnings.push(
      'ELEVENLABS_STT_MODEL is scribe_v1, which ElevenLabs has retired. Set it to scribe_v2, or remove it.',
    );
  }

  return {
    home,
    settings: {
      ...parsed.data,
      CLAUDE_WORK_DIR: parsed.data.CLAUDE_WORK_DIR ?? userHome,
      WEBHOOK_SECRET: parsed.data.WEBHOOK_SECRET ?? makeWebhookSecret(file),
    },
    environment,
    warnings,
  };
}

function readFile(file: string): {
  values: Record<string, string>;
  faults: string[];
  warnings: string[];
} {
  if (!existsSync(file)) return { values: {}, faults: [], warnings: [] };
  makePrivate(file);
  const parsed = parseEnvFile(readFileSync(file, 'utf8'));
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

function makeWebhookSecret(file: string): string {
  const secret = randomBytes(32).toString('base64url');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  // Where the file is a link, what it links to is replaced.
  const path = existsSync(file) ? realpathSync(file) : file;
  writePrivateFile(path, `${text}${separator}${formatEnvLine('WEBHOOK_SECRET', secret)}\n`);
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
