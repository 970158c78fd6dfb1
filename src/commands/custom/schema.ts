import { z } from 'zod';
import { MODES } from '../../core/mode.ts';
import { ROLES } from '../../core/role.ts';
import { readJson } from '../../policy/json-text.ts';
import type { Parsed } from '../../policy/kept-file.ts';
import { inPlainWords } from '../../policy/plain-faults.ts';
import { readRule } from '../../policy/rules.ts';
import { BUILT_IN_NAMES } from '../built-in.ts';
import { hasLooseBraces, placeholdersOf } from './template.ts';

/** With those that come with Claudio, Telegram lists a hundred. */
const MAX_COMMANDS = 50;
const MAX_PROMPT_LENGTH = 8000;
const MAX_LENGTH = 200;
/** Behind it stands the name of a command that asks before it does anything. */
const CONFIRM_PREFIX = 'confirm_';

const commandName = z.string().regex(/^[a-z0-9_]{1,32}$/u, {
  error: 'has to be 1 to 32 of a-z, 0-9 and _',
});
const argumentName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/u, {
  error: 'has to begin with a letter, and be at most 32 of a-z, 0-9 and _',
});
const words = z.string().trim().min(1).max(MAX_LENGTH);
/** It stands in the prompt as it is. */
const choice = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._:/@+-]{0,63}$/u, {
  error: 'has to be one word of letters, digits and . _ : / @ + -',
});
const pattern = z.string().transform((written, context): ValuePattern => {
  const read = [readRule('pattern', written), readRule('pattern', `^(?:${written})$`)];
  const fault = read.flatMap((one) => ('fault' in one ? [one.fault] : []))[0];
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  const rule = read.at(-1);
  return {
    written,
    fits: (value) => rule !== undefined && 'ok' in rule && rule.ok.matches(value),
  };
});

const argument = z.strictObject({
  name: argumentName,
  /** Usual: it has to be given, unless there is a default. */
  required: z.boolean().optional(),
  choices: z.array(choice).min(1).max(MAX_COMMANDS).optional(),
  pattern: pattern.optional(),
  default: z.string().max(MAX_LENGTH).optional(),
  /** Whether it is all that follows, with its blanks and lines. */
  rest: z.boolean().default(false),
  kind: z.enum(['git-read']).optional(),
});

const command = z.strictObject({
  name: commandName,
  description: z.string().trim().min(3).max(256),
  /** What it does, for the question before it: `Deploy to {{env}}`. */
  summary: words.optional(),
  prompt: z.string().trim().min(1).max(MAX_PROMPT_LENGTH),
  arguments: z.array(argument).max(10).default([]),
  role: z.enum(ROLES).default('member'),
  confirm: z
    .union([z.literal(true), z.record(z.string(), z.array(z.string()).min(1))], {
      error: 'has to be true, or the values of an argument: {"env": ["production"]}',
    })
    .optional(),
  project: words.optional(),
  tools: z.array(words).min(1).max(MAX_COMMANDS).optional(),
  mode: z.enum(MODES).optional(),
});

/** All that a `commands.json` holds. */
export const commandsSchema = z
  .array(command, { error: 'The commands have to stand in a list: [ {…}, {…} ]' })
  .max(MAX_COMMANDS);

/** A pattern that a value has to fit as a whole, whatever the case of its letters. */
export interface ValuePattern {
  readonly written: string;
  fits(value: string): boolean;
}

/** Something that is typed behind the name of a command. */
export type CustomArgument = z.output<typeof argument>;

/** A command of the person's own. */
export type CustomCommand = z.output<typeof command>;

/** The name of the file, in the home. */
export const COMMANDS_FILE = 'commands.json';

/** Reads a `commands.json`: an array of commands. */
export function readCommands(text: string): Parsed<readonly CustomCommand[]> {
  const json = readJson(text);
  if ('fault' in json) return json;
  const read = commandsSchema.safeParse(json.ok, { error: inPlainWords });
  if (!read.success) {
    return { fault: read.error.issues.map((issue) => sentence(issue, json.ok)).join(' ') };
  }
  const faults = read.data.flatMap((one, index) => {
    const others = read.data.slice(0, index).map(({ name }) => name);
    return [...nameFaults(one, others), ...argumentFaults(one), ...useFaults(one)].map(
      (fault) => `/${one.name}: ${fault}.`,
    );
  });
  return faults.length === 0 ? { ok: read.data } : { fault: faults.join(' ') };
}

