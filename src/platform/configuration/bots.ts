import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isFolder } from '../files.ts';
import { readable, readSettings } from './read-file.ts';
import { doubts } from './rules.ts';
import { SETTING_NAMES, settingsSchema, type Settings } from './schema.ts';

/** The bot whose settings stand in `service.env` or in the environment, where they do. */
export const MAIN_BOT = 'main';
/** What a bot may be called: it names a folder. */
export const BOT_NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/u;

/** What each bot has of its own. */
export const BOT_SETTING_NAMES = [
  'TELEGRAM_BOT_TOKEN',
  'TELEGRAM_CHAT_ID',
  'TELEGRAM_ALLOWED_USERS',
  'WEBHOOK_SECRET',
  'MODEL',
  'MAX_HISTORY_LINES',
  'CLAUDE_WORK_DIR',
] as const satisfies readonly (keyof Settings)[];
/** What holds for a bot from `service.env` where it has none of its own. */
const INHERITED = ['MODEL', 'MAX_HISTORY_LINES', 'CLAUDE_WORK_DIR'] as const;
type BotSettingName = (typeof BOT_SETTING_NAMES)[number];

/** Whether a setting is one bot's alone: what stands in `service.env` holds for no bot with a file of its own. */
export function isBotsAlone(name: string): boolean {
  return BOT_SETTING_NAMES.some((one) => one === name) && !INHERITED.some((one) => one === name);
}

/** The settings of one bot, with the defaults filled in. */
export type BotSettings = Pick<Settings, BotSettingName> & {
  readonly name: string;
  /** Absolute: where they stand. */
  readonly file: string;
  readonly WEBHOOK_SECRET: string;
  readonly CLAUDE_WORK_DIR: string;
};

/** The settings of one bot as far as they can be read. */
export interface InspectedBot {
  readonly name: string;
  readonly file: string;
  /** As text: its own, and those of `service.env` that hold for it. */
  readonly given: Readonly<Record<string, string>>;
  readonly settings: Partial<Pick<Settings, BotSettingName>>;
}

