import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { hasCode } from '../core/error.ts';
import { beginning, cutMiddle, escapeMarkdown } from '../core/format.ts';

/** So much of what a tool is given is shown, in UTF-16 units: the whole fits one message of a chat. */
const SHOWN_LENGTH = 2800;
const WORDS_LENGTH = 300;

/** The tools that change files. They are allowed as one. */
const EDITING: ReadonlySet<string> = new Set(['Edit', 'Write', 'MultiEdit', 'NotebookEdit']);

/** What tells Claude what to do: whoever may write it may do everything. */
const INSTRUCTIONS = /^(?:claude(?:\.local)?|agents)\.md$/iu;

/** A use of a tool, as a person is to see it who decides about it. */
export interface Subject {
  /** What it would do. */
  readonly markdown: string;
  /** By what it is allowed further: `Edit` stands for every tool that changes files. */
  readonly tool: string;
  /** What is allowed always: the very command; empty: every use of the tool. */
  readonly pattern: string;
  /** What the further permissions mean, Markdown; `null`: it can be allowed once and no further. */
  readonly further: string | null;
}

/** Where Claude works, and what is Claudio's own. Absolute, with links resolved. */
interface Around {
  readonly folder: string;
  readonly home: string;
}

const bash = z.looseObject({
  command: z.string().min(1),
  description: z.string().optional(),
  dangerouslyDisableSandbox: z.boolean().optional(),
});
const replacement = z.looseObject({ old_string: z.string(), new_string: z.string() });
const edit = z.looseObject({ file_path: z.string().min(1) }).and(replacement);
const multiEdit = z.looseObject({
  file_path: z.string().min(1),
  edits: z.array(replacement).min(1),
});
const write = z.looseObject({ file_path: z.string().min(1), content: z.string() });
const notebook = z.looseObject({ notebook_path: z.string().min(1), new_source: z.string() });

/** The name that a tool goes by where more is allowed than one use of it. */
export function ruleToolOf(tool: string): string {
  return EDITING.has(tool) ? 'Edit' : tool;
}

/**
 * Puts what a tool would do before a person. All of it comes from the model: nothing in it can end the
 * block that it stands in, and what cannot be seen is spelt out. What is not shown whole, what lies outside
 * of the folder, and files that decide what programs do can be allowed once and no further.
 */
export async function subjectOf(
  tool: string,
  input: Readonly<Record<string, unknown>>,
  around: Around,
): Promise<Subject> {
  return (
    (tool === 'Bash' ? commandOf(input, around) : null) ??
    (await fileOf(tool, input, around)) ??
    anythingElse(tool, input)
  );
}

