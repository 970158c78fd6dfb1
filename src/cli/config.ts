import { text } from 'node:stream/consumers';
import { ClaudioError } from '../core/error.ts';
import { isSecret, settingNamed, showSetting, showSettings } from '../ops/settings.ts';
import { changeEnvFile } from '../platform/configuration/change.ts';
import { BOT_SETTING_NAMES } from '../platform/configuration/bots.ts';
import {
  asBotSees,
  claudioHome,
  inspectConfiguration,
  settingsFile,
  type Inspection,
} from '../platform/configuration/load.ts';
import { checkChange } from '../platform/configuration/rules.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';

interface BotOption {
  readonly bot?: string;
}

const SOURCES = {
  environment: 'environment',
  file: 'file',
  default: 'default',
  derived: 'default',
} as const;

/** Prints every setting with where it comes from, and what is wrong with them. */
export function configList(
  context: CliContext,
  options: CommonOptions & BotOption,
): Promise<number> {
  const { environment, ui } = context;
  const inspection = inspected(context, options);
  const settings = showSettings(inspection, environment).filter(
    ({ name }) => options.bot === undefined || isOfBots(name),
  );
  const { home, file, faults, warnings } = inspection;
  if (options.json === true) {
    context.print(JSON.stringify({ home, file, settings, faults, warnings }, null, 2));
  } else {
    const width = Math.max(...settings.map(({ name }) => name.length));
    const sourceWidth = Math.max(...Object.values(SOURCES).map(({ length }) => length));
    context.print(`Settings of ${file}`);
    context.print('');
    for (const { name, value, source } of settings) {
      const from = value === null ? '' : SOURCES[source];
      context.print(`${name.padEnd(width)}  ${from.padEnd(sourceWidth)}  ${value ?? '(not set)'}`);
    }
    if (faults.length + warnings.length > 0) context.print('');
    for (const fault of faults) ui.fail(fault);
    for (const warning of warnings) ui.warn(warning);
  }
  return Promise.resolve(faults.length === 0 ? EXIT.ok : EXIT.config);
}

/** Prints the bare value of a setting; a secret is masked. @throws ClaudioError `config.unknown-setting`, `config.not-set` */
export function configGet(
  context: CliContext,
  key: string,
  options: BotOption = {},
): Promise<number> {
  const name = settingNamed(key);
  const { environment } = context;
  const { value } = showSetting(name, inspected(context, options), environment);
  if (value === null) {
    throw new ClaudioError({
      code: 'config.not-set',
      message: `${name} is not set.`,
      hint: `\`claudio config set ${name}\` sets it.`,
    });
  }
  context.print(value);
  return Promise.resolve(EXIT.ok);
}

/**
 * Changes a setting in `service.env`, where it is right by itself and goes with the others.
 *
 * @throws ClaudioError `config.unknown-setting`, `config.invalid`, `config.secret-in-arguments`,
 * `config.no-value`, `home.unusable`
 */
export async function configSet(
  context: CliContext,
  key: string,
  given: string | undefined,
  options: BotOption & { readonly unset?: boolean },
): Promise<number> {
  const { environment, ui } = context;
  const name = settingNamed(key);
  const value = options.unset === true ? removal(name, given) : await valueOf(context, name, given);
  const before = inspected(context, options);
  if (before.file !== settingsFile(before.home) && !isOfBots(name)) throw notOfBots(name);
  const { faults, warnings } = checkChange(before.given, name, value);
  if (faults.length > 0) {
    throw new ClaudioError({
      code: 'config.invalid',
      message: faults.join('\n'),
      hint: 'Nothing was changed.',
    });
  }
  claudioHome(environment);
  if (!changeEnvFile(before.file, { [name]: value })) {
    ui.say(`${name} was so before: nothing was changed.`);
    return EXIT.ok;
  }
  ui.done(`${name} is ${value === null ? 'removed from' : 'set in'} ${before.file}.`);
  for (const warning of warnings) ui.warn(warning);
  const rest = inspectConfiguration(environment).faults.filter((one) => !warnings.includes(one));
  if (rest.length > 0) {
    ui.warn(`There is more to correct before the service starts:\n${rest.join('\n')}`);
  }
  if (environment[name] !== undefined && before.file === settingsFile(before.home)) {
    ui.warn(`Your environment sets ${name} too, and wins over the file.`);
  }
  ui.say(
    options.bot !== undefined ? '`claudio reload` applies it.' : '`claudio restart` applies it.',
  );
  return EXIT.ok;
}

/** The settings as the bot that is named has them. @throws ClaudioError `bot.unknown` */
function inspected({ environment }: CliContext, { bot }: BotOption): Inspection {
  const inspection = inspectConfiguration(environment);
  if (bot === undefined) return inspection;
  if (inspection.bots.some(({ name }) => name === bot)) return asBotSees(inspection, bot);
  throw new ClaudioError({
    code: 'bot.unknown',
    message: `There is no bot ${bot}. There is: ${inspection.bots.map(({ name }) => name).join(', ')}.`,
    hint: `\`claudio install --bot ${bot}\` sets one up.`,
  });
}

function isOfBots(name: string): boolean {
  return BOT_SETTING_NAMES.some((one) => one === name);
}

function notOfBots(name: string): ClaudioError {
  return new ClaudioError({
    code: 'config.not-of-bots',
    message: `${name} is for the service as a whole. Nothing was changed.`,
    hint: `Leave out --bot. What a bot has of its own: ${BOT_SETTING_NAMES.join(', ')}.`,
  });
}

function removal(name: string, given: string | undefined): null {
  if (given === undefined) return null;
  throw new ClaudioError({
    code: 'config.no-value',
    message: `--unset takes no value for ${name}.`,
    hint: 'Leave out the one or the other.',
  });
}

async function valueOf(
  { ui, stdin }: CliContext,
  name: string,
  given: string | undefined,
): Promise<string> {
  if (given !== undefined) {
    if (!isSecret(name)) return given;
    throw new ClaudioError({
      code: 'config.secret-in-arguments',
      message: `${name} is a secret, and what stands in a command is seen by others and kept by your shell. Nothing was changed.`,
      hint: `Give it on standard input: \`claudio config set ${name}\` asks for it.`,
    });
  }
  if (ui.isInteractive) {
    return isSecret(name)
      ? await ui.secret(`${name}?`, 'standard input', something)
      : await ui.text(`${name}?`, 'standard input', something);
  }
  const value = (await text(stdin)).replace(/\r?\n$/u, '');
  if (value !== '') return value;
  throw new ClaudioError({
    code: 'config.no-value',
    message: `No value for ${name} came on standard input.`,
    hint: `Give one, or go back to the default: \`claudio config set ${name} --unset\`.`,
  });
}

function something(answer: string): string | null {
  return answer === '' ? 'Type something, or break off with Ctrl-C.' : null;
}
