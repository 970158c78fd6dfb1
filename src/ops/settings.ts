import { DEFAULT_TOOLS } from '../agent/claude/tools.ts';
import { ClaudioError } from '../core/error.ts';
import { nearest } from '../core/nearest.ts';
import type { Environment, Inspection } from '../platform/configuration/load.ts';
import { defaultText, SECRET_SETTINGS, SETTING_NAMES } from '../platform/configuration/schema.ts';

/** A setting as it can be shown to anybody. */
export interface ShownSetting {
  readonly name: string;
  /** As it would stand in `service.env`, a secret masked; `null` where it is not set and has no default. */
  readonly value: string | null;
  /** `derived`: it follows from others, or from the machine. */
  readonly source: 'environment' | 'file' | 'default' | 'derived';
}

/** A secret shorter than this could be guessed from its end. */
const SHOWN_FROM_LENGTH = 16;
const SHOWN_LENGTH = 4;

/** The setting of that name, or one that is spelt alike but for the case. @throws ClaudioError `config.unknown-setting` */
export function settingNamed(name: string): string {
  const found = SETTING_NAMES.find((one) => one === name.toUpperCase());
  if (found !== undefined) return found;
  const meant = nearest(name, SETTING_NAMES);
  throw new ClaudioError({
    code: 'config.unknown-setting',
    message: `There is no setting ${name}.${meant === null ? '' : ` Did you mean ${meant}?`}`,
    hint: '`claudio config list` shows all of them.',
  });
}

export function isSecret(name: string): boolean {
  return SECRET_SETTINGS.some((secret) => secret === name);
}

/** All settings, in the order of the README. */
export function showSettings(
  inspection: Inspection,
  environment: Environment,
): readonly ShownSetting[] {
  return SETTING_NAMES.map((name) => showSetting(name, inspection, environment));
}

export function showSetting(
  name: string,
  inspection: Inspection,
  environment: Environment,
): ShownSetting {
  const given = inspection.given[name];
  if (given !== undefined) {
    const source = environment[name] === undefined ? 'file' : 'environment';
    return { name, value: isSecret(name) ? masked(given) : given, source };
  }
  const derived = derivedText(name, inspection, environment);
  return derived === null
    ? { name, value: defaultText(name), source: 'default' }
    : { name, value: derived, source: 'derived' };
}

function derivedText(name: string, { settings }: Inspection, environment: Environment) {
  switch (name) {
    case 'WEBHOOK_URL':
      return settings.WEBHOOK_URL ?? null;
    case 'CLAUDE_WORK_DIR':
      return environment['HOME'] ?? null;
    case 'CLAUDE_TOOLS':
      return DEFAULT_TOOLS.join(',');
    default:
      return null;
  }
}

function masked(secret: string): string {
  return secret.length < SHOWN_FROM_LENGTH
    ? '(set, hidden)'
    : `(set, ends in ${secret.slice(-SHOWN_LENGTH)})`;
}