/** All bots of a home. */
export interface FoundBots {
  /** In the order that is the service's: `main` first, then by name. */
  readonly bots: readonly InspectedBot[];
  /** What is wrong in and between the files of the bots, a sentence each. */
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/** Absolute path of the folder of a bot, which need not be there. */
export function botFolder(home: string, name: string): string {
  return join(home, 'bots', name);
}

/** Absolute path of the settings that a bot has of its own, which need not be there. */
export function botFile(home: string, name: string): string {
  return join(botFolder(home, name), 'bot.env');
}

/**
 * Finds the bots of a home: that of `service.env`, and one for each `bots/NAME/bot.env`. Writes nothing.
 *
 * @param service The settings given in `service.env` and the environment, as text.
 * @throws ClaudioError `home.unusable` where a file is there and cannot be read.
 */
export function findBots(
  home: string,
  serviceFile: string,
  service: Readonly<Record<string, string>>,
): FoundBots {
  const { names, faults, warnings } = namesIn(home);
  const found = names.map((name) => readBot(home, name, service));
  const isMainGiven =
    service['TELEGRAM_BOT_TOKEN'] !== undefined || service['TELEGRAM_CHAT_ID'] !== undefined;
  if (isMainGiven && names.includes(MAIN_BOT)) {
    faults.push(
      `There are two bots called ${MAIN_BOT}: that of service.env (or of your environment), and that of ${botFile(home, MAIN_BOT)}. Take TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID out of the one, or remove the other.`,
    );
  }
  const main = { name: MAIN_BOT, file: serviceFile, given: service, settings: parsed(service) };
  const bots = isMainGiven || names.length === 0 ? [main] : [];
  const others = found
    .map(({ bot }) => bot)
    .filter(({ name }) => !isMainGiven || name !== MAIN_BOT);
  const all = [...bots, ...others.toSorted((one, other) => order(one.name, other.name))];
  return {
    bots: all,
    faults: [...faults, ...found.flatMap((one) => one.faults), ...clashes(all)],
    warnings: [...warnings, ...found.flatMap((one) => one.warnings)],
  };
}

/** A bot of that name that is not there yet, as {@link findBots} would find it: with what it inherits. */
export function futureBot(
  home: string,
  name: string,
  service: Readonly<Record<string, string>>,
): InspectedBot {
  return readBot(home, name, service).bot;
}

function namesIn(home: string): { names: string[]; faults: string[]; warnings: string[] } {
  const folder = join(home, 'bots');
  const names: string[] = [];
  const faults: string[] = [];
  const warnings: string[] = [];
  if (!isFolder(folder)) return { names, faults, warnings };
  for (const name of readable(folder, () => readdirSync(folder)).toSorted()) {
    if (!isFolder(join(folder, name))) continue;
    if (existsSync(botFile(home, name))) {
      if (BOT_NAME.test(name)) names.push(name);
      else faults.push(`${join(folder, name)}: ${nameFault(name)}`);
    } else if (name !== MAIN_BOT && !name.startsWith('.')) {
      warnings.push(`${join(folder, name)} has no bot.env, so there is no bot ${name}.`);
    }
  }
  return { names, faults, warnings };
}

/** What is wrong with the name of a bot, a sentence. */
export function nameFault(name: string): string {
  return `${JSON.stringify(name)} is no name for a bot: it is 1 to 32 small letters, digits, - and _, and begins with a letter or a digit.`;
}

function readBot(home: string, name: string, service: Readonly<Record<string, string>>) {
  const file = botFile(home, name);
  const read = readSettings(file, BOT_SETTING_NAMES, (key) =>
    SETTING_NAMES.includes(key)
      ? `${key} is for the service as a whole and has no effect here: it belongs into service.env.`
      : null,
  );
  // An empty value means: not set.
  const own = Object.fromEntries(Object.entries(read.values).filter(([, value]) => value !== ''));
  const given = { ...inherited(service), ...own };
  const bot: InspectedBot = { name, file, given, settings: parsed(given) };
  const faults = read.faults.map((fault) => `${file}: ${fault.replace(/^L/u, 'l')}`);
  for (const key of BOT_SETTING_NAMES) {
    // What it inherits is told where it stands.
    const isOwn = isBotsAlone(key) || own[key] !== undefined;
    const issues = isOwn ? settingsSchema.shape[key].safeParse(given[key]).error?.issues : [];
    faults.push(...(issues ?? []).map(({ message }) => `${file}: ${key} ${message}.`));
  }
  const ownDir = own['CLAUDE_WORK_DIR'] === undefined ? undefined : bot.settings.CLAUDE_WORK_DIR;
  const { TELEGRAM_CHAT_ID } = bot.settings;
  const doubtful = doubts({
    CLAUDE_WORK_DIR: ownDir,
    ELEVENLABS_STT_MODEL: '',
    ...(TELEGRAM_CHAT_ID === undefined ? {} : { TELEGRAM_CHAT_ID }),
  });
  const warnings = [...read.warnings, ...doubtful.map((doubt) => `${file}: ${doubt}`)];
  return { bot, faults, warnings };
}

function inherited(service: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = service[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function parsed(given: Readonly<Record<string, string>>): InspectedBot['settings'] {
  return Object.fromEntries(
    BOT_SETTING_NAMES.flatMap((name) => {
      const schema = settingsSchema.shape[name];
      const outcome = schema.safeParse(given[name]);
      const value = outcome.success ? outcome : schema.safeParse(undefined);
      return value.success ? [[name, value.data]] : [];
    }),
  );
}

/** What two bots cannot have both, a sentence each; names neither a token nor a secret. */
function clashes(bots: readonly InspectedBot[]): string[] {
  return bots.flatMap((bot, index) => {
    const before = bots.slice(0, index);
    const sameSecret = before.find((one) =>
      shares(one, bot, ({ WEBHOOK_SECRET }) => WEBHOOK_SECRET),
    );
    // What comes before the colon is the bot; what follows can be made anew, for the same bot.
    const sameBot = before.find((one) =>
      shares(one, bot, ({ TELEGRAM_BOT_TOKEN }) => TELEGRAM_BOT_TOKEN?.split(':')[0]),
    );
    return [
      ...(sameBot === undefined
        ? []
        : [
            `${bot.file}: TELEGRAM_BOT_TOKEN is that of the bot ${sameBot.name} too: each bot needs a token of its own, which @BotFather gives for /newbot.`,
          ]),
      ...(sameSecret === undefined
        ? []
        : [
            `${bot.file} has the same WEBHOOK_SECRET as ${sameSecret.name}: delete that line, a new one is made.`,
          ]),
    ];
  });
}

function shares(
  one: InspectedBot,
  other: InspectedBot,
  part: (settings: InspectedBot['settings']) => string | undefined,
): boolean {
  const value = part(one.settings);
  return value !== undefined && value === part(other.settings);
}

function order(one: string, other: string): number {
  if (one === MAIN_BOT || other === MAIN_BOT) return one === MAIN_BOT ? -1 : 1;
  return one < other ? -1 : 1;
}