function commandOf(input: unknown, { folder }: Around): Subject | null {
  const parsed = bash.safeParse(input);
  if (!parsed.success) return null;
  const { command, description = '', dangerouslyDisableSandbox = false } = parsed.data;
  const text = visible(command);
  const isPlain = text.length <= SHOWN_LENGTH && !dangerouslyDisableSandbox;
  return {
    markdown: [
      '🔐 **May Claude run this?**',
      fenced(cutMiddle(text, SHOWN_LENGTH), 'bash'),
      inWords(description),
      `In ${escapeMarkdown(folder)}`,
      dangerouslyDisableSandbox ? '⚠️ Outside of Claude’s own sandbox.' : '',
      leftOut(text),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
    tool: 'Bash',
    pattern: command,
    further: isPlain
      ? 'For this turn: every command in it. Always: this very command in this folder.'
      : null,
  };
}

async function fileOf(tool: string, input: unknown, around: Around): Promise<Subject | null> {
  const change = changeOf(tool, input);
  if (change === null) return null;
  const place = await placeOf(change.path, around);
  const text = visible(change.text);
  const verb = change.isWhole ? (place.isThere ? 'overwrite' : 'create') : 'change';
  const isPlain = place.isOrdinary && text.length <= SHOWN_LENGTH;
  return {
    markdown: [
      `🔐 **May Claude ${verb} ${escapeMarkdown(visible(place.shown))}?**`,
      fenced(beginning(text, SHOWN_LENGTH), change.isWhole ? '' : 'diff'),
      place.warning,
      leftOut(text),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
    tool: ruleToolOf(tool),
    pattern: '',
    further: isPlain
      ? 'For this turn, and always: changes to files in this folder, but not to hidden ones and not to what instructs Claude.'
      : null,
  };
}

function anythingElse(tool: string, input: unknown): Subject {
  const text = visible(JSON.stringify(input, null, 2) ?? '');
  // One whose input is not what it should be is not known well enough for more.
  const isKnown = tool !== 'Bash' && !EDITING.has(tool);
  const isPlain = isKnown && text.length <= SHOWN_LENGTH;
  return {
    markdown: [
      `🔐 **May Claude use ${escapeMarkdown(visible(beginning(tool, WORDS_LENGTH)))}?**`,
      fenced(beginning(text, SHOWN_LENGTH), 'json'),
      leftOut(text),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
    tool,
    pattern: '',
    further: isPlain ? 'For this turn, and always in this folder: this tool, whatever for.' : null,
  };
}

/** What a tool does to a file: all that is in it then, or the lines that go and come. */
function changeOf(
  tool: string,
  input: unknown,
): { readonly path: string; readonly text: string; readonly isWhole: boolean } | null {
  switch (tool) {
    case 'Write': {
      const { data } = write.safeParse(input);
      if (data === undefined) return null;
      return { path: data.file_path, text: data.content, isWhole: true };
    }
    case 'Edit': {
      const { data } = edit.safeParse(input);
      return data === undefined
        ? null
        : { path: data.file_path, text: difference(data), isWhole: false };
    }
    case 'MultiEdit': {
      const { data } = multiEdit.safeParse(input);
      if (data === undefined) return null;
      const text = data.edits.map(difference).join('\n…\n');
      return { path: data.file_path, text, isWhole: false };
    }
    case 'NotebookEdit': {
      const { data } = notebook.safeParse(input);
      if (data === undefined) return null;
      return { path: data.notebook_path, text: lines('+', data.new_source), isWhole: false };
    }
    default:
      return null;
  }
}

function difference({ old_string: old, new_string: new_ }: z.infer<typeof replacement>): string {
  return [lines('-', old), lines('+', new_)].filter((part) => part !== '').join('\n');
}

function lines(sign: string, text: string): string {
  return text === ''
    ? ''
    : text
        .split('\n')
        .map((line) => `${sign}${line}`)
        .join('\n');
}

interface FilePlace {
  readonly shown: string;
  readonly isThere: boolean;
  /** Whether more can be allowed than this one change. */
  readonly isOrdinary: boolean;
  /** Markdown, may be empty. */
  readonly warning: string;
}

/** Where a file really is, links followed, as far as its path is there already. */
async function placeOf(path: string, { folder, home }: Around): Promise<FilePlace> {
  const named = resolve(folder, path);
  const real = await realPlace(named);
  const below = relative(folder, real);
  const isThere = await exists(real);
  if (below.startsWith('..') || isAbsolute(below) || path.startsWith('~')) {
    const leads = real === named ? '' : ` It leads to ${escapeMarkdown(visible(real))}.`;
    const warning = `⚠️ That is outside of ${escapeMarkdown(folder)}.${leads}`;
    return { shown: path, isThere, isOrdinary: false, warning };
  }
  const isOwn = real === home || real.startsWith(`${home}${sep}`);
  const isHidden = below.split(sep).some((part) => part.startsWith('.'));
  const isOrdinary = !isOwn && !isHidden && !INSTRUCTIONS.test(basename(real));
  return { shown: below, isThere, isOrdinary, warning: '' };
}

async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    const folder = await realPlace(dirname(path));
    const target = await targetOf(join(folder, basename(path)));
    return target === null
      ? join(folder, basename(path))
      : await realPlace(resolve(folder, target));
  }
}

/** Where a link leads to that leads to nothing yet: what is written there comes to be. */
async function targetOf(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EINVAL')) return null;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Characters that are not seen, or that change the order of what is, as their numbers. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** A block that ends where it should, whatever stands in it. */
function fenced(text: string, language: string): string {
  const longest = Math.max(0, ...(text.match(/`+/gu) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

function inWords(text: string): string {
  return escapeMarkdown(visible(beginning(text.trim(), WORDS_LENGTH)));
}

function leftOut(text: string): string {
  const length = text.length - SHOWN_LENGTH;
  return length > 0 ? `⚠️ ${length} characters of it are not shown here.` : '';
}
