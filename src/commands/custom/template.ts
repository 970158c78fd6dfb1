import { defuseTags, tag } from '../../core/tags.ts';

const PLACEHOLDER = /\{\{\s*([a-z][a-z0-9_]*)\s*\}\}/u;

/** A value that is to stand in a template. */
export interface Value {
  readonly text: string;
  /** Whether the owner of the machine foresaw it: one of some choices, or made of harmless signs alone. */
  readonly isForeseen: boolean;
}

/** The names of the arguments that stand in a template. */
export function placeholdersOf(template: string): readonly string[] {
  return [...new Set(pieces(template).filter((_, index) => index % 2 === 1))];
}

/** Whether there are braces in a template that look like a place for an argument, and are none. */
export function hasLooseBraces(template: string): boolean {
  return pieces(template).some((piece, index) => index % 2 === 0 && /\{\{|\}\}/u.test(piece));
}

/**
 * What Claude is told for a command: its template, in which values were put in the place of their names,
 * in one pass. A value that was not foreseen stands in a tag of its own, out of which it cannot get. A
 * template that is nothing but one argument is what the person says, as if they had sent just that.
 */
export function fillPrompt(
  name: string,
  template: string,
  values: ReadonlyMap<string, Value>,
): string {
  const [before = '', only = '', after = '', ...more] = pieces(template);
  const isAlone = more.length === 0 && only !== '' && `${before}${after}`.trim() === '';
  if (isAlone) return defuseTags(values.get(only)?.text ?? '');
  const filled = fill(template, values, (argument, { text, isForeseen }) => {
    if (isForeseen || text === '') return text;
    return tag('claudio-argument', { name: argument }, defuseTags(text));
  });
  return tag('claudio-command', { name }, filled);
}

/** Fills the words in which a command says what it is going to do: Markdown. */
export function fillSummary(
  template: string,
  values: ReadonlyMap<string, Value>,
  show: (text: string) => string,
): string {
  return fill(template, values, (_, { text }) => (text === '' ? '' : show(text)));
}

function fill(
  template: string,
  values: ReadonlyMap<string, Value>,
  write: (argument: string, value: Value) => string,
): string {
  return pieces(template)
    .map((piece, index) => {
      if (index % 2 === 0) return defuseTags(piece);
      const value = values.get(piece);
      return value === undefined ? '' : write(piece, value);
    })
    .join('');
}

/** By turns words of the template and the name of an argument. */
function pieces(template: string): readonly string[] {
  return template.split(PLACEHOLDER);
}