function nameFaults({ name }: CustomCommand, others: readonly string[]): readonly string[] {
  if (BUILT_IN_NAMES.includes(name)) return ['`name`: a command of that name comes with Claudio'];
  if (name.startsWith(CONFIRM_PREFIX))
    return [`\`name\`: may not begin with \`${CONFIRM_PREFIX}\``];
  return others.includes(name) ? ['`name`: is there twice'] : [];
}

/** Where an argument stands cannot be told behind one that may be missing or takes the rest. */
function argumentFaults({ arguments: all }: CustomCommand): readonly string[] {
  return all.flatMap((one, index) => {
    const where = `\`arguments[${index}]\` (${one.name})`;
    const before = all.slice(0, index);
    const isChecked = one.choices !== undefined || one.pattern !== undefined;
    return [
      ...(before.some(({ name }) => name === one.name) ? [`${where}: is there twice`] : []),
      ...(before.some(takesRest) ? [`${where}: stands behind one that takes the rest`] : []),
      ...(isRequired(one) && before.some((other) => !isRequired(other))
        ? [`${where}: has to be given, and stands behind one that need not`]
        : []),
      ...(one.kind === 'git-read' && isChecked
        ? [`${where}: \`kind\` goes without \`choices\` and \`pattern\``]
        : []),
      ...(one.default !== undefined && one.required === true
        ? [`${where}: has a \`default\`, so it cannot be \`required\``]
        : []),
      ...(one.default === undefined || fits(one, one.default)
        ? []
        : [`${where}: its \`default\` is none of the values that it takes`]),
    ];
  });
}

/** What is said of arguments elsewhere has to be of those that there are. */
function useFaults(one: CustomCommand): readonly string[] {
  const names = one.arguments.map(({ name }) => name);
  const used = placeholdersOf(one.prompt);
  const unknown = (list: readonly string[]) => list.filter((name) => !names.includes(name));
  const confirmed = one.confirm === undefined || one.confirm === true ? {} : one.confirm;
  return [
    ...(hasLooseBraces(one.prompt)
      ? ['`prompt`: two braces have to have the name of an argument between them: {{name}}']
      : []),
    ...unknown(used).map((name) => `\`prompt\`: {{${name}}} is none of its arguments`),
    ...unknown(placeholdersOf(one.summary ?? '')).map(
      (name) => `\`summary\`: {{${name}}} is none of its arguments`,
    ),
    ...names
      .filter((name) => !used.includes(name))
      .map((name) => `\`prompt\`: {{${name}}} does not stand in it`),
    ...Object.entries(confirmed).flatMap(([name, values]) => {
      const argumentOf = one.arguments.find((other) => other.name === name);
      if (argumentOf === undefined) return [`\`confirm\`: ${name} is none of its arguments`];
      return values
        .filter((value) => !fits(argumentOf, value))
        .map((value) => `\`confirm\`: ${name} is never ${value}`);
    }),
  ];
}

/** Whether an argument may have this value, in just these letters. */
export function fits({ choices, pattern: written }: CustomArgument, value: string): boolean {
  if (choices !== undefined && !choices.includes(value)) return false;
  return written === undefined || written.fits(value);
}

export function isRequired(one: CustomArgument): boolean {
  return one.required ?? one.default === undefined;
}

export function takesRest({ rest, kind }: CustomArgument): boolean {
  return rest || kind === 'git-read';
}

/** `/deploy: \`arguments[0].pattern\`: … .` */
function sentence({ path, message }: z.core.$ZodIssue, json: unknown): string {
  const [index, ...inner] = path;
  const named = z.array(z.looseObject({ name: commandName })).safeParse([at(json, index)]);
  const [found] = named.success ? named.data : [];
  const typed = found === undefined ? '' : `/${found.name}`;
  const shown = (found === undefined ? path : inner).reduce<string>(
    (name, key) =>
      typeof key === 'number' ? `${name}[${key}]` : `${name}${name && '.'}${String(key)}`,
    '',
  );
  return `${[typed, shown && `\`${shown}\``, message].filter((part) => part !== '').join(': ')}.`;
}

function at(json: unknown, index: PropertyKey | undefined): unknown {
  return Array.isArray(json) && typeof index === 'number' ? json[index] : undefined;
}
