import { z } from 'zod';
import { beginning, cutMiddle, escapeMarkdown } from '../core/format.ts';
import { digestOf } from '../platform/digest.ts';
import { type Around, placeOf } from './approval-place.ts';
import { fenced, inWords, leftOut, SHOWN_LENGTH, visible, WORDS_LENGTH } from './approval-text.ts';

/** The tools that change files. They are allowed as one. */
const EDITING: ReadonlySet<string> = new Set(['Edit', 'Write', 'MultiEdit', 'NotebookEdit']);

/** A use of a tool, as a person is to see it who decides about it. */
export interface Subject {
  /** What it would do. */
  readonly markdown: string;
  /** By what it is allowed further: `Edit` stands for every tool that changes files. */
  readonly tool: string;
  /** What is allowed always: the digest of the very command; empty: every use of the tool. */
  readonly pattern: string;
  /** What the further permissions mean, Markdown; `null`: it can be allowed once and no further. */
  readonly further: string | null;
}

const bash = z.looseObject({
  command: z.string().min(1),
  description: z.string().optional(),
  dangerouslyDisableSandbox: z.boolean().optional(),
});
const replacement = z.looseObject({
  old_string: z.string(),
  new_string: z.string(),
  replace_all: z.boolean().default(false),
});
const edit = z.looseObject({ file_path: z.string().min(1) }).and(replacement);
const multiEdit = z.looseObject({
  file_path: z.string().min(1),
  edits: z.array(replacement).min(1),
});
const write = z.looseObject({ file_path: z.string().min(1), content: z.string() });
const notebook = z.looseObject({ notebook_path: z.string().min(1), new_source: z.string() });

/** What is shown of the input of each tool, or makes no difference to what it does. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Bash: ['command', 'description', 'dangerouslyDisableSandbox', 'timeout', 'run_in_background'],
  Write: ['file_path', 'content'],
  Edit: ['file_path', 'old_string', 'new_string', 'replace_all'],
  MultiEdit: ['file_path', 'edits'],
  NotebookEdit: ['notebook_path', 'new_source'],
};

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

function commandOf(input: Readonly<Record<string, unknown>>, { folder }: Around): Subject | null {
  const parsed = bash.safeParse(input);
  if (!parsed.success) return null;
  const { command, description = '', dangerouslyDisableSandbox = false } = parsed.data;
  const text = visible(command);
  const more = besides('Bash', input);
  const isPlain = text.length <= SHOWN_LENGTH && !dangerouslyDisableSandbox && more === '';
  return {
    markdown: [
      '🔐 **May Claude run this?**',
      fenced(cutMiddle(text, SHOWN_LENGTH), 'bash'),
      inWords(description),
      `In ${escapeMarkdown(folder)}`,
      dangerouslyDisableSandbox ? '⚠️ Outside of Claude’s own sandbox.' : '',
      more,
      leftOut(text),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
    tool: 'Bash',
    pattern: digestOf(command),
    further: isPlain
      ? 'For this turn: every command in it. Always: this very command in this folder.'
      : null,
  };
}

async function fileOf(
  tool: string,
  input: Readonly<Record<string, unknown>>,
  around: Around,
): Promise<Subject | null> {
  const change = changeOf(tool, input);
  if (change === null) return null;
  const place = await placeOf(change.path, around);
  const text = visible(change.text);
  const verb = change.isWhole ? (place.isThere ? 'overwrite' : 'create') : 'change';
  const more = besides(tool, input);
  const isPlain = place.isOrdinary && text.length <= SHOWN_LENGTH && more === '';
  return {
    markdown: [
      `🔐 **May Claude ${verb} ${escapeMarkdown(visible(place.shown))}?**`,
      fenced(beginning(text, SHOWN_LENGTH), change.isWhole ? '' : 'diff'),
      more,
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

/** What else a tool is given, which may change what it does. */
function besides(tool: string, input: Readonly<Record<string, unknown>>): string {
  const known = KNOWN[tool] ?? [];
  const more = Object.entries(input).filter(([name]) => !known.includes(name));
  if (more.length === 0) return '';
  const text = visible(JSON.stringify(Object.fromEntries(more)));
  return [`With:\n\n${fenced(beginning(text, WORDS_LENGTH), 'json')}`, leftOut(text, WORDS_LENGTH)]
    .filter((part) => part !== '')
    .join('\n\n');
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

function difference(given: z.infer<typeof replacement>): string {
  const { old_string: old, new_string: new_, replace_all: isEverywhere } = given;
  const where = isEverywhere ? '@@ wherever it stands in the file @@' : '';
  return [where, lines('-', old), lines('+', new_)].filter((part) => part !== '').join('\n');
}

function lines(sign: string, text: string): string {
  return text === ''
    ? ''
    : text
        .split('\n')
        .map((line) => `${sign}${line}`)
        .join('\n');
}
