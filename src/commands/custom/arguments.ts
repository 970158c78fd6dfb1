import { escapeMarkdown, excerpt } from '../../core/format.ts';
import { readGit } from './git-reading.ts';
import { type CustomArgument, type CustomCommand, fits, isRequired, takesRest } from './schema.ts';
import type { Value } from './template.ts';

const SHOWN_LENGTH = 60;

/** What was typed behind the name of a command, as its arguments have it. */
export interface Arguments {
  /** By name, in their order. */
  readonly values: ReadonlyMap<string, Value>;
  /** The only tools that it takes; `null` where it does not say. */
  readonly tools: readonly string[] | null;
}

/** @returns The arguments, or what is wrong with them and how it is meant: Markdown. */
export function readArguments(
  command: CustomCommand,
  typed: string,
): Arguments | { readonly fault: string } {
  const values = new Map<string, Value>();
  let tools: readonly string[] | null = null;
  let left = typed.trim();
  for (const one of command.arguments) {
    const given = takesRest(one) ? left : (/^\S+/u.exec(left)?.[0] ?? '');
    left = left.slice(given.length).trimStart();
    if (given === '' && isRequired(one)) return wrong(command, `Which ${one.name}?`);
    const text = given === '' ? (one.default ?? '') : chosen(one, given);
    if (one.kind === 'git-read' && text !== '') {
      const git = readGit(text);
      if ('fault' in git) return wrong(command, git.fault);
      values.set(one.name, { text: git.line, isForeseen: true });
      tools = [git.tool];
    } else {
      if (given !== '' && !fits(one, text)) {
        const shown = escapeMarkdown(excerpt(given, SHOWN_LENGTH));
        return wrong(command, `I know no ${one.name} ${shown}.`);
      }
      values.set(one.name, { text, isForeseen: one.choices !== undefined });
    }
  }
  if (left !== '') return wrong(command, `That is more than /${command.name} takes.`);
  return { values, tools };
}

/** On a phone, words begin with a capital. */
function chosen({ choices }: CustomArgument, given: string): string {
  return choices?.find((choice) => choice.toLowerCase() === given.toLowerCase()) ?? given;
}

function wrong(command: CustomCommand, fault: string): { readonly fault: string } {
  const forms = command.arguments.map((one) => {
    const name = `${one.name}${takesRest(one) ? ' …' : ''}`;
    return isRequired(one) ? ` ${name}` : ` [${name}]`;
  });
  const notes = command.arguments.flatMap(noteOn);
  return {
    fault: [`${fault}\n\nSend \`/${command.name}${forms.join('')}\`.`, ...notes].join('\n'),
  };
}

/** What it may be, where that is not free. */
function noteOn({ name, choices, pattern, default: usual }: CustomArgument): readonly string[] {
  const without = usual === undefined ? '' : `; without it ${escapeMarkdown(usual)}`;
  if (choices !== undefined) {
    return [`- ${name}: ${choices.map(escapeMarkdown).join(', ')}${without}`];
  }
  if (pattern !== undefined) {
    return [`- ${name}: has to fit ${escapeMarkdown(pattern.written)}${without}`];
  }
  return without === '' ? [] : [`- ${name}${without}`];
}
